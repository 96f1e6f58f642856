package sockets_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/netip"
	"os"

	"porthole/sockets"
)

// The holder of a listener that this program has opened itself.
func ExampleLister_List() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()

	var lister sockets.Lister
	lister.NetNS = sockets.ScopeSelf
	snap, err := lister.List(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range snap.Sockets {
		if s.Local.String() != l.Addr().String() {
			continue
		}
		for _, p := range s.Processes {
			fmt.Println(s.Proto, s.State, s.Exposure(), p.PID == os.Getpid())
		}
	}
	// Output: tcp listen loopback true
}

// What happened between two looks at the sockets.
func ExampleWatcher_Refresh() {
	watcher := sockets.Watcher{Lister: sockets.Lister{NetNS: sockets.ScopeSelf}}
	if _, err := watcher.Refresh(context.Background()); err != nil { // what is there already
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	update, err := watcher.Refresh(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range update.Events {
		if e.Socket.Local.String() == l.Addr().String() {
			fmt.Println(e.Kind, e.Socket.State)
		}
	}
	// Output: opened listen
}

func ExampleExposureOf() {
	for _, addr := range []string{"127.0.0.1", "192.168.1.7", "2001:4860:4860::8888", "::"} {
		fmt.Println(addr, sockets.ExposureOf(netip.MustParseAddr(addr)))
	}
	// Output:
	// 127.0.0.1 loopback
	// 192.168.1.7 local
	// 2001:4860:4860::8888 public
	// :: all
}

// A list that lacks something says so.
func ExampleSnapshot_Complete() {
	snap := sockets.Snapshot{Warnings: []error{fmt.Errorf("a table was cut: %w", sockets.ErrIncomplete)}}
	fmt.Println(snap.Complete())
	// Output: false
}

func ExampleProcess_Hold() {
	p := sockets.Process{PID: os.Getpid()} // of which the start is not known
	_, err := p.Hold(context.Background())
	fmt.Println(err != nil)
	// Output: true
}
