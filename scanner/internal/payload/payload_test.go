package payload

import (
	"bytes"
	"slices"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wanted are the ports that must have a request of their own.
func wanted() []uint16 {
	return []uint16{
		53, 69, 111, 123, 137, 161, 177, 389, 427, 443, 500, 520, 623, 1194, 1434, 1645, 1701, 1812, 1900,
		3478, 3702, 4500, 5060, 5351, 5353, 5683, 6881, 11211, 27015,
	}
}

func TestTable(t *testing.T) {
	all := table(newNonce())
	var ports []uint16
	for _, p := range all {
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
	for _, port := range wanted() {
		if !slices.Contains(ports, port) {
			t.Errorf("port %d has no request", port)
		}
	}
}

// TestWellFormed parses each request as its service does, with several nonces,
// since they fill fields that have rules of their own.
func TestWellFormed(t *testing.T) {
	nonces := []nonce{{}, newNonce(), newNonce()}
	for i := range nonces[0] {
		nonces[0][i] = 0xff
	}
	nonces = append(nonces, nonce{})
	for _, n := range nonces {
		for _, p := range table(n) {
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

func TestRequests(t *testing.T) {
	request := Requests()
	for _, port := range []uint16{1, 7, 22, 49151, 65535} {
		if got := request(port); len(got) != 0 {
			t.Errorf("port %d gets % x, want an empty datagram", port, got)
		}
	}
	if a, b := request(53), request(53); !bytes.Equal(a, b) {
		t.Error("a retransmission is another request")
	}
	if bytes.Equal(request(3478), Requests()(3478)) {
		t.Error("two scans use the same transaction")
	}
}
