package netlab

import (
	"net/netip"
	"slices"
	"testing"
)

func TestPickPorts(t *testing.T) {
	for _, n := range []int{-1, 0, 1, 200, 65535, 70000} {
		ports := PickPorts(n, 1)
		if want := max(0, min(n, 65535)); len(ports) != want {
			t.Errorf("%d ports asked for, %d picked, want %d", n, len(ports), want)
		}
		if !slices.IsSorted(ports) || len(slices.Compact(slices.Clone(ports))) != len(ports) || slices.Contains(ports, 0) {
			t.Errorf("%d ports: not ascending, not different, or with port 0", n)
		}
	}
	if slices.Equal(PickPorts(50, 1), PickPorts(50, 2)) {
		t.Error("two seeds picked the same ports")
	}
	if !slices.Equal(PickPorts(50, 1), PickPorts(50, 1)) {
		t.Error("one seed picked different ports")
	}
}

func TestPickAddrs(t *testing.T) {
	for _, c := range []struct {
		prefix  string
		n, want int
	}{
		{"198.18.0.0/20", 64, 64},
		{"198.18.0.0/30", 64, 4},
		{"198.18.0.7/32", 1, 1},
		{"2001:db8::/32", 100, 100},
		{"2001:db8::/126", 100, 4},
	} {
		prefix := netip.MustParsePrefix(c.prefix)
		picked := PickAddrs(prefix, c.n, 7)
		if len(picked) != c.want {
			t.Errorf("%s: %d addresses, want %d", c.prefix, len(picked), c.want)
		}
		for i, a := range picked {
			if !prefix.Contains(a) || i > 0 && !picked[i-1].Less(a) {
				t.Errorf("%s: address %v is outside or out of order", c.prefix, a)
			}
		}
	}
}
