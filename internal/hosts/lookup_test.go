package hosts

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
)

// oneAddress has the same address for every name, and counts the questions.
type oneAddress struct{ asked atomic.Int32 }

func (r *oneAddress) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	r.asked.Add(1)
	return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, nil
}

// TestLookupTwice has names among the targets twice, the second time when the first ones
// were looked up long ago. Each has its address and was looked up once.
func TestLookupTwice(t *testing.T) {
	const n = 20 * maxLookups
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("h%d.example", i))
	}
	targets := parsed(t, strings.Join(append(names, names...), ","))
	var r oneAddress
	all := lookupAll(t.Context(), &r, Any, &targets)
	for name, found := range all {
		if len(found.addrs) != 1 || found.err != nil {
			t.Errorf("%s: %v", name, found)
		}
	}
	if got := r.asked.Load(); got != n || len(all) != n {
		t.Errorf("%d look-ups of %d names, want %d", got, len(all), n)
	}
}
