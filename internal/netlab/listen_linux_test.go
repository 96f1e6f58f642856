package netlab

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestListenOnMany(t *testing.T) {
	for _, text := range []string{"198.18.0.1", "2001:db8::1"} {
		t.Run(text, func(t *testing.T) {
			host := netip.MustParseAddr(text)
			lab := guarded(t, Config{}, host)
			ports := PickPorts(300, 5)
			listening := OnPorts(host, ports...)
			if err := lab.Target().Listen(listening...); err != nil {
				t.Fatal(err)
			}
			want := map[netip.AddrPort]unix.Errno{
				netip.AddrPortFrom(host, sentinel+1):      unix.ECONNREFUSED,
				netip.AddrPortFrom(host.Next(), ports[0]): unix.ECONNREFUSED,
			}
			for _, addr := range listening {
				want[addr] = isOpen
			}
			expect(t, lab, host, want)
			eventually(t, func() string { return held(lab.Target(), 0) })
		})
	}
}

// held says if the side holds another number of connections than want.
func held(n *Namespace, want int) string {
	n.server.mu.Lock()
	defer n.server.mu.Unlock()
	if n.server.held == want {
		return ""
	}
	return "connections are held in another number than expected"
}

func TestListenerSwallowsAndWaits(t *testing.T) {
	lab := Require(t, Config{})
	if err := lab.Target().Listen(netip.MustParseAddrPort("198.18.0.1:80")); err != nil {
		t.Fatal(err)
	}
	conn, err := dial(t, lab.Scanner(), "tcp", "198.18.0.1:80")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, strings.Repeat("anybody there? ", 1000)); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string { return held(lab.Target(), 1) })
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if said, err := io.ReadAll(conn); len(said) > 0 || err != nil {
		t.Errorf("the listener said %q, %v", said, err)
	}
	eventually(t, func() string { return held(lab.Target(), 0) })
}

func TestListenerMakesRoom(t *testing.T) {
	lab := Require(t, Config{})
	if err := lab.Target().Listen(netip.MustParseAddrPort("198.18.0.1:80")); err != nil {
		t.Fatal(err)
	}
	lab.Target().server.mu.Lock()
	lab.Target().server.most = 2
	lab.Target().server.mu.Unlock()
	for range 5 {
		if _, err := dial(t, lab.Scanner(), "tcp", "198.18.0.1:80"); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, func() string { return held(lab.Target(), 2) })
}

func TestListenOpensAllOrNone(t *testing.T) {
	host := netip.MustParseAddr("198.18.0.1")
	lab := guarded(t, Config{}, host)
	free, taken := netip.AddrPortFrom(host, 80), netip.AddrPortFrom(host, sentinel)
	if err := lab.Target().Listen(free, taken); !errors.Is(err, unix.EADDRINUSE) || !strings.Contains(err.Error(), taken.String()) {
		t.Errorf("error %v, want %v for %v", err, unix.EADDRINUSE, taken)
	}
	if err := lab.Target().Listen(netip.AddrPortFrom(host, 0)); err == nil {
		t.Error("port 0 was taken")
	}
	if err := lab.Target().Listen(netip.AddrPort{}); err == nil {
		t.Error("no address was taken")
	}
	expect(t, lab, host, map[netip.AddrPort]unix.Errno{free: unix.ECONNREFUSED})
}

// TestRespond asks over connected sockets, which hear only the address that
// they asked.
func TestRespond(t *testing.T) {
	for _, c := range []struct{ wildcard, one string }{
		{"0.0.0.0", "198.18.7.7"},
		{"::", "2001:db8::7:7"},
	} {
		t.Run(c.one, func(t *testing.T) {
			one, wildcard := netip.MustParseAddr(c.one), netip.MustParseAddr(c.wildcard)
			lab := guarded(t, Config{}, one)
			if err := errors.Join(
				lab.Target().Respond(nil, netip.AddrPortFrom(wildcard, 7), netip.AddrPortFrom(one, 8)),
				lab.Target().Respond([]byte("quote"), netip.AddrPortFrom(wildcard, 17)),
				lab.Target().Respond([]byte{}, netip.AddrPortFrom(one, 18)),
			); err != nil {
				t.Fatal(err)
			}
			for port, want := range map[uint16]string{7: "hello", 8: "hello", 17: "quote", 18: ""} {
				conn, err := dial(t, lab.Scanner(), "udp", netip.AddrPortFrom(one, port).String())
				if err != nil {
					t.Fatal(err)
				}
				exchange(t, conn, "hello", want)
				exchange(t, conn, "hello", want)
			}
			conn, err := dial(t, lab.Scanner(), "udp", netip.AddrPortFrom(one, 9).String())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(conn, "hello"); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, unix.ECONNREFUSED) {
				t.Errorf("closed port: %v, want %v", err, unix.ECONNREFUSED)
			}
		})
	}
}
