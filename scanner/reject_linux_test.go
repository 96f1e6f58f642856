package scanner

import (
	"net/netip"
	"testing"
	"time"

	"porthole/internal/netlab"
)

// rejectCase is a firewall that answers connections with ICMP errors.
type rejectCase struct {
	name   string
	hook   string // of whose packets
	near   bool   // the firewall and the address are this machine's own
	onlyBy string // of the scanner's side: the firewall is there
	cfg    netlab.Config
}

func rejectCases() []rejectCase {
	delayed := netlab.Config{Delay: 15 * time.Millisecond}
	return []rejectCase{
		{name: "own address, on the way in", hook: "input", near: true},
		{name: "own address, on the way out", hook: "output", near: true},
		{name: "far, by its own firewall", hook: "input", cfg: delayed},
		{name: "far, by ours on the way out", hook: "output", onlyBy: "scanner", cfg: delayed},
		{name: "a neighbour, by its own firewall", hook: "input"},
		{name: "far, before it is routed", hook: "prerouting", cfg: delayed},
		{name: "by the router next to us", hook: "forward"},
		{name: "by a router on the way", hook: "forward", cfg: delayed},
	}
}

// TestRejected has firewalls reject connections with ICMP errors, which may come
// while connect is still at work: the kernel then only notes them. Each is the
// verdict by the first attempt.
func TestRejected(t *testing.T) {
	for _, c := range rejectCases() {
		t.Run(c.name, func(t *testing.T) {
			addrs := []string{"198.18.0.1", "2001:db8::1"}
			if c.hook == "forward" {
				addrs = []string{behind4 + "1", behind6 + "1"}
			}
			if netlab.Inside(t) {
				askRejected(t, addrs)
				return
			}
			lab := netlab.Require(t, c.cfg)
			firewall, asks := lab.Target(), lab.Scanner()
			if c.near {
				asks = lab.Target()
			}
			if c.onlyBy == "scanner" {
				firewall = lab.Scanner()
			}
			if c.hook == "forward" {
				routeOn(t, firewall)
			}
			rules := "table inet f {\n chain c {\n type filter hook " + c.hook + " priority 0\n" +
				" tcp dport 1-10 reject with icmpx admin-prohibited\n" +
				" tcp dport 11-20 reject with icmpx host-unreachable\n" +
				" tcp dport 21-30 reject with tcp reset\n}\n}\n"
			if err := firewall.Nft(rules); err != nil {
				t.Fatal(err)
			}
			if err := firewall.LimitICMP(0); err != nil {
				t.Fatal(err)
			}
			asks.RunTest(t)
		})
	}
}

// Addresses behind the target, if it is a router.
const behind4, behind6 = "198.18.200.", "2001:db8::c8:"

// routeOn makes a router of the target. What the firewall lets pass goes back where
// it came from.
func routeOn(t *testing.T, target *netlab.Namespace) {
	t.Helper()
	for _, key := range []string{"net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"} {
		if err := target.Sysctl(key, "1"); err != nil {
			t.Fatal(err)
		}
	}
	for family, prefix := range map[string]string{"-4": behind4 + "0/24", "-6": behind6 + "0/112"} {
		if out, err := target.Command("ip", family, "route", "add", prefix, "dev", "wan", "table", "local").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
}

// askRejected runs inside one side.
func askRejected(t *testing.T, addrs []string) {
	for _, addr := range addrs {
		more := 0
		s := &Scanner{Timeout: longTimeout, engine: newEpollEngine()}
		for at, r := range scanAll(t, s, portRange(netip.MustParseAddr(addr), "tcp", 1, 30)) {
			want := verdict{StateFiltered, ReasonAdminProhibited}
			switch {
			case at.Port() > 20:
				want = verdict{StateClosed, ReasonConnRefused}
			case at.Port() > 10:
				want = verdict{StateFiltered, ReasonHostUnreach}
			}
			wantVerdict(t, r, want.state, want.reason)
			more += r.Attempts - 1
		}
		if more > 3 { // as many are asked alone, to tell that it is not by rate
			t.Errorf("%d attempts more than ports", more)
		}
	}
}
