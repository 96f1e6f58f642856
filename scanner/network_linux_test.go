package scanner

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"porthole/internal/netlab"
)

// across is one network that the engine has to judge rightly.
type across struct {
	name  string
	cfg   netlab.Config
	addr  string
	near  bool // scan from the target itself, over its loopback
	proto string
	ports int    // 1 to ports are asked
	rules string // for the target's firewall
	want  map[verdict]int
	stats func(Stats) string // what is wrong with the stats, or ""
}

// openAcross is the open ports of every case.
func openAcross() []uint16 { return []uint16{7, 22, 80, 443, 1999} }

func acrossCases() []across {
	open, refused := verdict{StateOpen, ReasonSynAck}, verdict{StateClosed, ReasonConnRefused}
	silent := verdict{StateFiltered, ReasonNoResponse}
	slowed := func(st Stats) string {
		if st.Slowed == 0 {
			return "the limit went unnoticed"
		}
		return ""
	}
	// Some of each in one batch: rejected with ICMP, with RST, and dropped.
	nearby := "chain i {\n type filter hook input priority 0\n iifname != lo accept\n tcp dport 1001-1300 reject\n" +
		" tcp dport 1301-1310 reject with icmpx admin-prohibited\n tcp dport 1311-1330 reject with tcp reset\n tcp dport 1331-1340 drop\n}"
	around := map[verdict]int{open: 5, refused: 2675, {StateFiltered, ReasonPortUnreach}: 300, {StateFiltered, ReasonAdminProhibited}: 10, silent: 10}
	return []across{
		{name: "plain", cfg: netlab.Config{Delay: 10 * time.Millisecond}, ports: 20000,
			want: map[verdict]int{open: 5, refused: 19995}},
		{name: "IPv6", cfg: netlab.Config{Delay: 10 * time.Millisecond}, addr: "2001:db8::1", ports: 5000,
			want: map[verdict]int{open: 5, refused: 4995}},
		{name: "loss and disorder", cfg: netlab.Config{Delay: 25 * time.Millisecond, Loss: 0.03, Reorder: 0.1, Seed: 7}, ports: 10000,
			want: map[verdict]int{open: 5, refused: 9995},
			stats: func(st Stats) string {
				if st.Loss < 0.03 || st.Loss > 0.12 {
					return "the loss is about 0.06"
				}
				return ""
			}},
		{name: "dropped", cfg: netlab.Config{Delay: 10 * time.Millisecond}, ports: 3000,
			rules: "chain i {\n type filter hook input priority 0\n tcp dport { 22, 80, 443 } accept\n iifname wan tcp flags syn drop\n}",
			want:  map[verdict]int{open: 3, silent: 2997}},
		{name: "rejected", cfg: netlab.Config{Delay: 10 * time.Millisecond}, ports: 6,
			rules: "chain i {\n type filter hook input priority 0\n tcp dport 1-3 reject with icmp type admin-prohibited\n tcp dport 4-6 reject\n}",
			want:  map[verdict]int{{StateFiltered, ReasonAdminProhibited}: 3, {StateFiltered, ReasonPortUnreach}: 3}},
		{name: "100 RST a second", cfg: netlab.Config{Delay: 10 * time.Millisecond}, ports: 400,
			rules: "chain o {\n type filter hook output priority 0\n tcp flags rst limit rate 100/second accept\n tcp flags rst drop\n}",
			want:  map[verdict]int{open: 3, refused: 397}, stats: slowed},
		{name: "this machine", addr: "127.0.0.1", near: true, ports: 3000, rules: nearby, want: around},
		{name: "this machine, IPv6", addr: "::1", near: true, ports: 3000, rules: nearby, want: around},
		{name: "1 ICMP a second", cfg: netlab.Config{Delay: 10 * time.Millisecond}, proto: "udp", ports: 16,
			want: map[verdict]int{{StateClosed, ReasonPortUnreach}: 16}, stats: slowed},
	}
}

// TestAcross scans a host behind a network with delay, loss and filters. Every
// verdict has to be right, every time.
func TestAcross(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	for _, c := range acrossCases() {
		if c.addr == "" {
			c.addr = "198.18.0.1"
		}
		if c.proto == "" {
			c.proto = "tcp"
		}
		t.Run(c.name, func(t *testing.T) {
			if netlab.Inside(t) {
				scanAcross(t, c)
				return
			}
			lab := netlab.Require(t, c.cfg)
			addr := netip.MustParseAddr(c.addr)
			if err := lab.Target().Listen(netlab.OnPorts(addr, openAcross()...)...); err != nil {
				t.Fatal(err)
			}
			if c.rules != "" {
				if err := lab.Target().Nft("table inet filter {\n" + c.rules + "\n}\n"); err != nil {
					t.Fatal(err)
				}
			}
			if c.near {
				lab.Target().RunTest(t)
				return
			}
			lab.Scanner().RunTest(t)
		})
	}
}

// scanAcross runs inside the scanner's side.
func scanAcross(t *testing.T, c across) {
	addr := netip.MustParseAddr(c.addr)
	var stats Stats
	s := &Scanner{engine: newEpollEngine(), Stats: func(st Stats) { stats = st }}
	began := time.Now()
	got := make(map[verdict]int)
	var odd []string
	for r, err := range s.Scan(context.Background(), portRange(addr, c.proto, 1, c.ports)) {
		if err != nil {
			t.Fatal(err)
		}
		v := verdict{r.State, r.Reason}
		if got[v]++; c.want[v] == 0 {
			odd = append(odd, fmt.Sprintf("%d %v/%v", r.Addr.Port(), r.State, r.Reason))
		}
	}
	t.Logf("%v, %+v", time.Since(began), stats)
	if !maps.Equal(got, c.want) {
		t.Errorf("verdicts are %v, want %v; odd ones: %s", got, c.want, strings.Join(odd, ", "))
	}
	if c.stats != nil {
		if wrong := c.stats(stats); wrong != "" {
			t.Errorf("the stats are %+v: %s", stats, wrong)
		}
	}
}

// TestSparseAcrossLoss finds every host of a sparse range across a network that
// loses, in every order that it is asked in.
func TestSparseAcrossLoss(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	addresses := netip.MustParsePrefix("198.18.0.0/20")
	alive := netlab.PickAddrs(addresses, 64, 11)
	if !netlab.Inside(t) {
		lab := netlab.Require(t, netlab.Config{Delay: 25 * time.Millisecond, Loss: 0.03, Reorder: 0.05, Seed: 5, Alive: alive})
		lab.Scanner().RunTest(t)
		return
	}
	for seed := range uint64(5) {
		p, err := NewPlan(PlanConfig{Hosts: countedHosts(1 << (32 - addresses.Bits())), TCP: []uint16{1}, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		found := make(map[netip.Addr]bool)
		began := time.Now()
		for p, err := range (&Scanner{engine: newEpollEngine()}).Discover(context.Background(), Discovery{TCP: DiscoveryPorts()}, addressesIn(p)) {
			if err != nil {
				t.Fatal(err)
			}
			if p.Alive {
				found[p.Addr] = true
			}
		}
		t.Logf("seed %d: %v", seed, time.Since(began))
		for _, a := range alive {
			if !found[a] {
				t.Errorf("seed %d: %v is taken for dead", seed, a)
			}
			delete(found, a)
		}
		for a := range found {
			t.Errorf("seed %d: %v is taken for alive", seed, a)
		}
	}
}

// TestNeighbours asks an address of the local network that nobody has, and a
// neighbour, over both protocols: who answers no ARP and no neighbour discovery
// is unreachable by the kernel's word, whichever engine hears it.
func TestNeighbours(t *testing.T) {
	for _, c := range []struct{ name, own, alive, dead string }{
		{"IPv4", "198.19.1.1/24", "198.19.1.2", "198.19.1.3"},
		{"IPv6", "fd00:1::1/64", "fd00:1::2", "fd00:1::3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			alive := netip.MustParseAddr(c.alive)
			if !netlab.Inside(t) {
				lab := netlab.Require(t, netlab.Config{})
				err := lab.Ethernet(netip.MustParsePrefix(c.own), alive)
				if reason, ok := errors.AsType[*netlab.UnavailableError](err); ok {
					t.Skip(reason)
				}
				if err != nil {
					t.Fatal(err)
				}
				lab.Scanner().RunTest(t)
				return
			}
			for name, e := range engines() {
				s := &Scanner{Timeout: longTimeout, engine: e}
				for _, proto := range []string{"tcp", "udp"} {
					there := scanOne(t, s, proto, netip.AddrPortFrom(alive, 9))
					wantVerdict(t, there, StateClosed, map[string]Reason{"tcp": ReasonConnRefused, "udp": ReasonPortUnreach}[proto])
					if name != "epoll" && proto == "udp" {
						continue // without IP_RECVERR Linux does not tell (udp(7))
					}
					gone := scanOne(t, s, proto, netip.AddrPortFrom(netip.MustParseAddr(c.dead), 9))
					wantVerdict(t, gone, StateFiltered, ReasonHostUnreach)
				}
			}
		})
	}
}

// TestNoAddress asks over IPv6 where it is switched off: there is no way to such
// an address, which is no lack of ports that would pass.
func TestNoAddress(t *testing.T) {
	if !netlab.Inside(t) {
		lab := netlab.Require(t, netlab.Config{})
		if err := lab.Scanner().Sysctl("net.ipv6.conf.all.disable_ipv6", "1"); err != nil {
			t.Skip(err) // there is no IPv6 at all
		}
		lab.Scanner().RunTest(t)
		return
	}
	for name, e := range engines() {
		for _, proto := range []string{"tcp", "udp"} {
			for _, addr := range []netip.Addr{netip.IPv6Loopback(), netip.MustParseAddr("2001:db8::1")} {
				r := scanOne(t, &Scanner{Timeout: longTimeout, engine: e}, proto, netip.AddrPortFrom(addr, 9))
				wantVerdict(t, r, StateUnknown, ReasonNoRoute)
				if r.Attempts != 1 {
					t.Errorf("%s, %s %v: %d attempts", name, proto, addr, r.Attempts)
				}
			}
		}
	}
}

// TestNoRoute asks addresses that this machine has no route to, or one that says
// unreachable or drops what is sent: nothing is sent, which says nothing of
// them. What a router says on the way is evidence.
func TestNoRoute(t *testing.T) {
	if !netlab.Inside(t) {
		lab := netlab.Require(t, netlab.Config{})
		rules := "table inet f {\nchain i {\ntype filter hook input priority 0\n" +
			"ip daddr 198.18.3.0/24 reject with icmp type net-unreachable\nip daddr 198.18.4.0/24 reject with icmp type host-unreachable\n}\n}\n"
		err := lab.Target().Nft(rules)
		for kind, to := range map[string]string{"unreachable": "198.18.5.0/24", "blackhole": "198.18.6.0/24"} {
			if err == nil {
				_, err = lab.Scanner().Command("ip", "route", "add", kind, to).Output()
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		lab.Scanner().RunTest(t)
		return
	}
	for name, e := range engines() {
		for _, c := range []struct {
			addr string
			want verdict
		}{
			{"192.0.2.1", verdict{StateUnknown, ReasonNoRoute}},
			{"2001:db8:ffff::1", verdict{StateUnknown, ReasonNoRoute}},
			{"198.18.5.1", verdict{StateUnknown, ReasonNoRoute}},
			{"198.18.6.1", verdict{StateUnknown, ReasonNoRoute}},
			{"198.18.3.1", verdict{StateFiltered, ReasonNetUnreach}},
			{"198.18.4.1", verdict{StateFiltered, ReasonHostUnreach}},
		} {
			for _, proto := range []string{"tcp", "udp"} {
				if name != "epoll" && proto == "udp" && c.want.state == StateFiltered {
					continue // without IP_RECVERR Linux does not tell (udp(7))
				}
				r := scanOne(t, &Scanner{Timeout: longTimeout, engine: e}, proto, netip.AddrPortFrom(netip.MustParseAddr(c.addr), 9))
				wantVerdict(t, r, c.want.state, c.want.reason)
			}
		}
	}
}

// TestLinkDown has the link go down in the middle of a scan: what is asked from then
// on does not leave, and has no verdict.
func TestLinkDown(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) {
			if !netlab.Inside(t) {
				netlab.Require(t, netlab.Config{}).Scanner().RunTest(t)
				return
			}
			got := make(map[verdict]int)
			s := &Scanner{Concurrency: 4, Attempts: 1, Timeout: 500 * time.Millisecond, engine: e}
			for r, err := range s.Scan(t.Context(), portRange(netip.MustParseAddr("198.18.0.1"), "tcp", 1, 200)) {
				if err != nil {
					t.Fatal(err)
				}
				if got[verdict{r.State, r.Reason}]++; len(got) > 1 || got[verdict{StateClosed, ReasonConnRefused}] != 10 {
					continue
				}
				if out, err := exec.Command("ip", "link", "set", "wan", "down").CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
			}
			refused, silent, lost := got[verdict{StateClosed, ReasonConnRefused}], got[verdict{StateFiltered, ReasonNoResponse}], got[verdict{StateUnknown, ReasonNoRoute}]
			if refused < 10 || lost == 0 || refused+silent+lost != 200 {
				t.Errorf("verdicts are %v", got)
			}
		})
	}
}

// TestFewPorts scans where nearly all ephemeral ports are taken: what fails for
// want of one is tried again, and nothing is misread.
func TestFewPorts(t *testing.T) {
	if !netlab.Inside(t) {
		lab := netlab.Require(t, netlab.Config{})
		if err := lab.Target().Sysctl("net.ipv4.ip_local_port_range", "40000 40031"); err != nil {
			t.Fatal(err)
		}
		lab.Target().RunTest(t)
		return
	}
	addr := netip.MustParseAddr("127.0.0.1")
	for range 28 {
		c, err := net.ListenUDP("udp4", nil) // holds a port of the range
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	for name, e := range engines() {
		var stats Stats
		s := &Scanner{Timeout: longTimeout, engine: e, Stats: func(st Stats) { stats = st }}
		for _, proto := range []string{"tcp", "udp"} {
			for _, r := range scanAll(t, s, portRange(addr, proto, 1, 500)) {
				if r.State != StateClosed {
					t.Fatalf("%s: %s %v is %v/%v (%v)", name, proto, r.Addr, r.State, r.Reason, r.Err)
				}
			}
			t.Logf("%s, %s: %+v", name, proto, stats)
			if stats.Attempts != 500 || stats.Retries != 0 {
				t.Errorf("%s, %s: what did not leave is counted: %+v", name, proto, stats)
			}
		}
		if name == "epoll" && stats.LocalErrors == 0 { // the other one may be too slow to run out
			t.Errorf("there were ports for all: %+v", stats)
		}
	}
}

// TestOnlyItsOwnPort has no source port but the probed one: the scan ends, and
// says that it could not ask. TestSelfConnectOnly is the same for workers of the portable
// engine, which are patient for five seconds.
func TestOnlyItsOwnPort(t *testing.T) {
	if !netlab.Inside(t) {
		lab := netlab.Require(t, netlab.Config{})
		if err := lab.Target().Sysctl("net.ipv4.ip_local_port_range", "40000 40000"); err != nil {
			t.Fatal(err)
		}
		lab.Target().RunTest(t)
		return
	}
	own, next := netip.MustParseAddrPort("127.0.0.1:40000"), netip.MustParseAddrPort("127.0.0.1:40001")
	for range 3 {
		for _, c := range []struct {
			engine  engine
			proto   string
			refusal Reason
		}{
			{newEpollEngine(), "tcp", ReasonConnRefused},
			{newEpollEngine(), "udp", ReasonPortUnreach},
			{newPortableEngine(), "tcp", ReasonConnRefused},
		} {
			s := &Scanner{Timeout: longTimeout, engine: c.engine}
			wantVerdict(t, scanOne(t, s, c.proto, own), StateUnknown, ReasonLocalLimit)
			wantVerdict(t, scanOne(t, s, c.proto, next), StateClosed, c.refusal)
		}
	}
}

// TestLinkLocal asks a neighbour by its link-local address, whose zone is a name
// or a number, and one behind an interface that does not exist.
func TestLinkLocal(t *testing.T) {
	const port = 8443
	if !netlab.Inside(t) {
		lab := netlab.Require(t, netlab.Config{})
		err := lab.Ethernet(netip.MustParsePrefix("fd00:1::1/64"))
		if reason, ok := errors.AsType[*netlab.UnavailableError](err); ok {
			t.Skip(reason)
		}
		if err != nil {
			t.Skipf("no IPv6: %v", err)
		}
		for side, addr := range map[*netlab.Namespace]string{lab.Scanner(): "fe80::1/64", lab.Target(): "fe80::2/64"} {
			if out, err := side.Command("ip", "address", "add", addr, "dev", netlab.EthernetDevice, "nodad").CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		}
		if err := lab.Target().Listen(netip.AddrPortFrom(netip.IPv6Unspecified(), port)); err != nil {
			t.Fatal(err)
		}
		lab.Scanner().RunTest(t)
		return
	}
	device, err := net.InterfaceByName(netlab.EthernetDevice)
	if err != nil {
		t.Fatal(err)
	}
	at := func(zone string, port uint16) netip.AddrPort {
		return netip.AddrPortFrom(netip.MustParseAddr("fe80::2").WithZone(zone), port)
	}
	for _, e := range engines() {
		s := &Scanner{Timeout: longTimeout, engine: e}
		for _, zone := range []string{device.Name, strconv.Itoa(device.Index)} {
			got := scanAll(t, s, targets("tcp", at(zone, port), at(zone, port+1), at(zone, port+2)))
			wantVerdict(t, got[at(zone, port)], StateOpen, ReasonSynAck)
			wantVerdict(t, got[at(zone, port+1)], StateClosed, ReasonConnRefused)
			wantVerdict(t, got[at(zone, port+2)], StateClosed, ReasonConnRefused)
			wantVerdict(t, scanOne(t, s, "udp", at(zone, port)), StateClosed, ReasonPortUnreach)
		}
		wantVerdict(t, scanOne(t, s, "tcp", at("nosuch", port)), StateUnknown, ReasonNoRoute)
	}
}
