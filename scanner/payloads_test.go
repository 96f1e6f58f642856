package scanner

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// payloadPorts are the ports that must have a request of their own.
func payloadPorts() []uint16 {
	return []uint16{
		53, 69, 111, 123, 137, 161, 177, 389, 427, 443, 500, 520, 623, 1194, 1434, 1645, 1701, 1812, 1900,
		3478, 3702, 4500, 5060, 5351, 5353, 5683, 6881, 11211, 27015,
	}
}

func TestPayloadTable(t *testing.T) {
	table := payloadTable(newNonce())
	var ports []uint16
	for _, p := range table {
		ports = append(ports, p.port)
		if p.service == "" || p.source == "" {
			t.Errorf("port %d: service %q, source %q: both must be named", p.port, p.service, p.source)
		}
		if len(p.request) == 0 || len(p.request) > 1232 {
			t.Errorf("port %d: a request of %d bytes; every path takes 1232 (RFC 8200 section 5)", p.port, len(p.request))
		}
	}
	if !slices.IsSorted(ports) || len(slices.Compact(slices.Clone(ports))) != len(ports) {
		t.Errorf("the ports are not in order, or not once each: %v", ports)
	}
	for _, port := range payloadPorts() {
		if !slices.Contains(ports, port) {
			t.Errorf("port %d has no request", port)
		}
	}
}

// TestPayloadsAreWellFormed reads each request as its service does, with
// several nonces since they fill fields that have rules of their own.
func TestPayloadsAreWellFormed(t *testing.T) {
	nonces := []nonce{{}, newNonce(), newNonce()}
	for i := range nonces[0] {
		nonces[0][i] = 0xff
	}
	nonces = append(nonces, nonce{})
	for _, n := range nonces {
		for _, p := range payloadTable(n) {
			check, ok := readers()[p.port]
			if !ok {
				t.Errorf("no test reads the request for port %d", p.port)
				continue
			}
			if err := check(p.request); err != nil {
				t.Errorf("port %d (%s): %v\n% x", p.port, p.service, err, p.request)
			}
		}
	}
}

// TestPayloadsAreAnswered scans servers that answer to nothing but a request
// that reads well, one for each port of the table.
func TestPayloadsAreAnswered(t *testing.T) {
	for name, e := range engines() {
		for port, check := range readers() {
			t.Run(fmt.Sprintf("%s/%d", name, port), func(t *testing.T) {
				server := openUDP(t, netip.MustParseAddr("127.0.0.1"), func(request []byte) []byte {
					if check(request) != nil {
						return nil
					}
					return []byte("well")
				})
				wantVerdict(t, askAs(t, e, port, server), StateOpen, ReasonUDPResponse)
			})
		}
	}
}

// askAs is the verdict of e about a UDP server that is asked as if it were on
// port.
func askAs(t *testing.T, e engine, port uint16, server netip.AddrPort) Result {
	t.Helper()
	request := payloads()(port)
	return runEngine(t, e, config{
		concurrency:      1,
		timeout:          time.Second,
		retries:          4,
		payload:          func(uint16) []byte { return request },
		answersElsewhere: func(uint16) bool { return answersElsewhere(port) },
	}, Target{Proto: "udp", Addr: server})[0]
}

func TestPayloadOfOtherPorts(t *testing.T) {
	request := payloads()
	for _, port := range []uint16{1, 7, 22, 49151, 65535} {
		if got := request(port); len(got) != 0 {
			t.Errorf("port %d gets % x, want an empty datagram", port, got)
		}
	}
	if a, b := request(53), request(53); !bytes.Equal(a, b) {
		t.Error("a retransmission is another request")
	}
	if bytes.Equal(request(3478), payloads()(3478)) {
		t.Error("two scans use the same transaction")
	}
}

// TestPayloadReachesThePort scans through the whole of Scan.
func TestPayloadReachesThePort(t *testing.T) {
	got := make(chan []byte, 1)
	server := openUDP(t, netip.MustParseAddr("127.0.0.1"), func(request []byte) []byte {
		got <- request
		return []byte("here")
	})
	for r, err := range (&Scanner{Timeout: patient}).Scan(context.Background(), targets("udp", server)) {
		if err != nil {
			t.Fatal(err)
		}
		wantVerdict(t, r, StateOpen, ReasonUDPResponse)
	}
	if request := <-got; len(request) != 0 {
		t.Errorf("a port without a payload got % x", request)
	}
}
