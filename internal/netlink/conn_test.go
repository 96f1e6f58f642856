package netlink_test

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"

	"porthole/internal/netlink"
	"porthole/internal/netlink/netlinktest"
)

// part is a message of a dump.
func part(text string, flags uint16) netlink.Message {
	return netlink.Message{Type: 20, Flags: netlink.FlagMulti | flags, Body: []byte(text)}
}

// dump asks once, and gives what came.
func dump(t *testing.T, c *netlink.Conn) (got []string, err error) {
	t.Helper()
	err = c.Dump(t.Context(), netlink.Request{Type: 20}, func(m netlink.Message) error {
		got = append(got, string(m.Body))
		return nil
	})
	return got, err
}

// TestDump goes through the ways in which an answer ends.
func TestDump(t *testing.T) {
	done := netlinktest.Done()
	doneWith := netlinktest.Errno(syscall.ENOENT)
	doneWith.Type = netlink.TypeDone
	oldDone := done
	oldDone.Body = nil
	interruptedDone := done
	interruptedDone.Flags |= netlink.FlagInterrupted
	for _, test := range []struct {
		about  string
		answer []netlink.Message
		got    []string
		err    error
	}{
		{"a table", []netlink.Message{part("a", 0), {Type: netlink.TypeNoop}, part("b", 0), done}, []string{"a", "b"}, nil},
		{"an old kernel's end", []netlink.Message{part("a", 0), oldDone}, []string{"a"}, nil},
		{"an end with an error", []netlink.Message{part("a", 0), doneWith}, []string{"a"}, syscall.ENOENT},
		{"a refusal", []netlink.Message{netlinktest.Errno(syscall.EPERM)}, nil, syscall.EPERM},
		{"interrupted", []netlink.Message{part("a", 0), part("b", netlink.FlagInterrupted), part("c", 0), done}, []string{"a"}, netlink.ErrInterrupted},
		{"interrupted at the end", []netlink.Message{part("a", 0), interruptedDone}, []string{"a"}, netlink.ErrInterrupted},
	} {
		t.Run(test.about, func(t *testing.T) {
			c := netlinktest.Dial(func(netlink.Message) []netlink.Message { return test.answer })
			for range 2 { // the connection can be used again
				got, err := dump(t, c)
				if !slices.Equal(got, test.got) || !errors.Is(err, test.err) || (err != nil) != (test.err != nil) {
					t.Errorf("got %q, %v; want %q, %v", got, err, test.got, test.err)
				}
			}
		})
	}
}

// TestDumpMalformed holds that nonsense is an error that is not the kernel's.
func TestDumpMalformed(t *testing.T) {
	number := func(n int32) []byte { return binary.NativeEndian.AppendUint32(nil, uint32(n)) }
	for about, m := range map[string]netlink.Message{
		"an error without a number": {Type: netlink.TypeError},
		"a positive errno":          {Type: netlink.TypeError, Body: number(5)},
		"a huge errno":              {Type: netlink.TypeError, Body: number(-1 << 31)},
		"lost data":                 {Type: netlink.TypeOverrun},
	} {
		c := netlinktest.Dial(func(netlink.Message) []netlink.Message { return []netlink.Message{m} })
		var answer netlink.Error
		if _, err := dump(t, c); err == nil || errors.As(err, &answer) || errors.Is(err, netlink.ErrInterrupted) {
			t.Errorf("%s: %v", about, err)
		}
	}
	c := netlinktest.Dial(func(netlink.Message) []netlink.Message { return nil })
	if _, err := dump(t, c); err == nil {
		t.Error("no error without an answer")
	}
}

// TestDumpStops: after an error of the caller's the rest is read all the same,
// so that the next answer is the next request's.
func TestDumpStops(t *testing.T) {
	requests := 0
	c := netlinktest.Dial(func(netlink.Message) []netlink.Message {
		requests++
		return []netlink.Message{part(strings.Repeat("a", requests), 0), part("b", 0), netlinktest.Done()}
	})
	stop := errors.New("stop")
	calls := 0
	err := c.Dump(t.Context(), netlink.Request{}, func(netlink.Message) error { calls++; return stop })
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
	if got, err := dump(t, c); err != nil || !slices.Equal(got, []string{"aa", "b"}) {
		t.Errorf("then %q, %v", got, err)
	}
}

func TestDumpCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := netlinktest.Dial(func(netlink.Message) []netlink.Message { return []netlink.Message{netlinktest.Done()} })
	if err := c.Dump(ctx, netlink.Request{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestRequest: what reaches the kernel is what was asked, numbered.
func TestRequest(t *testing.T) {
	var seen []netlink.Message
	c := netlinktest.Dial(func(m netlink.Message) []netlink.Message {
		m.Body = slices.Clone(m.Body)
		seen = append(seen, m)
		if m.Flags&netlink.FlagDump != 0 {
			return []netlink.Message{netlinktest.Done()}
		}
		return []netlink.Message{{Type: 21, Body: []byte("x")}, netlinktest.Errno(0)}
	})
	request := netlink.Request{Type: 20, Flags: 0x400, Body: []byte("who")}
	answers := 0
	if err := c.Do(t.Context(), request, func(m netlink.Message) error { answers++; return nil }); err != nil || answers != 1 {
		t.Errorf("%d answers, %v", answers, err)
	}
	if err := c.Do(t.Context(), request, nil); err != nil {
		t.Error(err)
	}
	if err := c.Dump(t.Context(), request, nil); err != nil {
		t.Error(err)
	}
	for i, flags := range []uint16{0x400 | netlink.FlagAck, 0x400 | netlink.FlagAck, 0x400 | netlink.FlagDump} {
		m := seen[i]
		if m.Type != 20 || m.Flags != flags|netlink.FlagRequest || m.Seq != uint32(i+1) || string(m.Body) != "who" {
			t.Errorf("request %d: %+v", i, m)
		}
	}
}

// TestRetry: a table that keeps changing is asked for again, but not for ever.
func TestRetry(t *testing.T) {
	other := errors.New("another error")
	for _, test := range []struct {
		about    string
		disturbs int // so many readings are interrupted
		then     error
		asked    int
		want     error
	}{
		{"calm", 0, nil, 1, nil},
		{"twice", 2, nil, 3, nil},
		{"for ever", 1000, nil, 8, netlink.ErrInterrupted},
		{"another error", 1, other, 2, other},
	} {
		asked := 0
		err := netlink.Retry(func() error {
			if asked++; asked <= test.disturbs {
				return netlink.ErrInterrupted
			}
			return test.then
		})
		if asked != test.asked || !errors.Is(err, test.want) {
			t.Errorf("%s: asked %d times, %v", test.about, asked, err)
		}
	}
}
