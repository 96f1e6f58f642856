package scanner

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"porthole/internal/netlab"
)

// TestLargeLink looks for neighbours among four times as many addresses as the kernel's
// neighbour table holds. Without a bound, most of those who are there are lost to a full
// table, in silence.
func TestLargeLink(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 20 s")
	}
	own := netip.MustParsePrefix("198.19.0.1/20")
	alive := make(map[netip.Addr]bool)
	for _, third := range []byte{3, 7, 11, 14} {
		for _, last := range []byte{4, 9, 200} {
			alive[netip.AddrFrom4([4]byte{198, 19, third, last})] = true
		}
	}
	if !netlab.Inside(t) {
		lab := netlab.Require(t, netlab.Config{Targets: []netip.Prefix{netip.MustParsePrefix("198.18.0.0/16")}})
		var list []netip.Addr
		for a := range alive {
			list = append(list, a)
		}
		err := lab.Ethernet(own, list...)
		if reason, ok := errors.AsType[*netlab.UnavailableError](err); ok {
			t.Skip(reason)
		}
		if err == nil {
			err = lab.Scanner().Sysctl("net.ipv4.neigh."+netlab.EthernetDevice+".retrans_time_ms", "300")
		}
		if err != nil {
			t.Fatal(err)
		}
		lab.Scanner().RunTest(t)
		return
	}
	addresses := func(yield func(string, netip.Addr) bool) {
		for a := own.Masked().Addr().Next(); own.Contains(a.Next()); a = a.Next() {
			if a != own.Addr() && !yield("", a) {
				return
			}
		}
	}
	found, asked := 0, 0
	for h, err := range new(Scanner).Discover(t.Context(), Discovery{TCP: []uint16{22, 80, 443}}, addresses) {
		if err != nil {
			t.Fatal(err)
		}
		asked++
		if h.Alive {
			found++
		}
		if h.Alive != alive[h.Addr] {
			t.Errorf("%v: alive %v, %v", h.Addr, h.Alive, h.Evidence.Reason)
		}
	}
	if fmt.Sprint(found, asked) != "12 4093" {
		t.Errorf("%d of %d alive", found, asked)
	}
}
