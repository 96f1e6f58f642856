package sockdiag

import (
	"context"
	"errors"
	"slices"
	"syscall"
	"testing"

	"porthole/internal/netlink"
	"porthole/internal/netlink/netlinktest"
)

// dumpOf is a dump of two sockets, interrupted before the second if disturbed.
func dumpOf(disturbed bool) []netlink.Message {
	first := netlink.Message{Type: typeByFamily, Flags: netlink.FlagMulti, Body: listener()}
	second, done := first, netlinktest.Done()
	if disturbed {
		second.Flags |= netlink.FlagInterrupted
		done.Flags |= netlink.FlagInterrupted
	}
	return []netlink.Message{first, second, done}
}

// TestInterrupted: a dump under which the table changed is never given out.
func TestInterrupted(t *testing.T) {
	for _, test := range []struct {
		about    string
		disturbs int // so many dumps are interrupted
		want     error
	}{
		{"calm", 0, nil},
		{"twice", 2, nil},
		{"for ever", 1000, ErrInterrupted},
	} {
		asked := 0
		c := &Conn{netlinktest.Dial(func(netlink.Message) []netlink.Message {
			asked++
			return dumpOf(asked <= test.disturbs)
		})}
		kept := []Socket{{Inode: 1}}
		got, err := c.Dump(t.Context(), Request{Family: IPv6, Protocol: TCP}, kept)
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v after %d dumps", test.about, err, asked)
		}
		if err == nil && (asked != test.disturbs+1 || len(got) != 3 || got[0] != kept[0]) {
			t.Errorf("%s: %d sockets after %d dumps", test.about, len(got), asked)
		}
		if err != nil && !slices.Equal(got, kept) {
			t.Errorf("%s: %d sockets are left of a dump that failed", test.about, len(got))
		}
	}
}

func TestRefused(t *testing.T) {
	c := &Conn{netlinktest.Dial(func(netlink.Message) []netlink.Message {
		return []netlink.Message{netlinktest.Errno(syscall.EPERM)}
	})}
	var refusal netlink.Error
	if _, err := c.Dump(t.Context(), Request{}, nil); !errors.As(err, &refusal) || !errors.Is(err, syscall.EPERM) {
		t.Errorf("got %v; want the kernel's EPERM", err)
	}
}

// TestMalformed: what sock_diag does not send is an error, and no socket.
func TestMalformed(t *testing.T) {
	for about, m := range map[string]netlink.Message{
		"another type":  {Type: 99},
		"half a socket": {Type: typeByFamily, Body: listener()[:70]},
	} {
		c := &Conn{netlinktest.Dial(func(netlink.Message) []netlink.Message {
			return []netlink.Message{m, netlinktest.Done()}
		})}
		kept := []Socket{{Inode: 1}}
		if got, err := c.Dump(t.Context(), Request{}, kept); err == nil || !slices.Equal(got, kept) {
			t.Errorf("%s: %v, %v", about, got, err)
		}
	}
}

func TestDumpCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := &Conn{netlinktest.Dial(func(netlink.Message) []netlink.Message { return dumpOf(false) })}
	if got, err := c.Dump(ctx, Request{Family: IPv4, Protocol: TCP}, nil); !errors.Is(err, context.Canceled) || got != nil {
		t.Errorf("got %v, %v", got, err)
	}
}
