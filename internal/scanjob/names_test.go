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

// slowServer answers when the test lets it; a look-up without an answer lasts
// until its context ends.
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

func newSlowLookup(ctx context.Context, addrs int) (*nameLookup, slowServer, *[]string) {
	s := slowServer{make(chan string, addrs), make(map[string]chan string)}
	for i := range addrs {
		s.answer[slowAddr(i).String()] = make(chan string, 1)
	}
	var written []string
	l := newNameLookup(ctx, s, func(r *record.Record) error {
		written = append(written, fmt.Sprintf("%s:%d %s", r.Addr, r.Port, r.RDNS))
		return nil
	})
	return l, s, &written
}

func slowAddr(i int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, byte(i >> 8), byte(i)}) }

func (l *nameLookup) writeNth(t *testing.T, i int, port uint16) {
	t.Helper()
	addr := slowAddr(i)
	if err := l.write(addr, &record.Record{Addr: addr.String(), Port: port}); err != nil {
		t.Fatal(err)
	}
}

// TestNamesOnce holds that an address is looked up once, and that its records
// wait for it and no others do.
func TestNamesOnce(t *testing.T) {
	l, s, written := newSlowLookup(t.Context(), 2)
	l.writeNth(t, 0, 1)
	l.writeNth(t, 1, 1)
	l.writeNth(t, 0, 2)
	for range 2 {
		<-s.asked
	}
	s.answer["192.0.0.0"] <- "zero.test."
	n := <-l.done
	l.done <- n // as if write found it
	l.writeNth(t, 0, 3)
	want := []string{"192.0.0.0:1 zero.test", "192.0.0.0:2 zero.test", "192.0.0.0:3 zero.test"}
	if diff := cmp.Diff(want, *written); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.answer["192.0.0.1"] <- "one.test."
	if unanswered, err := l.finish(); unanswered != 0 || err != nil {
		t.Errorf("%d unanswered, %v", unanswered, err)
	}
	if want := append(want, "192.0.0.1:1 one.test"); !slices.Equal(want, *written) || len(s.asked) != 0 {
		t.Errorf("%q, asked again %d times", *written, len(s.asked))
	}
}

// TestNamesBounded holds the look-ups at once, the time of each and of all,
// and that every record is written whatever becomes of its look-up.
func TestNamesBounded(t *testing.T) {
	const addrs = 3 * maxLookups
	for _, test := range []struct {
		name           string
		timeout, grace time.Duration
		cancel         bool
		asked          int // at least
	}{
		{"each", time.Millisecond, time.Hour, false, addrs},
		{"all", time.Hour, time.Millisecond, false, maxLookups},
		{"interrupted", time.Hour, time.Hour, true, maxLookups},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			l, s, written := newSlowLookup(ctx, addrs)
			l.timeout, l.grace = test.timeout, test.grace
			for i := range addrs {
				l.writeNth(t, i, 1)
				if l.active > maxLookups {
					t.Fatalf("%d look-ups at once", l.active)
				}
			}
			if test.cancel {
				cancel()
			}
			unanswered, err := l.finish()
			if unanswered != addrs || err != nil || len(*written) != addrs || l.nwaiting != 0 {
				t.Errorf("%d unanswered, %v, %d written, %d waiting", unanswered, err, len(*written), l.nwaiting)
			}
			if len(s.asked) < test.asked {
				t.Errorf("%d asked", len(s.asked))
			}
		})
	}
}

// TestNamesWaiting holds that no more records wait than there is memory meant
// for, and that the others go out at once.
func TestNamesWaiting(t *testing.T) {
	l, _, written := newSlowLookup(t.Context(), 1)
	for port := range uint16(maxWaiting) {
		l.writeNth(t, 0, port)
	}
	l.writeNth(t, 0, 60_000)
	if len(*written) != 1 || l.nwaiting != maxWaiting {
		t.Errorf("%d written, %d waiting", len(*written), l.nwaiting)
	}
	l.cancel()
	if _, err := l.finish(); err != nil || len(*written) != maxWaiting+1 {
		t.Errorf("%d written, %v", len(*written), err)
	}
}
