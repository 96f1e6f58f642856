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
		var whom []string // in words
		addrs := make(map[string][]string)
		for _, r := range pt.listeners {
			if r.Exposure == exposure {
				words := pt.reachWords(r)
				whom = append(whom, words)
				addrs[words] = append(addrs[words], boundTo(r))
			}
		}
		for _, words := range unique(whom) {
			out = append(out, fmt.Sprintf("%s: %s", sumUp(unique(addrs[words])), words))
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

// reachWords says who reaches a socket, by its address and past the firewall.
func (pt port) reachWords(r record.Record) string {
	inner := !pt.own
	switch {
	case r.Exposure == "":
		return "who can reach it is not known"
	case r.Exposure == "loopback":
		return "this machine only"
	case inner && len(r.PublishedAt) > 0 && r.Reach != nil:
		return "whoever has a route into this network namespace, and at " + join(r.PublishedAt) + " any host with a route" + pastFirewall(r)
	case inner:
		return "whoever has a route into this network namespace" + pastKnownFirewall(r)
	case r.Exposure == "local":
		return "hosts on the local network" + pastKnownFirewall(r)
	default:
		return "any host with a route" + pastFirewall(r)
	}
}

// pastKnownFirewall is pastFirewall, and nothing where that is not known.
func pastKnownFirewall(r record.Record) string {
	if r.Reach == nil || r.Reach.Unread {
		return ""
	}
	return pastFirewall(r)
}

// reachStatus is the widest reach in a few words.
func (pt port) reachStatus() string {
	words := map[string]string{"all": "open to the network", "public": "open to the network", "local": "open to the local network", "loopback": "this machine only"}
	for _, exposure := range []string{"all", "public", "local", "loopback"} {
		var past []*record.Reach
		for _, r := range pt.listeners {
			if r.Exposure == exposure {
				past = append(past, r.Reach)
			}
		}
		all := func(is func(*record.Reach) bool) bool {
			return !slices.ContainsFunc(past, func(r *record.Reach) bool { return !is(r) })
		}
		switch {
		case len(past) == 0:
			continue
		case exposure == "loopback":
		case all(func(r *record.Reach) bool { return r.Nobody() && r.Rule != "" }):
			return "closed by the firewall"
		case all((*record.Reach).Nobody):
			return "nobody gets through"
		case all(func(r *record.Reach) bool { return r.Nobody() || r != nil && r.Verdict == record.ReachPartly }):
			return "open to some"
		case !pt.own:
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
