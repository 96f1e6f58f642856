package verifyjob

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"porthole/internal/record"
	"porthole/internal/remark"
)

// serve answers connections on a free port of loopback, and counts them.
func serve(t *testing.T, f func(net.Conn)) (port uint16, connections func() int) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	n := 0
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			n++
			mu.Unlock()
			all.Go(func() {
				defer conn.Close()
				f(conn)
			})
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return l.Addr().(*net.TCPAddr).AddrPort().Port(), func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}
}

func ssh(c net.Conn) {
	io.WriteString(c, "SSH-2.0-OpenSSH_9.2p1\r\n")
	io.Copy(io.Discard, c)
}

func listener(port uint16, holder record.Process) *record.Record {
	return &record.Record{Kind: record.KindSocket, Proto: "tcp", Addr: "127.0.0.1", Port: port, State: "listen", Processes: &[]record.Process{holder}}
}

// TestRun asks servers of loopback, and holds what is put beside their sockets.
func TestRun(t *testing.T) {
	port, connections := serve(t, ssh)
	asMySQL := listener(port, record.Process{PID: 1, Exe: "/usr/sbin/mariadbd"})
	again := *asMySQL // as in a SO_REUSEPORT group
	connection := *asMySQL
	connection.State = "established"
	count := 0
	j := Job{Expiry: remark.DefaultExpiry, Done: func(answers, ports int) {
		if count++; answers != count || ports != 1 {
			t.Errorf("%d of %d", answers, ports)
		}
	}}
	if err := j.Run(t.Context(), []*record.Record{asMySQL, &again, &connection}); err != nil {
		t.Fatal(err)
	}
	v := asMySQL.Verified
	if v == nil || v.Service != "ssh" || v.Asked != netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port).String() || !v.HasRemark(remark.ProcessMismatch) {
		t.Fatalf("%+v", v)
	}
	if again.Verified == nil || again.Verified.Service != "ssh" || connection.Verified != nil {
		t.Errorf("its sister has %+v, a connection %+v", again.Verified, connection.Verified)
	}
	if n := connections(); n != v.Connections || count != 1 {
		t.Errorf("%d connections, and %d are told; %d answers", n, v.Connections, count)
	}
}

// TestNotAsked holds which listeners get no connection at all, and are told why.
func TestNotAsked(t *testing.T) {
	port, connections := serve(t, ssh)
	debugger := listener(port, record.Process{PID: 1, Name: "java", Cmdline: []string{"java", "-agentlib:jdwp=transport=dt_socket,server=y,address=" + netip.AddrPortFrom(netip.IPv4Unspecified(), port).String()}})
	elsewhere := listener(port, record.Process{PID: 1 << 30})
	elsewhere.NetNS = 1
	device := listener(port, record.Process{})
	device.Device = "eth0"
	datagrams := listener(port, record.Process{})
	datagrams.Proto, datagrams.State = "udp", "bound"
	noAddress := listener(port, record.Process{})
	noAddress.Addr = ""
	all := []*record.Record{debugger, elsewhere, device, datagrams, noAddress}
	if err := (Job{NetNS: 2}).Run(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"whoever connects runs any code", "namespace cannot be entered", "interface eth0", "a datagram to a stranger", "no address"} {
		if v := all[i].Verified; v == nil || v.Outcome != record.OutcomeNotAsked || !strings.Contains(v.Reason, want) {
			t.Errorf("%d: %+v, want %q", i, v, want)
		}
	}
	if !debugger.Verified.HasRemark(remark.Debugger) {
		t.Errorf("no remark on a debugger: %+v", debugger.Verified)
	}
	if n := connections(); n != 0 {
		t.Errorf("%d connections", n)
	}
}

// TestProgramThatObeys holds that a program that does what it is sent is only
// listened to, whatever its number.
func TestProgramThatObeys(t *testing.T) {
	sent := make(chan string, 1)
	port, _ := serve(t, func(c net.Conn) {
		got, _ := io.ReadAll(c)
		sent <- string(got)
	})
	r := listener(port, record.Process{PID: 1, Exe: "/usr/bin/distccd"})
	if err := (Job{}).Run(t.Context(), []*record.Record{r}); err != nil {
		t.Fatal(err)
	}
	if got := <-sent; got != "" || r.Verified.Outcome != record.OutcomeNotAsked {
		t.Errorf("%v after %q", r.Verified, got)
	}
}

// TestInterrupted holds that sockets without an answer have none.
func TestInterrupted(t *testing.T) {
	port, _ := serve(t, func(c net.Conn) { io.Copy(io.Discard, c) })
	r := listener(port, record.Process{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (Job{}).Run(ctx, []*record.Record{r}); !errors.Is(err, context.Canceled) || r.Verified != nil {
		t.Errorf("%v, %+v", err, r.Verified)
	}
}

// TestAddrOf holds at which address a socket is asked.
func TestAddrOf(t *testing.T) {
	four, six := netip.MustParseAddr("198.18.0.7"), netip.MustParseAddr("2001:db8::7")
	for _, test := range []struct {
		name, addr string
		v6only     *bool
		own        []netip.Addr
		bound      []string
		want       string // "" none
	}{
		{"its own", "198.18.0.9", nil, nil, nil, "198.18.0.9"},
		{"its own, of a link", "fe80::1%eth0", nil, nil, nil, "fe80::1%eth0"},
		{"all of IPv4", "0.0.0.0", nil, []netip.Addr{four, six}, nil, "198.18.0.7"},
		{"all, and there is loopback alone", "0.0.0.0", nil, nil, nil, "127.0.0.1"},
		{"all, and another has the one", "0.0.0.0", nil, []netip.Addr{four}, []string{"198.18.0.7:80"}, "127.0.0.1"},
		{"all, and others have both", "0.0.0.0", nil, []netip.Addr{four}, []string{"198.18.0.7:80", "127.0.0.1:80"}, ""},
		{"all of IPv6", "::", new(true), []netip.Addr{four, six}, nil, "2001:db8::7"},
		{"all of IPv6, and there is loopback alone", "::", new(true), []netip.Addr{four}, nil, "::1"},
		{"all of both, and IPv4 is left", "::", new(false), []netip.Addr{four}, []string{"[::1]:80"}, "198.18.0.7"},
		{"all of both, and another has IPv4", "::", new(false), []netip.Addr{four}, []string{"[::1]:80", "0.0.0.0:80"}, ""},
		{"many", "224.0.0.1", nil, nil, nil, ""},
	} {
		bound := make(Bound)
		for _, b := range test.bound {
			bound.Add(0, "tcp", netip.MustParseAddrPort(b))
		}
		s := netns{addrs: test.own}
		got, ok := s.addrOf(&record.Record{Proto: "tcp", Addr: test.addr, Port: 80, V6Only: test.v6only}, bound)
		if want := test.want; ok != (want != "") || ok && got.String() != want {
			t.Errorf("%s: %v %v, want %q", test.name, got, ok, want)
		}
	}
}
