package scanjob_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"porthole/internal/hosts"
	"porthole/internal/record"
	"porthole/internal/scanjob"
	"porthole/registry"
	"porthole/scanner"
)

// A scan of one port, whose records are kept in memory.
func Example() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	port := netip.MustParseAddrPort(l.Addr().String()).Port()

	targets, err := hosts.Parse("127.0.0.1")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	job, err := scanjob.Prepare(ctx, scanjob.Config{
		Targets:  targets,
		Ports:    registry.NewPorts("tcp", registry.Range{First: port, Last: port}),
		Registry: new(registry.Registry),
		Show:     []scanner.State{scanner.StateOpen},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var found record.List
	sum, err := job.Run(ctx, &found)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range found {
		fmt.Println(r.Proto, r.Addr, r.State, r.Reason)
	}
	fmt.Println("open", sum.Open, "of", sum.Probes, "complete", sum.Complete)
	// Output:
	// tcp 127.0.0.1 open syn-ack
	// open 1 of 1 complete true
}
