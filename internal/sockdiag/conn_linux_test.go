package sockdiag

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"testing"

	"porthole/internal/netlink"
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

func TestDumpCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := mustOpen(t).Dump(ctx, Request{Family: IPv4, Protocol: TCP}, nil); !errors.Is(err, context.Canceled) || got != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestDeviceName(t *testing.T) {
	c := mustOpen(t)
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range interfaces {
		if got := c.DeviceName(uint32(i.Index)); got != i.Name {
			t.Errorf("device %d is %q, want %q", i.Index, got, i.Name)
		}
	}
	if got := c.DeviceName(1 << 30); got != "" {
		t.Errorf("no device is named %q", got)
	}
}

// TestInterrupted: a dump under which the table changed is never given out.
func TestInterrupted(t *testing.T) {
	for _, test := range []struct {
		about    string
		disturbs int // so many dumps are interrupted
		want     error
		asked    int
	}{
		{"calm", 0, nil, 1},
		{"twice", 2, nil, 3},
		{"for ever", 1000, ErrInterrupted, attempts},
	} {
		asked := 0
		var answers [][]byte
		c := &Conn{
			ask: func(request []byte) error {
				asked++
				answers = dumpOf(binary.NativeEndian.Uint32(request[8:]), asked <= test.disturbs)
				return nil
			},
			answer: func(context.Context) ([]byte, error) {
				next := answers[0]
				answers = answers[1:]
				return next, nil
			},
		}
		kept := []Socket{{Inode: 1}}
		got, err := c.Dump(t.Context(), Request{Family: IPv6, Protocol: TCP}, kept)
		if !errors.Is(err, test.want) || asked != test.asked || len(answers) != 0 {
			t.Errorf("%s: asked %d times, %d answers unread, %v", test.about, asked, len(answers), err)
		}
		if want := 3; err == nil && len(got) != want {
			t.Errorf("%s: %d sockets, want %d", test.about, len(got), want)
		}
		if err != nil && len(got) != 1 {
			t.Errorf("%s: %d sockets are left of a dump that failed", test.about, len(got))
		}
	}
}

// dumpOf is a dump of two sockets, interrupted before the second.
func dumpOf(seq uint32, disturbed bool) [][]byte {
	var flag uint16
	if disturbed {
		flag = netlink.FlagInterrupted
	}
	return [][]byte{
		message(typeByFamily, 2, seq, listener()),
		message(typeByFamily, 2|flag, seq, listener()),
		message(netlink.TypeDone, 2|flag, seq, make([]byte, 4)),
	}
}
