package explain

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"porthole/internal/record"
)

// reachLines says who can reach the sockets that wait on the port, by the addresses
// and devices that they are bound to, the widest first.
func (pt port) reachLines() (out []string) {
	for _, exposure := range []string{"all", "public", "local", "loopback", ""} {
		var addrs []string
		for _, r := range pt.listeners {
			if r.Exposure == exposure {
				addrs = append(addrs, boundTo(r))
			}
		}
		if len(addrs) > 0 {
			out = append(out, fmt.Sprintf("%s: %s", sumUp(unique(addrs)), pt.reachWords(exposure)))
		}
	}
	return out
}

// boundTo is what a socket is bound to, in words where it is everything.
func boundTo(r record.Record) string {
	v6only := r.V6Only != nil && *r.V6Only
	to := r.Addr
	switch {
	case r.Addr == "::" && !v6only:
		to = "every address (::)"
	case r.Addr == "::":
		to = "every IPv6 address (::)"
	case r.Addr == "0.0.0.0", r.Addr == "::ffff:0.0.0.0":
		to = "every IPv4 address (" + r.Addr + ")"
	}
	if r.Device != "" && !strings.HasSuffix(r.Addr, "%"+r.Device) {
		to += " by the device " + r.Device
	}
	return to
}

// reachWords says who reaches an address with this exposure.
func (pt port) reachWords(exposure string) string {
	switch {
	case exposure == "":
		return "who can reach it is not known"
	case exposure == "loopback":
		return "this machine only"
	case !pt.own && pt.place.NetNS != 0:
		return "whoever has a route into this network namespace"
	case exposure == "local":
		return "hosts on the local network"
	default:
		return "any host with a route, unless a firewall is in between"
	}
}

// reachStatus is the widest reach in a few words.
func (pt port) reachStatus() string {
	words := map[string]string{"all": "open to the network", "public": "open to the network", "local": "open to the local network", "loopback": "this machine only"}
	for _, exposure := range []string{"all", "public", "local", "loopback"} {
		if !slices.ContainsFunc(pt.listeners, func(r record.Record) bool { return r.Exposure == exposure }) {
			continue
		}
		if exposure != "loopback" && !pt.own && pt.place.NetNS != 0 {
			return "open to its own network"
		}
		return words[exposure]
	}
	return "reach not known"
}

// sumUp names a few addresses, and counts the others.
func sumUp(addrs []string) string {
	const few = 3
	if len(addrs) <= few+1 {
		return join(addrs)
	}
	return fmt.Sprintf("%d addresses, among them %s", len(addrs), join(addrs[:few]))
}

func unique(list []string) (out []string) {
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func joinHostPort(addr string, port uint16) string {
	return net.JoinHostPort(addr, strconv.Itoa(int(port)))
}
