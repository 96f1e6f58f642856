package sockets

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"testing"
)

// list asks this machine; a warning (an ordinary user on macOS) is no failure.
func list(t testing.TB, l *Lister) Snapshot {
	t.Helper()
	snap, err := l.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

// find gives the one row of a local address in this namespace; another may have
// the same.
func find(t testing.TB, snap Snapshot, proto string, local netip.AddrPort) Socket {
	t.Helper()
	return theOne(t, snap, proto, local, isHere)
}

// theOne gives the one row of a local address that is among those asked for.
func theOne(t testing.TB, snap Snapshot, proto string, local netip.AddrPort, among func(Socket) bool) Socket {
	t.Helper()
	var found []Socket
	for _, s := range snap.Sockets {
		if s.Proto == proto && s.Local == local && among(s) {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d rows for %s %s, want one: %v", len(found), proto, local, found)
	}
	return found[0]
}

// isHere reports whether a socket is in this process's network namespace, which
// has no name, and a number where the system has such namespaces.
func isHere(s Socket) bool {
	here, err := os.Readlink("/proc/self/ns/net")
	return s.NetNSName == "" && (err != nil || s.NetNS == 0 || here == fmt.Sprintf("net:[%d]", s.NetNS))
}

// localAddr is the address that the kernel gave.
func localAddr(a net.Addr) netip.AddrPort { return netip.MustParseAddrPort(a.String()) }

func mustListen(t testing.TB, address string) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Skipf("no listener on %s here: %v", address, err)
	}
	t.Cleanup(func() { l.Close() })
	return localAddr(l.Addr())
}

func mustListenPacket(t testing.TB, address string) net.PacketConn {
	t.Helper()
	c, err := net.ListenPacket("udp", address)
	if err != nil {
		t.Skipf("no socket on %s here: %v", address, err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// checkMine asserts that this test is the socket's only holder, fully known.
func checkMine(t *testing.T, s Socket) {
	t.Helper()
	if len(s.Processes) != 1 || s.Processes[0].PID != os.Getpid() || s.Hidden != HiddenNone {
		t.Fatalf("holders %v, hidden %q; want this process, %d", s.Processes, s.Hidden, os.Getpid())
	}
	p := s.Processes[0]
	if p.Name == "" || p.Exe == "" || len(p.Cmdline) == 0 || p.Started.IsZero() {
		t.Errorf("not all is known of this very process: %+v", p)
	}
	if p.UID != os.Geteuid() { // both -1 on Windows
		t.Errorf("uid %d, want %d", p.UID, os.Geteuid())
	}
	if s.Privileged {
		t.Error("an ephemeral port is not privileged")
	}
}

// eachSource runs a test with every source that this system has.
func eachSource(t *testing.T, test func(t *testing.T, l Lister)) {
	for _, s := range []Source{SourceDefault, SourceKernel, SourceGopsutil} {
		t.Run(s.String(), func(t *testing.T) {
			l := Lister{Source: s}
			if _, err := l.List(t.Context()); errors.Is(err, ErrNoSource) {
				t.Skip(err)
			}
			test(t, l)
		})
	}
}

func all(l Lister) *Lister {
	l.All = true
	return &l
}

func TestSourceString(t *testing.T) {
	for s, want := range map[Source]string{SourceDefault: "default", SourceKernel: "kernel", SourceGopsutil: "gopsutil"} {
		if s.String() != want {
			t.Errorf("%d is %q, want %q", s, s, want)
		}
	}
	if _, err := (&Lister{Source: SourceKernel}).List(t.Context()); (runtime.GOOS != "linux") != errors.Is(err, ErrNoSource) {
		t.Errorf("the kernel's tables on %s: %v", runtime.GOOS, err)
	}
}

func TestListTCP(t *testing.T) { eachSource(t, testListTCP) }

func testListTCP(t *testing.T, l Lister) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(address, func(t *testing.T) {
			at := mustListen(t, address)
			s := find(t, list(t, &l), "tcp", at)
			checkMine(t, s)
			if s.State != StateListen || s.Exposure() != ExposureLoopback || s.Remote.IsValid() {
				t.Errorf("got %+v, want a loopback listener without a peer", s)
			}
		})
	}
}

func TestListUDP(t *testing.T) { eachSource(t, testListUDP) }

func testListUDP(t *testing.T, l Lister) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(address, func(t *testing.T) {
			server := mustListenPacket(t, address)
			client, err := net.Dial("udp", server.LocalAddr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()

			s := find(t, list(t, &l), "udp", localAddr(server.LocalAddr()))
			checkMine(t, s)
			if s.State != StateBound || s.Remote.IsValid() {
				t.Errorf("got %v with peer %v, want bound", s.State, s.Remote)
			}
			if runtime.GOOS == "windows" {
				return // it does not tell the peer
			}
			c := find(t, list(t, all(l)), "udp", localAddr(client.LocalAddr()))
			checkMine(t, c)
			if c.State != StateConnected || c.Remote != localAddr(server.LocalAddr()) {
				t.Errorf("got %v with peer %v, want connected to the server", c.State, c.Remote)
			}
			connected := func(s Socket) bool { return s.Proto == "udp" && s.Local == c.Local && isHere(s) }
			if slices.ContainsFunc(list(t, &l).Sockets, connected) {
				t.Error("a connected UDP socket is listed without All")
			}
		})
	}
}

func TestListEstablished(t *testing.T) { eachSource(t, testListEstablished) }

func testListEstablished(t *testing.T, l Lister) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	client, err := net.Dial("tcp", server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	accepted, err := server.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()

	s := find(t, list(t, all(l)), "tcp", localAddr(client.LocalAddr()))
	checkMine(t, s)
	if s.State != StateEstablished || s.Remote != localAddr(server.Addr()) {
		t.Errorf("got %v with peer %v, want established with the listener", s.State, s.Remote)
	}
}

func TestListWildcard(t *testing.T) { eachSource(t, testListWildcard) }

func testListWildcard(t *testing.T, l Lister) {
	at := mustListenPacket(t, ":0").LocalAddr()
	s := find(t, list(t, &l), "udp", localAddr(at))
	checkMine(t, s)
	want := ExposureAll
	if s.Isolated { // a machine without addresses
		want = ExposureLoopback
	}
	if s.Exposure() != want {
		t.Errorf("%v has exposure %v, want %v", s.Local, s.Exposure(), want)
	}
}

func TestListNoProcess(t *testing.T) { eachSource(t, testListNoProcess) }

func testListNoProcess(t *testing.T, l Lister) {
	at := mustListen(t, "127.0.0.1:0")
	l.NoProcess = true
	s := find(t, list(t, &l), "tcp", at)
	if s.Processes != nil || s.Hidden != HiddenNone {
		t.Errorf("got %+v, want the row alone", s)
	}
}

func TestListSorted(t *testing.T) { eachSource(t, testListSorted) }

func testListSorted(t *testing.T, l Lister) {
	for range 5 {
		mustListen(t, "127.0.0.1:0")
		mustListenPacket(t, "127.0.0.1:0")
	}
	if snap := list(t, all(l)); !slices.IsSortedFunc(snap.Sockets, func(a, b Socket) int { return compare(&a, &b) }) {
		t.Error("not sorted by port, protocol, address")
	}
}

// TestListConcurrently is for the race detector.
func TestListConcurrently(t *testing.T) { eachSource(t, testListConcurrently) }

func testListConcurrently(t *testing.T, l Lister) {
	at := mustListen(t, "127.0.0.1:0")
	snaps := make(chan Snapshot, 4)
	for range cap(snaps) {
		go func() {
			snap, _ := l.List(context.WithoutCancel(t.Context()))
			snaps <- snap
		}()
	}
	for range cap(snaps) {
		checkMine(t, find(t, <-snaps, "tcp", at))
	}
}
