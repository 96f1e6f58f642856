package audit

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"porthole/internal/record"
)

// Firewall is rules of this machine's firewall that deserve a look.
type Firewall struct {
	Idle     []FirewallRule // they let connections in to ports that nobody waits on
	Shadowed []FirewallRule // others before them decide about all that they ask for
}

// FirewallRule is a rule of a firewall.
type FirewallRule struct {
	Label  record.Record // of its first port, with what the number says; port 0 if it is about all
	Text   string        // with its place
	Stable string        // the same without what differs after the rules were loaded again
	Ports  string        // in words
	By     []string      // of a shadowed rule: what decides before it
}

func (r FirewallRule) match(v *view, evidence string) match {
	about := r.Label
	about.NetNS = v.NetNS
	return match{record: about, evidence: evidence, firewallRule: r.Stable}
}

func firewallIdle(v *view) (matches []match) {
	for _, r := range v.Firewall.Idle {
		matches = append(matches, r.match(v, fmt.Sprintf("%s lets connections in to %s, and nobody waits there for other machines", r.Text, r.Ports)))
	}
	return matches
}

func firewallShadowed(v *view) (matches []match) {
	for _, r := range v.Firewall.Shadowed {
		matches = append(matches, r.match(v, fmt.Sprintf("no connection comes to %s, since this decides before: %s", r.Text, sumUp(r.By))))
	}
	return matches
}

// firewallBypassed looks for published ports that the rules for the machine's own
// ports would close. A port with a proxy on the host is told of once.
func firewallBypassed(v *view) (matches []match) {
	for _, r := range v.waiting {
		closed := r.Reach != nil && (r.Reach.Input == record.ReachDrop || r.Reach.Input == record.ReachReject)
		if !closed || r.Reach.Nobody() || !r.Reach.Known() || v.proxied(r) {
			continue
		}
		at := r.Endpoint()
		if len(r.PublishedAt) > 0 {
			at = strings.Join(r.PublishedAt, ", ")
		}
		whom := "everyone"
		if r.Reach.Verdict == record.ReachPartly {
			whom = r.Reach.Whom()
		}
		to := "another address"
		if r.Published != "" || len(r.PublishedAt) > 0 {
			to = "a container"
		}
		evidence := fmt.Sprintf("the rules for this machine's own ports would %s what comes to %s; but that is led to %s before it meets them, and %s gets through", r.Reach.Input, at, to, whom)
		if r.Reach.Rule != "" {
			evidence += ": " + r.Reach.Rule
		}
		matches = append(matches, match{record: r, evidence: evidence})
	}
	return matches
}

// proxied reports whether a socket in this network namespace stands for the published
// port of one in another.
func (v *view) proxied(r record.Record) bool {
	if len(r.PublishedAt) == 0 || r.InNetNS(v.NetNS) {
		return false
	}
	for _, text := range r.PublishedAt {
		at, err := netip.ParseAddrPort(text)
		here := func(other record.Record) bool { return other.Published != "" && other.InNetNS(v.NetNS) }
		if err == nil && slices.ContainsFunc(v.byPort[portKey{r.Proto, at.Port()}], here) {
			return true
		}
	}
	return false
}

// firewallIPv6 looks for ports that the firewall closes for IPv4 and not for IPv6: of
// one socket that takes both, or of two that share a port.
func firewallIPv6(v *view) (matches []match) {
	for _, r := range v.waiting {
		if r.Reach == nil || r.Exposure == "loopback" {
			continue
		}
		if isNobody(r.Reach.IPv4) && isSomebody(r.Reach.IPv6) {
			matches = append(matches, match{record: r, evidence: fmt.Sprintf("%s takes IPv4 and IPv6: of IPv4 the firewall lets nobody through, of IPv6 %s: %s", r.Endpoint(), ipv6Whom(r.Reach), r.Reach.Rule)})
			continue
		}
		if r.Addr != "::" || r.Reach.IPv6 != "" || r.Reach.Nobody() || !r.Reach.Known() {
			continue
		}
		for _, other := range v.byPort[keyOf(r)] {
			if other.Addr == "0.0.0.0" && other.NetNS == r.NetNS && other.Reach.Nobody() {
				matches = append(matches, match{record: r, evidence: fmt.Sprintf("%s of %s is closed: %s; %s of %s is not: %s",
					other.Endpoint(), holder(other), other.Reach.Rule, r.Endpoint(), holder(r), r.Reach.Rule)})
				break
			}
		}
	}
	return matches
}

func ipv6Whom(r *record.Reach) string {
	if r.IPv6 == record.ReachAccept {
		return "everyone"
	}
	return r.Whom()
}

func isNobody(verdict string) bool {
	return verdict == record.ReachDrop || verdict == record.ReachReject
}

func isSomebody(verdict string) bool {
	return verdict == record.ReachAccept || verdict == record.ReachPartly
}

// reachDiffers looks for listeners that a scan saw otherwise than the rules say. What
// comes from this machine itself does not come from outside: that it is let in
// proves nothing. A listener whose accept queue is full is silent past any firewall.
func reachDiffers(v *view) (matches []match) {
	if v.Scan == nil {
		return nil
	}
	for _, r := range v.waiting {
		if r.Exposure == "loopback" || !r.InNetNS(v.NetNS) || !r.Reach.Known() {
			continue
		}
		open, _, shut := v.Scan.measured(r)
		var evidence string
		switch {
		case len(open) > 0 && r.Reach.Nobody() && !v.Scan.Inside:
			evidence = fmt.Sprintf("to the scan %s, but by the rules nobody gets through: %s", sumUp(open), r.Reach.Rule)
		case len(open) == 0 && len(shut) > 0 && r.Reach.Verdict == record.ReachAccept && !queueIsFull(r):
			evidence = fmt.Sprintf("to the scan %s, but by the rules everyone gets through", sumUp(shut))
			if r.Reach.Rule != "" {
				evidence += ": " + r.Reach.Rule
			}
		default:
			continue
		}
		matches = append(matches, match{record: r, evidence: evidence})
	}
	return matches
}

// verdictText sets what the rules say beside what was measured; "" where it is not
// known.
func verdictText(r record.Record) string {
	switch {
	case !r.Reach.Known():
		return ""
	case r.Reach.Nobody():
		return "; the rules say the same: " + r.Reach.Rule
	case r.Reach.Verdict == record.ReachPartly:
		return "; the rules let through " + r.Reach.Whom()
	default:
		return "; the rules let everyone through"
	}
}
