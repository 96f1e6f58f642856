package scanner

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"porthole/scanner/internal/schedule"
)

const (
	neighbourTableSize = 1024 // net.ipv4.neigh.default.gc_thresh3 of Linux, which namespaces share and do not tell
	neighbourTries     = 3    // mcast_solicit
	neighbourPause     = time.Second
)

// newLink finds out which addresses are on the links of this machine, and how many of
// them may be asked at a time before ARP or neighbor discovery has found them: half of
// what fits in the kernel's neighbour table, since the other half may be in use.
func newLink() link {
	l := link{unresolved: schedule.Unresolved{Most: int(sysctl("ipv4/neigh/default/gc_thresh3", neighbourTableSize)) / 2}}
	all, _ := net.Interfaces() // without them there is no bound
	for i := range all {
		const resolves = net.FlagUp | net.FlagBroadcast
		if all[i].Flags&resolves != resolves || all[i].Flags&net.FlagPointToPoint != 0 || len(all[i].HardwareAddr) == 0 {
			continue
		}
		addrs, err := all[i].Addrs()
		if err != nil {
			continue // it is gone
		}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				l.prefixes = append(l.prefixes, p.Masked())
			}
		}
		for _, family := range []string{"ipv4", "ipv6"} {
			neigh := family + "/neigh/" + all[i].Name + "/"
			pause := time.Duration(sysctl(neigh+"retrans_time_ms", uint64(neighbourPause/time.Millisecond))) * time.Millisecond
			l.unresolved.Wait = max(l.unresolved.Wait, time.Duration(sysctl(neigh+"mcast_solicit", neighbourTries))*pause+pause/8)
		}
	}
	return l
}

// contains reports whether an address is on a link.
func (l *link) contains(a netip.Addr) bool {
	return slices.ContainsFunc(l.prefixes, func(p netip.Prefix) bool { return p.Contains(a.WithZone("")) })
}

// onOneLink reports whether two addresses that differ in nothing but their zones are one.
// Without a zone the interface of the scan has told the link already.
func onOneLink(a, b netip.Addr) bool {
	return a.Zone() == b.Zone() || a.Zone() == "" || b.Zone() == "" || scopeOf(a.Zone()) == scopeOf(b.Zone())
}

// sysctl is a number below /proc/sys/net, or missing if it cannot be read.
func sysctl(name string, missing uint64) uint64 {
	text, err := os.ReadFile("/proc/sys/net/" + name)
	if err != nil {
		return missing
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 20)
	if err != nil {
		return missing
	}
	return n
}
