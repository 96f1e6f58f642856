package scanner_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/netip"
	"slices"
	"time"

	"porthole/scanner"
)

// Ask one host about a port. The listener stands for a server.
func Example() {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	open := server.Addr().(*net.TCPAddr).AddrPort()

	targets := []scanner.Target{
		{Proto: "tcp", Addr: open, Host: "localhost"},
	}
	var s scanner.Scanner // the zero value works
	for r, err := range s.Scan(context.Background(), slices.Values(targets)) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(r.Host, r.Proto, r.State, r.Reason)
	}
	// Output: localhost tcp open syn-ack
}

// Targets are taken as the scan gets to them, so a sequence may be as long as
// it likes. Leaving the loop ends the scan.
func ExampleScanner_Scan() {
	everyPort := func(yield func(scanner.Target) bool) {
		for port := 1; port <= 65535; port++ {
			addr := netip.AddrPortFrom(netip.IPv6Loopback(), uint16(port))
			if !yield(scanner.Target{Proto: "tcp", Addr: addr}) {
				return
			}
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s := scanner.Scanner{Timeout: 500 * time.Millisecond, Rate: 2000}
	for r, err := range s.Scan(ctx, everyPort) {
		if err != nil {
			log.Print(err) // the minute was over
			break
		}
		if r.State == scanner.StateOpen {
			fmt.Println("the first open port is", r.Addr)
			break
		}
	}
}

// fewAddresses are the addresses of a small range.
type fewAddresses netip.Prefix

func (f fewAddresses) Len() uint64 { return 1 << (32 - netip.Prefix(f).Bits()) }

func (f fewAddresses) At(i uint64) (host string, addr netip.Addr) {
	first := netip.Prefix(f).Masked().Addr().As4()
	first[3] += byte(i)
	return "", netip.AddrFrom4(first)
}

// A plan is every port of every address, computed from a position.
func ExamplePlan() {
	plan, err := scanner.NewPlan(scanner.PlanConfig{
		Hosts: fewAddresses(netip.MustParsePrefix("192.0.2.0/30")),
		TCP:   []uint16{22, 80},
		Seed:  1,
	})
	if err != nil {
		log.Fatal(err)
	}
	asked := make(map[netip.AddrPort]bool)
	for t := range plan.Targets(0) {
		asked[t.Addr] = true
	}
	fmt.Println(plan.Len(), "targets,", len(asked), "of them different")
	// Output: 8 targets, 8 of them different
}

// Find out which addresses are alive before their ports are asked.
func ExampleScanner_Discover() {
	addresses := func(yield func(string, netip.Addr) bool) {
		yield("localhost", netip.MustParseAddr("127.0.0.1"))
	}
	var s scanner.Scanner
	for host, err := range s.Discover(context.Background(), scanner.Discovery{TCP: scanner.DiscoveryPorts()}, addresses) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(host.Host, host.Addr, "is alive:", host.Alive)
	}
	// Output: localhost 127.0.0.1 is alive: true
}

// Mark open ports that prove nothing, because something in between completes
// every handshake.
func ExampleMiddleboxDetector() {
	var s scanner.Scanner
	detector := scanner.MiddleboxDetector{Scanner: &s}
	targets := []scanner.Target{{Proto: "tcp", Addr: netip.MustParseAddrPort("127.0.0.1:1")}}
	ctx := context.Background()
	for r, err := range detector.Watch(ctx, s.Scan(ctx, slices.Values(targets))) {
		if err != nil {
			log.Fatal(err)
		}
		if r.State == scanner.StateOpen && !r.Middlebox {
			fmt.Println(r.Addr, "is open")
		}
	}
}

// What a scan counted comes after its last verdict.
func ExampleStats() {
	s := scanner.Scanner{Stats: func(st scanner.Stats) {
		fmt.Println(st.Attempts, "attempt,", st.Retries, "retries")
	}}
	targets := []scanner.Target{{Proto: "tcp", Addr: netip.MustParseAddrPort("127.0.0.1:1")}}
	for _, err := range s.Scan(context.Background(), slices.Values(targets)) {
		if err != nil {
			log.Fatal(err)
		}
	}
	// Output: 1 attempt, 0 retries
}
