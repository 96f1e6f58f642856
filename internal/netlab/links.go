package netlab

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
)

// device is the name of the TUN device on either side.
const device = "wan"

// deviceQueue is how many packets a sending kernel keeps for the relay, enough
// for the tens of milliseconds for which a busy machine may not run it.
const deviceQueue = 32768

// haveIPv6 reports whether this kernel speaks IPv6 at all.
func haveIPv6() bool {
	_, err := os.Stat("/proc/sys/net/ipv6")
	return err == nil
}

func scannerAddrs(v6 bool) []netip.Addr {
	return sideAddrs(v6, "198.19.255.1", "fd6e:6574:6c61:6200::1")
}

func targetAddrs(v6 bool) []netip.Addr {
	return sideAddrs(v6, "198.19.255.2", "fd6e:6574:6c61:6200::2")
}

// sideAddrs are the addresses of the link itself on one side.
func sideAddrs(v6 bool, addr4, addr6 string) []netip.Addr {
	addrs := []netip.Addr{netip.MustParseAddr(addr4)}
	if v6 {
		addrs = append(addrs, netip.MustParseAddr(addr6))
	}
	return addrs
}

// scannerLinks are the lines of `ip -batch` that set up the scanner side.
func scannerLinks(cfg Config, v6 bool) []string {
	lines := commonLinks(scannerAddrs(v6), targetAddrs(v6))
	for _, p := range cfg.Targets {
		lines = append(lines, fmt.Sprintf("route add %v dev %s", p, device))
	}
	return lines
}

// targetLinks are the lines of `ip -batch` that set up the target side. Living
// addresses are its own, by a route if they are many, for which the kernel
// sends ICMPv6 errors from the address of the link, so that an IPv6 address
// that is listed as alive is really added. The others end in a black hole, for
// without a route IPv6 answers with an ICMP error.
func targetLinks(cfg Config, v6 bool) []string {
	lines := commonLinks(targetAddrs(v6), scannerAddrs(v6))
	for _, a := range cfg.Alive {
		if a.Is4() {
			lines = append(lines, fmt.Sprintf("route replace local %v/32 dev lo", a))
		} else {
			lines = append(lines, fmt.Sprintf("address replace %v/128 dev lo nodad", a))
		}
	}
	for _, p := range cfg.Targets {
		if len(cfg.Alive) == 0 {
			lines = append(lines, fmt.Sprintf("route replace local %v dev lo", p))
		}
	}
	for _, p := range cfg.Targets {
		lines = append(lines, fmt.Sprintf("route add blackhole %v", p))
	}
	return lines
}

// commonLinks brings up the loopback and the device, point to point. Without
// multicast and link-local addresses the kernel sends nothing unasked.
func commonLinks(own, peer []netip.Addr) []string {
	lines := []string{
		"link set lo up",
		fmt.Sprintf("link set %s txqueuelen %d mtu 1500 multicast off", device, deviceQueue),
	}
	if len(own) > 1 {
		lines = append(lines, fmt.Sprintf("link set %s addrgenmode none", device))
	}
	lines = append(lines, fmt.Sprintf("link set %s up", device))
	for i := range own {
		line := fmt.Sprintf("address add %v peer %v dev %s", own[i], peer[i], device)
		if own[i].Is6() {
			line += " nodad"
		}
		lines = append(lines, line)
	}
	return lines
}

// missingLocal returns those IPv6 addresses for which `ip -6 route show table
// local` has no route yet: the kernel makes an address usable some time after
// it took the order to add it.
func missingLocal(table string, addrs []netip.Addr) (missing []netip.Addr) {
	for _, a := range addrs {
		if a.Is6() && !strings.Contains(table, fmt.Sprintf("local %v dev ", a)) {
			missing = append(missing, a)
		}
	}
	return missing
}

// setting is one sysctl.
type setting struct{ key, value string }

// scannerSysctls lets answers in from wherever they come, over both protocols,
// whatever this machine gives new namespaces as defaults.
func scannerSysctls(v6 bool) []setting {
	settings := []setting{
		{"net.ipv4.conf.all.rp_filter", "0"},
		{"net.ipv4.conf." + device + ".rp_filter", "0"},
	}
	if v6 {
		settings = append(settings,
			setting{"net.ipv6.conf.all.disable_ipv6", "0"},
			setting{"net.ipv6.conf.default.disable_ipv6", "0"})
	}
	return settings
}

// targetSysctls lets servers bind each address of the targets, and accept as
// many connections at once as a scanner can make. ICMP keeps the rates that
// the kernel has by default, which is what a scanner meets outside; see
// [Namespace.LimitICMP].
func targetSysctls(v6 bool) []setting {
	settings := append(scannerSysctls(v6),
		setting{"net.core.somaxconn", "65535"},
		setting{"net.ipv4.tcp_max_syn_backlog", "65535"},
		setting{"net.ipv4.ip_nonlocal_bind", "1"},
		setting{"net.ipv4.ip_unprivileged_port_start", "0"},
	)
	if v6 {
		settings = append(settings, setting{"net.ipv6.ip_nonlocal_bind", "1"})
	}
	return settings
}
