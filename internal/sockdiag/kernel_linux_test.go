package sockdiag

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"testing"
)

func mustOpen(t *testing.T) *Conn {
	t.Helper()
	c, err := Open()
	if err != nil {
		t.Skipf("no sock_diag here: %v", err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestKernel asks the kernel about a listener and a UDP socket of this test.
func TestKernel(t *testing.T) {
	tcp6, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skipf("no IPv6 here: %v", err)
	}
	defer tcp6.Close()
	udp4, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp4.Close()
	c := mustOpen(t)
	for _, test := range []struct {
		at      net.Addr
		request Request
		state   uint8
		v6only  bool
	}{
		{tcp6.Addr(), Request{Family: IPv6, Protocol: TCP, States: Listen}, 10, true},
		{udp4.LocalAddr(), Request{Family: IPv4, Protocol: UDP, States: Close}, 7, false},
	} {
		want := netip.MustParseAddrPort(test.at.String())
		kept := Socket{Inode: 1}
		sockets, err := c.Dump(t.Context(), test.request, []Socket{kept})
		if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.EPERM) {
			t.Skipf("the kernel would not answer: %v", err)
		}
		if err != nil || sockets[0] != kept {
			t.Fatal(sockets[:1], err)
		}
		i := slices.IndexFunc(sockets, func(s Socket) bool { return s.Local == want })
		if i < 0 {
			t.Errorf("%v is not among %d sockets", want, len(sockets))
			continue
		}
		s := sockets[i]
		if s.State != test.state || s.UID != uint32(os.Geteuid()) || s.Inode == 0 || s.Cookie == 0 || s.V6Only != test.v6only {
			t.Errorf("%v came back as %+v", want, s)
		}
	}
}

// TestUnknownProtocol: a refusal is an answer; the connection goes on.
func TestUnknownProtocol(t *testing.T) {
	c := mustOpen(t)
	if got, err := c.Dump(t.Context(), Request{Family: IPv4, Protocol: 253}, nil); !errors.Is(err, syscall.ENOENT) || got != nil {
		t.Errorf("got %v, %v; want ENOENT", got, err)
	}
	if _, err := c.Dump(t.Context(), Request{Family: IPv4, Protocol: UDP, States: Close}, nil); err != nil && !errors.Is(err, syscall.ENOENT) {
		t.Error(err)
	}
}
