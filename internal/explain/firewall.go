package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"porthole/internal/record"
)

// outside is what the firewall does with connections to the port; nil if that was
// not asked, or on a system where it is not read.
func (pt port) outside() *record.Outside {
	if pt.Outside == nil || !pt.own && pt.namespace.NetNS == 0 { // which cannot be told apart
		return nil
	}
	return pt.Outside(pt.label.Proto, pt.label.Port, pt.namespace.NetNS)
}

// firewallLines says what the firewall does with connections to the port on every
// address, what it lets in besides, and what would open the port.
func (pt port) firewallLines(o *record.Outside) (out []string) {
	switch {
	case o == nil:
		return nil
	case o.Unread:
		return []string{"who gets through cannot be told: " + o.Why}
	case o.Verdict == record.ReachAccept && o.Rule == "" && o.Why == "" && len(o.Notes) == 0:
		return nil // there is no firewall to speak of
	case o.Nobody() && o.Rule == "":
		return []string{"nobody gets through: " + o.Why}
	}
	out = append(out, pt.outsideLine(o))
	if o.Verdict != record.ReachAccept && o.Known() {
		out = append(out, "accepted: "+cmp.Or(strings.Join(o.Accepted, "; "), "nothing"))
	}
	if o.Opener != "" {
		out = append(out, "to open it: "+o.Opener)
	}
	return append(out, o.Notes...)
}

// besideReach is firewallLines without what the row about reach says already. It is
// empty if the firewall keeps nobody from what is on the port: all that waits on it is
// for this machine only, or open to everyone, or connections of this machine have it.
func (pt port) besideReach(o *record.Outside) []string {
	closed := func(r record.Record) bool {
		return r.Exposure != "loopback" && (r.Reach == nil || r.Reach.Verdict != record.ReachAccept)
	}
	if len(pt.listeners)+len(pt.connections) > 0 && !slices.ContainsFunc(pt.listeners, closed) {
		return nil
	}
	lines := pt.firewallLines(o)
	for _, r := range pt.listeners {
		if len(lines) > 0 && r.Reach != nil && r.Reach.Rule == o.Rule && r.Reach.Why == o.Why {
			return lines[1:]
		}
	}
	return lines
}

// outsideSentences says the same in sentences.
func (pt port) outsideSentences(o *record.Outside) (out []string) {
	lines := pt.firewallLines(o)
	if len(lines) == 0 {
		return nil
	}
	verbs := map[string]string{
		record.ReachAccept: "From outside it is accepted", record.ReachDrop: "From outside it is dropped",
		record.ReachReject: "From outside it is rejected", record.ReachPartly: "From outside it is open to some",
	}
	if verb := verbs[o.Verdict]; verb != "" && (o.Rule != "" || !o.Nobody()) {
		_, reason, _ := strings.Cut(lines[0], ": ")
		out = append(out, verb+": "+reason+".")
	} else {
		out = append(out, upper(lines[0])+".")
	}
	if o.Known() && o.Verdict != record.ReachAccept && o.Rule != "" {
		out = append(out, "Accepted are "+cmp.Or(strings.Join(o.Accepted, ", "), "no ports")+".")
	}
	if o.Opener != "" {
		out = append(out, "It would be opened by: "+o.Opener+" (porthole does not run it).")
	}
	for _, note := range o.Notes {
		out = append(out, upper(note)+".")
	}
	return out
}

// outsideLine says what becomes of connections, and what decides that.
func (pt port) outsideLine(o *record.Outside) string {
	because := func(what string) string {
		if reason := cmp.Or(decision(o.Rule), o.Why); reason != "" {
			return what + ": " + reason
		}
		return what
	}
	switch o.Verdict {
	case record.ReachAccept:
		return because("lets everyone through")
	case record.ReachDrop, record.ReachReject:
		what := map[string]string{record.ReachDrop: "drops it", record.ReachReject: "rejects it"}[o.Verdict]
		if strings.Contains(o.Rule, ": policy ") {
			return fmt.Sprintf("%s; no rule accepts %s %d", because(what), pt.label.Proto, pt.label.Port)
		}
		return because(what)
	case record.ReachPartly:
		return because("lets " + o.Whom() + " through")
	default:
		return "who gets through cannot be told: " + o.Why
	}
}

// decision puts "inet filter input: policy drop" into words that say what is what;
// the text of a rule stays as it is.
func decision(rule string) string {
	place, policy, isPolicy := strings.Cut(rule, ": policy ")
	words := strings.Fields(place)
	if !isPolicy || len(words) != 3 || strings.Contains(policy, ";") {
		return rule
	}
	return fmt.Sprintf("table %s %s, chain %s, policy %s", words[0], words[1], words[2], policy)
}

// pastFirewall says who gets through to a socket, to follow who could by its
// address; "" where that is all there is to say.
func pastFirewall(r record.Record) string {
	who := r.Reach
	switch {
	case who == nil:
		return ", unless a firewall is in between"
	case who.Unread:
		return ", unless a firewall is in between (" + who.Why + ")"
	case who.Verdict == record.ReachUnknown:
		return ", as far as the firewall lets it through, which cannot be told: " + who.Why
	case who.Nobody():
		return ", but nobody gets through: " + cmp.Or(decision(who.Rule), who.Why)
	case who.Verdict == record.ReachPartly:
		return ", but the firewall lets through " + who.Whom() + ": " + decision(who.Rule)
	case who.Rule != "":
		return "; the firewall lets everyone through: " + who.Rule
	default:
		return "; no rule is in between"
	}
}
