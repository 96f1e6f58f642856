//go:build linux

package main

import (
	"fmt"
	"math/bits"
	"net/netip"
	"time"

	"porthole/internal/netlab"
)

// scanCase is one row of the scan benchmark: a network, what is open in it,
// and what porthole must reach there.
type scanCase struct {
	name    string
	must    string // the figure to reach, for the reader of the table
	config  netlab.Config
	setup   func(*netlab.Lab) ([]netip.AddrPort, error) // opens ports and names them
	targets string
	ports   string
	nofile  int  // limit of open files, 0 for the machine's
	inside  bool // scan from the target itself, over its loopback
	udp     bool
	all     bool          // read every verdict and count those that are wrong
	noNmap  bool          // nmap has nothing to compare
	plain   bool          // nmap as users type it, with its ping and names
	rate    string        // also porthole with this --rate, to compare
	masscan string        // also masscan, at the rate that it takes here without loss
	wide    bool          // also RustScan, if it is installed
	cancel  time.Duration // interrupt it after this long

	peerRuns int // of each peer, if one is not enough to tell
}

const wan = 10 * time.Millisecond // one way

var oneHost = netip.MustParseAddr("198.18.0.1")

func scanCases() []scanCase {
	loopback := netip.MustParseAddr("127.0.0.1")
	return []scanCase{
		{
			name: "loopback, 65,535 ports", must: "6x nmap -sT",
			setup: listenOn(loopback, 30), targets: "127.0.0.1", ports: "1-65535", inside: true,
			// nmap -sT sleeps for a second when a port happens to connect to
			// itself, which is so in most runs, but not in all.
			plain: true, peerRuns: 11, wide: true,
		},
		{
			name: "20 ms RTT, 65,535 ports, 200 open, rest refuse", must: "200/200, 4x nmap -T4",
			config: netlab.Config{Delay: wan}, setup: listenOn(oneHost, 200), targets: "198.18.0.1", ports: "1-65535", wide: true,
		},
		{
			name: "20 ms RTT, 10,000 ports, all but 40 dropped", must: "40/40 within 2 s",
			config: netlab.Config{Delay: wan}, setup: dropAllBut(40, 10000), targets: "198.18.0.1", ports: "1-10000",
		},
		{
			name: "50 ms RTT, 3% loss each way, 65,535 ports, 500 open", must: "500/500 within 4 s",
			config: netlab.Config{Delay: 25 * time.Millisecond, Loss: 0.03, Seed: 7}, setup: listenOn(oneHost, 500), targets: "198.18.0.1", ports: "1-65535",
		},
		{
			name: "/24 x 400 ports, 20 ms RTT", must: "5x nmap -T4, under 40 MB",
			config: netlab.Config{Delay: wan}, setup: onEveryAddress("198.18.0.0/24", 22, 80, 399), targets: "198.18.0.0/24", ports: "1-400",
		},
		{
			name: "/20, 64 alive, x common, 20 ms RTT", must: "all open, 3x nmap -T4",
			config: netlab.Config{Delay: wan, Alive: sparse()}, setup: onThese(sparse(), 22, 443, 8080), targets: "198.18.0.0/20", ports: "common",
		},
		{
			name: "100 RST/s and 1 ICMP/s, 1,000 TCP ports", must: "no misread port",
			config: netlab.Config{Delay: wan}, setup: limited(20, 1000), targets: "198.18.0.1", ports: "1-1000",
			all: true,
		},
		{
			name: "1 ICMP/s, 40 UDP ports, 4 open, rest closed", must: "no misread port",
			config: netlab.Config{Delay: wan}, setup: respondOn(4), targets: "198.18.0.1", ports: "1001-1040", udp: true, all: true,
		},
		{
			name: "ulimit -n 64, loopback, 65,535 ports, 30 open", must: "30/30, nothing unknown",
			setup: listenOn(loopback, 30), targets: "127.0.0.1", ports: "1-65535", inside: true, nofile: 64, noNmap: true,
		},
		{
			name: "a /8 x 1,000 ports, cancelled after 1 s", must: "under 30 MB",
			config: netlab.Config{Delay: wan, Targets: []netip.Prefix{netip.MustParsePrefix("240.0.0.0/8")}, Alive: []netip.Addr{netip.MustParseAddr("240.0.0.1")}},
			setup:  nothingOpen, targets: "240.0.0.0/8", ports: "top:1000", noNmap: true, cancel: time.Second,
		},
		{
			name: "uplink of 2,000 packets/s, queue 1 s, 4,096 addresses, 100 alive", must: "99 of 100 in each run, 2x of --rate 1800",
			config: netlab.Config{Delay: wan, Uplink: 2000, Buffer: time.Second, Alive: picked(4096, 100)},
			setup:  onThese(picked(4096, 100), 22), targets: "198.18.0.0/20", ports: "22", noNmap: true, rate: "1800",
		},
		{
			name: "the same uplink, 4,096 addresses x common", must: "99 of 100 alive, with all ports",
			config: netlab.Config{Delay: wan, Uplink: 2000, Buffer: time.Second, Alive: picked(4096, 100)},
			setup:  onThese(picked(4096, 100), 22), targets: "198.18.0.0/20", ports: "common", noNmap: true, rate: "1800",
		},
		{
			name: "the same uplink, 50 hosts x 1,000 ports, 5 open", must: "250 of 250 in 4 of 5 runs, never under 249",
			config: netlab.Config{Delay: wan, Uplink: 2000, Buffer: time.Second},
			setup:  onThese(fifty(), 22, 80, 443, 700, 999), targets: "198.18.1.0-49", ports: "1-1000", noNmap: true, rate: "1800",
		},
		{
			name: "uplink of 200 packets/s, queue 1 s, 50 hosts x 100 ports, 5 open", must: "250 of 250 in each run",
			config: netlab.Config{Delay: wan, Uplink: 200, Buffer: time.Second},
			setup:  onThese(fifty(), 7, 22, 53, 80, 99), targets: "198.18.1.0-49", ports: "1-100", noNmap: true, rate: "180",
		},
		{
			name: "10% loss each way, 128 hosts, only 22 not dropped", must: "128 in each run",
			config: netlab.Config{Delay: 5 * time.Millisecond, Loss: 0.1, Seed: 3},
			setup:  onlyOpen("198.18.1.0/25", 22), targets: "198.18.1.0/25", ports: "22", noNmap: true,
		},
		{
			name: "a /16 through veth, 655 alive, 10 ports", must: "all open",
			config: netlab.Config{Alive: picked(65536, 655)},
			setup:  throughEthernet(onThese(picked(65536, 655), 22, 443, 8080)), targets: "198.18.0.0/16", ports: "21,22,23,25,80,110,443,3389,8080,8443",
			masscan: "10000", wide: true,
		},
	}
}

func sparse() []netip.Addr { return netlab.PickAddrs(netip.MustParsePrefix("198.18.0.0/20"), 64, 11) }

// picked are n of the first addresses of 198.18.0.0/15; of must be a power of 2.
func picked(of, n int) []netip.Addr {
	return netlab.PickAddrs(netip.PrefixFrom(netip.MustParseAddr("198.18.0.0"), 32-bits.Len(uint(of-1))), n, 11)
}

func fifty() []netip.Addr {
	hosts := make([]netip.Addr, 50)
	for i := range hosts {
		hosts[i] = netip.AddrFrom4([4]byte{198, 18, 1, byte(i)})
	}
	return hosts
}

// onThese opens ports on hosts.
func onThese(hosts []netip.Addr, ports ...uint16) func(*netlab.Lab) ([]netip.AddrPort, error) {
	return func(lab *netlab.Lab) ([]netip.AddrPort, error) {
		var open []netip.AddrPort
		for _, a := range hosts {
			open = append(open, netlab.OnPorts(a, ports...)...)
		}
		return open, lab.Target().Listen(netlab.OnPorts(netip.IPv4Unspecified(), ports...)...)
	}
}

// What throughEthernet gives the two sides.
const (
	ethernetOwn     = "198.19.1.1/24"
	ethernetGateway = "198.19.1.2"
)

// throughEthernet leads the targets through an Ethernet instead of the link, which
// masscan takes.
func throughEthernet(setup func(*netlab.Lab) ([]netip.AddrPort, error)) func(*netlab.Lab) ([]netip.AddrPort, error) {
	return func(lab *netlab.Lab) ([]netip.AddrPort, error) {
		if err := lab.Ethernet(netip.MustParsePrefix(ethernetOwn), netip.MustParseAddr(ethernetGateway)); err != nil {
			return nil, err
		}
		route := lab.Scanner().Command("ip", "route", "replace", "198.18.0.0/16", "via", ethernetGateway, "dev", netlab.EthernetDevice)
		if out, err := route.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("leading the targets through the Ethernet: %w: %s", err, out)
		}
		return setup(lab)
	}
}

// onlyOpen opens a port on every address and drops what others get.
func onlyOpen(prefix string, port uint16) func(*netlab.Lab) ([]netip.AddrPort, error) {
	open := onEveryAddress(prefix, port)
	return func(lab *netlab.Lab) ([]netip.AddrPort, error) {
		if err := lab.Target().Nft(netlab.FilterExcept("tcp", netlab.Drop, port)); err != nil {
			return nil, err
		}
		return open(lab)
	}
}

func nothingOpen(*netlab.Lab) ([]netip.AddrPort, error) { return nil, nil }

func listenOn(addr netip.Addr, n int) func(*netlab.Lab) ([]netip.AddrPort, error) {
	return func(lab *netlab.Lab) ([]netip.AddrPort, error) {
		open := netlab.OnPorts(addr, netlab.PickPorts(n, 3)...)
		return open, lab.Target().Listen(open...)
	}
}

// dropAllBut opens n of the first last ports and drops what the others get.
func dropAllBut(n, last int) func(*netlab.Lab) ([]netip.AddrPort, error) {
	return func(lab *netlab.Lab) ([]netip.AddrPort, error) {
		ports := spread(n, last)
		if err := lab.Target().Nft(netlab.FilterExcept("tcp", netlab.Drop, ports...)); err != nil {
			return nil, err
		}
		open := netlab.OnPorts(oneHost, ports...)
		return open, lab.Target().Listen(open...)
	}
}

// respondOn answers n UDP ports of the host and leaves the kernel's limit on
// ICMP errors as it is: after a burst of 6, one a second to one address.
func respondOn(n int) func(*netlab.Lab) ([]netip.AddrPort, error) {
	return func(lab *netlab.Lab) ([]netip.AddrPort, error) {
		var open []netip.AddrPort
		for i := range n {
			open = append(open, netip.AddrPortFrom(oneHost, uint16(1005+10*i)))
		}
		return open, lab.Target().Respond(nil, open...)
	}
}

// spread picks n ports evenly from 1 to last.
func spread(n, last int) []uint16 {
	ports := make([]uint16, n)
	for i := range ports {
		ports[i] = uint16(i*last/n + last/n/2)
	}
	return ports
}

func onEveryAddress(prefix string, ports ...uint16) func(*netlab.Lab) ([]netip.AddrPort, error) {
	return func(lab *netlab.Lab) ([]netip.AddrPort, error) {
		p := netip.MustParsePrefix(prefix)
		var open []netip.AddrPort
		for a := p.Addr(); p.Contains(a); a = a.Next() {
			open = append(open, netlab.OnPorts(a, ports...)...)
		}
		return open, lab.Target().Listen(netlab.OnPorts(netip.IPv4Unspecified(), ports...)...)
	}
}

func limited(n, last int) func(*netlab.Lab) ([]netip.AddrPort, error) {
	return func(lab *netlab.Lab) ([]netip.AddrPort, error) {
		open := netlab.OnPorts(oneHost, spread(n, last)...)
		if err := lab.Target().Listen(open...); err != nil {
			return nil, err
		}
		return open, lab.Target().Nft(netlab.LimitAnswers(100, 1))
	}
}

// porthole is the command line of one scan.
func (c scanCase) porthole(binary string, seed int) []string {
	argv := []string{binary, "scan", c.targets, "-p", c.ports, "-o", "jsonl", "-q", "--seed", fmt.Sprint(seed)}
	if c.udp {
		argv = append(argv, "--udp")
	}
	if c.all {
		argv = append(argv, "--show", "all")
	}
	return c.limitFiles(argv)
}

// nmap is the same scan as nmap is asked for it: numbers only, and no ping
// unless most addresses are dead, for porthole pings no single host either.
// common is what porthole means by that name. A plain one is as short as users
// type it, but for the form of its output.
func (c scanCase) nmap(common string, timing ...string) []string {
	if c.plain {
		return append(append([]string{"nmap", "-sT", "-p-", "-oG", "-"}, timing...), c.targets)
	}
	ports := c.ports
	if ports == "common" {
		ports = common
	}
	kind := "-sT"
	if c.udp {
		kind = "-sU"
	}
	argv := append([]string{"nmap", "-n", kind, "-oG", "-", "-p", ports}, timing...)
	if c.config.Alive == nil {
		argv = append(argv, "-Pn")
	}
	return c.limitFiles(append(argv, c.targets))
}

func (c scanCase) limitFiles(argv []string) []string {
	if c.nofile == 0 {
		return argv
	}
	return append([]string{"prlimit", fmt.Sprintf("--nofile=%d:%d", c.nofile, c.nofile)}, argv...)
}
