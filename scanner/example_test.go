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

// Targets are pulled as the scan gets to them, so a sequence may be as long as
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
