package explain

import (
	"fmt"
	"slices"
	"strings"

	"porthole/internal/record"
	"porthole/internal/sentence"
)

// newBindLines says what a new server would meet, as it was found by trying.
func (pt port) newBindLines(x *record.Explanation) (out []string) {
	if x.Bind == nil {
		return []string{"not tried: it is another network namespace"}
	}
	if len(x.Bind.Tries) == 0 {
		return []string{x.Bind.Outcome}
	}
	usual := triesWith(x.Bind.Tries, x.Bind.Tries[0].ReuseAddr)
	out = append(out, pt.found(usual))
	if strict := triesWith(x.Bind.Tries, !x.Bind.Tries[0].ReuseAddr); len(strict) > 0 {
		if refused := onlyIn(addrs(strict, record.BindInUse), addrs(usual, record.BindInUse)); len(refused) > 0 {
			out = append(out, "without SO_REUSEADDR also refused: "+join(refused))
		}
	}
	if needs := pt.lowPortNeeds(); needs != "" && len(pt.listeners) == 0 && x.Bind.Outcome != record.BindDenied {
		out = append(out, "a low port: "+needs)
	}
	return out
}

// found sums up tries that were made in one way.
func (pt port) found(tries []record.BindTry) string {
	free, refused := addrs(tries, record.BindFree), addrs(tries, record.BindInUse)
	denied := addrs(tries, record.BindDenied)
	switch {
	case len(refused) == 0 && len(free) == 0 && len(denied) > 0:
		return "refused: " + pt.deniedBecause()
	case len(refused) == 0 && len(denied) > 0:
		return fmt.Sprintf("free: %s; refused: %s: %s", join(free), join(denied), pt.deniedBecause())
	case len(refused) == 0 && len(free) == 0:
		return "failed: " + tries[0].Error
	case len(refused) == 0:
		return "free: every address"
	}
	by := ""
	if blockers := pt.blockers(); blockers != "" {
		by = " by " + blockers
	}
	switch v4, v6 := family(tries, true), family(tries, false); {
	case len(free) == 0 && pt.blockedByWildcard():
		return "refused" + by + ": every address"
	case len(free) == 0:
		return "refused" + by + ": every address that was tried"
	case v4 == record.BindInUse && v6 == record.BindFree && pt.blockedByWildcard():
		return "IPv4 refused" + by + ", and so is :: with IPv4; IPv6 alone is free"
	case v4 == record.BindFree && v6 == record.BindInUse && pt.blockedByWildcard():
		return "IPv6 refused" + by + "; IPv4 is free"
	}
	return fmt.Sprintf("refused%s: %s; free: %s", by, join(refused), join(free))
}

// family is the outcome of all addresses of one family, "" if they differ. The
// address [::] with IPv4 is of both, and left out.
func family(tries []record.BindTry, v4 bool) (outcome string) {
	for _, t := range tries {
		if t.Addr == "::" && !t.V6Only || strings.Contains(t.Addr, ":") == v4 {
			continue
		}
		if outcome != "" && t.Outcome != outcome {
			return ""
		}
		outcome = t.Outcome
	}
	return outcome
}

// blockedByWildcard reports whether a socket on the port is bound to every address of
// a family. One that is bound to a single address leaves others free, also those that
// were not tried.
func (pt port) blockedByWildcard() bool {
	return slices.ContainsFunc(slices.Concat(pt.listeners, pt.connections), func(r record.Record) bool {
		return r.Addr == "0.0.0.0" || r.Addr == "::" || r.Addr == "::ffff:0.0.0.0"
	})
}

// blockers names what waits on the port, or has it, in this network namespace.
func (pt port) blockers() string {
	var list []string
	for _, r := range slices.Concat(pt.listeners, pt.connections) {
		if r.State == "time-wait" || len(pt.listeners) > 0 && !r.Waits() {
			continue
		}
		at := joinHostPort(r.Addr, r.Port)
		if r.V6Only != nil && *r.V6Only && r.Addr == "::" {
			at += " (IPv6 only)"
		}
		list = append(list, at)
	}
	return sumUp(unique(list))
}

func triesWith(tries []record.BindTry, reuse bool) (out []record.BindTry) {
	for _, t := range tries {
		if t.ReuseAddr == reuse {
			out = append(out, t)
		}
	}
	return out
}

// addrs names the addresses with an outcome.
func addrs(tries []record.BindTry, outcome string) (out []string) {
	for _, t := range tries {
		if t.Outcome != outcome {
			continue
		}
		switch {
		case t.Addr == "::" && t.V6Only:
			out = append(out, ":: (IPv6 only)")
		case t.Addr == "::":
			out = append(out, ":: with IPv4")
		default:
			out = append(out, t.Addr)
		}
	}
	return out
}

func onlyIn(list, other []string) (out []string) {
	for _, s := range list {
		if !slices.Contains(other, s) {
			out = append(out, s)
		}
	}
	return out
}

// meets says in sentences what a new server in this network namespace has to reckon
// with.
func (pt port) meets(b *record.Bind) (out []string) {
	for _, reuse := range []bool{true, false} {
		tries := triesWith(b.Tries, reuse)
		if len(tries) == 0 {
			continue
		}
		with := "without"
		if reuse {
			with = "with"
		}
		out = append(out, fmt.Sprintf("Tried %s SO_REUSEADDR: %s.", with, pt.found(tries)))
	}
	if pt.label.Proto == "udp" && len(pt.listeners) > 0 && len(triesWith(b.Tries, true)) == 0 {
		out = append(out, "It was not tried with SO_REUSEADDR, since that could take datagrams from the holder.")
	}
	out = append(out, pt.groups()...)
	out = append(out, pt.connectionsLeft()...)
	return append(out, pt.rules()...)
}

func (pt port) groups() (out []string) {
	groups := make(map[uint64]int)
	for _, r := range pt.listeners {
		if r.ReuseportGroup != 0 {
			groups[r.ReuseportGroup]++
		}
	}
	for _, n := range groups {
		out = append(out, fmt.Sprintf("%d sockets share an address of it by SO_REUSEPORT: another socket of the same user may join them if it sets that option, too.", n))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// connectionsLeft tells of the other sockets with this local port.
func (pt port) connectionsLeft() (out []string) {
	var timeWait, inactive, live int
	for _, r := range pt.connections {
		switch {
		case r.State == "time-wait":
			timeWait++
		case notListening(r):
			inactive++
		default:
			live++
		}
	}
	if timeWait > 0 {
		out = append(out, fmt.Sprintf("%s in TIME_WAIT, for a minute at most.", sentence.Count(timeWait, "connection is", "connections are")))
	}
	if inactive > 0 {
		out = append(out, fmt.Sprintf("%s bound to it, but not listening.", sentence.Count(inactive, "socket is", "sockets are")))
	}
	if live > 0 && len(pt.listeners) == 0 {
		out = append(out, fmt.Sprintf("%s it as the local port.", sentence.Count(live, "connection has", "connections have")))
	}
	return out
}

// lowPortLine says by what right the holders have a low port.
func (pt port) lowPortLine() string {
	words := map[string]string{
		"root": "root", "capability": "CAP_NET_BIND_SERVICE", "unprivileged-port": "ip_unprivileged_port_start permits every user",
		"user-namespace": "CAP_NET_BIND_SERVICE in the user namespace that owns its network", "inherited": "handed down, or bound before the right was dropped",
		"wildcard-address": "macOS lets every user bind it on every address", "port-acl": "a rule of mac_portacl",
	}
	var parts []string
	for _, h := range pt.holders() {
		why := words[h.BindRight]
		if h.role != record.HoldsWaiting || why == "" {
			continue
		}
		if user := h.UserText(); user != "" && user != why {
			why = user + ": " + why
		}
		if !slices.Contains(parts, why) {
			parts = append(parts, why)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "allowed: " + strings.Join(parts, "; ")
}
