package scanjob

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/record"
)

// slowServer answers when it is told to; nothing but the end of the look-up
// ends one that it does not answer.
type slowServer struct {
	asked  chan string
	answer map[string]chan string
}

func (s slowServer) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	s.asked <- addr
	select {
	case name := <-s.answer[addr]:
		return []string{name}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func newSlowReverse(ctx context.Context, addrs int) (*reverse, slowServer, *[]string) {
	s := slowServer{make(chan string, addrs), make(map[string]chan string)}
	for i := range addrs {
		s.answer[slowAddr(i).String()] = make(chan string, 1)
	}
	var written []string
	v := newReverse(ctx, s, func(r *record.Record) error {
		written = append(written, fmt.Sprintf("%s:%d %s", r.Addr, r.Port, r.RDNS))
		return nil
	})
	return v, s, &written
}

func slowAddr(i int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, byte(i >> 8), byte(i)}) }

func (v *reverse) takeNth(t *testing.T, i int, port uint16) {
	t.Helper()
	addr := slowAddr(i)
	if err := v.take(addr, &record.Record{Addr: addr.String(), Port: port}); err != nil {
		t.Fatal(err)
	}
}

// TestReverseOnce holds that an address is looked up once, and that its records
// wait for it and no others do.
func TestReverseOnce(t *testing.T) {
	v, s, written := newSlowReverse(t.Context(), 2)
	v.takeNth(t, 0, 1)
	v.takeNth(t, 1, 1)
	v.takeNth(t, 0, 2)
	for range 2 {
		<-s.asked
	}
	s.answer["192.0.0.0"] <- "zero.test."
	n := <-v.done
	v.done <- n // as if take found it
	v.takeNth(t, 0, 3)
	want := []string{"192.0.0.0:1 zero.test", "192.0.0.0:2 zero.test", "192.0.0.0:3 zero.test"}
	if diff := cmp.Diff(want, *written); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.answer["192.0.0.1"] <- "one.test."
	if missed, err := v.finish(); missed != 0 || err != nil {
		t.Errorf("%d missed, %v", missed, err)
	}
	if want := append(want, "192.0.0.1:1 one.test"); !slices.Equal(want, *written) || len(s.asked) != 0 {
		t.Errorf("%q, asked again %d times", *written, len(s.asked))
	}
}

// TestReverseBounded holds the look-ups at once, the time of each and of all,
// and that every record is written whatever becomes of its look-up.
func TestReverseBounded(t *testing.T) {
	const addrs = 3 * rdnsAtOnce
	for _, test := range []struct {
		name           string
		timeout, grace time.Duration
		cancel         bool
		asked          int // at least
	}{
		{"each", time.Millisecond, time.Hour, false, addrs},
		{"all", time.Hour, time.Millisecond, false, rdnsAtOnce},
		{"interrupted", time.Hour, time.Hour, true, rdnsAtOnce},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			v, s, written := newSlowReverse(ctx, addrs)
			v.timeout, v.grace = test.timeout, test.grace
			for i := range addrs {
				v.takeNth(t, i, 1)
				if v.busy > rdnsAtOnce {
					t.Fatalf("%d look-ups at once", v.busy)
				}
			}
			if test.cancel {
				cancel()
			}
			missed, err := v.finish()
			if missed != addrs || err != nil || len(*written) != addrs || v.held != 0 {
				t.Errorf("%d missed, %v, %d written, %d held", missed, err, len(*written), v.held)
			}
			if len(s.asked) < test.asked {
				t.Errorf("%d asked", len(s.asked))
			}
		})
	}
}

// TestReverseHeld holds that no more records wait than there is memory meant
// for, and that the others go out at once.
func TestReverseHeld(t *testing.T) {
	v, _, written := newSlowReverse(t.Context(), 1)
	for port := range uint16(rdnsHeld) {
		v.takeNth(t, 0, port)
	}
	v.takeNth(t, 0, 60_000)
	if len(*written) != 1 || v.held != rdnsHeld {
		t.Errorf("%d written, %d held", len(*written), v.held)
	}
	v.cancel()
	if _, err := v.finish(); err != nil || len(*written) != rdnsHeld+1 {
		t.Errorf("%d written, %v", len(*written), err)
	}
}
