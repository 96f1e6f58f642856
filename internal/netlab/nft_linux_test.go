package netlab

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestFilters opens port 80, leaves 81 closed, and looks at both from behind
// each kind of filter.
func TestFilters(t *testing.T) {
	type outcomes struct{ open, closed unix.Errno }
	for _, host := range addrs("198.18.0.1", "2001:db8::1") {
		t.Run(host.String(), func(t *testing.T) {
			lab := guarded(t, Config{Alive: []netip.Addr{host}}, host)
			open, closed := netip.AddrPortFrom(host, 80), netip.AddrPortFrom(host, 81)
			if err := errors.Join(lab.Target().Listen(open), lab.Target().LimitICMP(0)); err != nil {
				t.Fatal(err)
			}
			prohibited := unix.EHOSTUNREACH
			if host.Is6() {
				prohibited = unix.EACCES // net/ipv6/icmp.c, tab_unreach
			}
			for _, c := range []struct {
				name, rules string
				want        outcomes
			}{
				{"no rules", "", outcomes{isOpen, unix.ECONNREFUSED}},
				{"one dropped", Filter("tcp", Drop, 80), outcomes{isSilent, unix.ECONNREFUSED}},
				{"others dropped", FilterExcept("tcp", Drop, 80, sentinel), outcomes{isOpen, isSilent}},
				{"reset", Filter("tcp", Reset, 80), outcomes{unix.ECONNREFUSED, unix.ECONNREFUSED}},
				{"port unreachable", Filter("tcp", PortUnreachable, 80), outcomes{unix.ECONNREFUSED, unix.ECONNREFUSED}},
				{"host unreachable", Filter("tcp", HostUnreachable, 80), outcomes{unix.EHOSTUNREACH, unix.ECONNREFUSED}},
				{"network unreachable", Filter("tcp", NetworkUnreachable, 80), outcomes{unix.ENETUNREACH, unix.ECONNREFUSED}},
				{"prohibited", Filter("tcp", AdminProhibited, 80), outcomes{prohibited, unix.ECONNREFUSED}},
				{"prohibited and dropped", Filter("tcp", AdminProhibited, 80) + Filter("tcp", Drop, 81), outcomes{prohibited, isSilent}},
				{"no resets", LimitAnswers(0, 1), outcomes{isOpen, isSilent}},
				{"replaced", Filter("tcp", Drop, 80) + Filter("tcp", Drop, 81), outcomes{isOpen, isSilent}},
				{"removed", Filter("tcp", Drop, 80) + Filter("tcp", Drop), outcomes{isOpen, unix.ECONNREFUSED}},
			} {
				t.Run(c.name, func(t *testing.T) {
					if err := lab.Target().Nft("flush ruleset\n" + c.rules); err != nil {
						t.Fatal(err)
					}
					expect(t, lab, host, map[netip.AddrPort]unix.Errno{open: c.want.open, closed: c.want.closed})
				})
			}
		})
	}
}

func TestRateLimitedTarget(t *testing.T) {
	const perSecond, ports = 20, 500
	host := netip.MustParseAddr("198.18.0.1")
	lab := guarded(t, Config{}, host)
	begin := time.Now()
	if err := lab.Target().Nft(LimitAnswers(perSecond, 1)); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, outcome := range knock(t, lab, host, OnPorts(host, PickPorts(ports, 3)...)...) {
		if outcome == unix.ECONNREFUSED {
			refused++
		}
	}
	// A second's worth is saved up; what more a slow machine may get is exact.
	allowed := perSecond + int(time.Since(begin).Seconds()*perSecond) + 1
	if refused < perSecond || refused > allowed {
		t.Errorf("%d refusals, want %d to %d", refused, perSecond, allowed)
	}
}

func TestDeadAddresses(t *testing.T) {
	for _, c := range []struct{ alive, dead string }{
		{"198.18.0.1", "198.18.0.2"},
		{"2001:db8::1", "2001:db8::2"},
	} {
		t.Run(c.dead, func(t *testing.T) {
			alive := netip.MustParseAddr(c.alive)
			lab := guarded(t, Config{Alive: []netip.Addr{alive}}, alive)
			dead := netip.AddrPortFrom(netip.MustParseAddr(c.dead), 80)
			expect(t, lab, alive, map[netip.AddrPort]unix.Errno{dead: isSilent})
			if err := errors.Join(lab.Target().Nft(DeadAddresses(HostUnreachable)), lab.Target().LimitICMP(0)); err != nil {
				t.Fatal(err)
			}
			expect(t, lab, alive, map[netip.AddrPort]unix.Errno{dead: unix.EHOSTUNREACH})
		})
	}
}

func TestOpenEverything(t *testing.T) {
	for _, anywhere := range []string{"198.18.0.0/16", "2001:db8::/64"} {
		t.Run(anywhere, func(t *testing.T) {
			prefix := netip.MustParsePrefix(anywhere)
			guard := PickAddrs(prefix, 1, 1)[0]
			lab := guarded(t, Config{}, guard)
			wildcard := netip.IPv4Unspecified()
			if guard.Is6() {
				wildcard = netip.IPv6Unspecified()
			}
			if err := lab.Target().Listen(netip.AddrPortFrom(wildcard, 9)); err != nil {
				t.Fatal(err)
			}
			if err := lab.Target().Nft(OpenEverything(9)); err != nil {
				t.Fatal(err)
			}
			want := map[netip.AddrPort]unix.Errno{}
			for i, host := range PickAddrs(prefix, 20, 2) {
				for _, addr := range OnPorts(host, PickPorts(20, uint64(i))...) {
					want[addr] = isOpen
				}
			}
			expect(t, lab, guard, want)
		})
	}
}

func TestNftRefusesNonsense(t *testing.T) {
	lab := Require(t, Config{})
	err := lab.Target().Nft("table inet nonsense { chain")
	if err == nil || !strings.Contains(err.Error(), "target side") || !strings.Contains(err.Error(), "syntax error") {
		t.Errorf("error %v does not say what is wrong where", err)
	}
}
