package audit

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"porthole/internal/record"
)

const policy = "inet filter input: policy drop"

// reached sets what the firewall makes of a socket.
func reached(r record.Reach) func(*record.Record) {
	return func(s *record.Record) { s.Reach = &r }
}

func inNetNS(netns uint64, publishedAt ...string) func(*record.Record) {
	return func(r *record.Record) { r.NetNS, r.PublishedAt = netns, publishedAt }
}

// found lists the findings of some rules, without those of others.
func found(m Machine, rules ...string) (out []string) {
	for _, f := range m.Audit() {
		if slices.Contains(rules, f.Rule) {
			out = append(out, f.Severity+" "+f.Endpoint()+" "+f.Rule+": "+f.Evidence)
		}
	}
	return out
}

// TestPastFirewall: how bad an exposed service is depends on who gets through.
func TestPastFirewall(t *testing.T) {
	for name, test := range map[string]struct {
		change   []func(*record.Record)
		severity string
		evidence string
	}{
		"not known":   {nil, "high", "it listens on every IPv4 address (0.0.0.0)"},
		"not read":    {[]func(*record.Record){reached(record.Reach{Verdict: "unknown", Why: "secret", Unread: true})}, "high", "it listens on every IPv4 address (0.0.0.0)"},
		"everyone":    {[]func(*record.Record){reached(record.Reach{Verdict: "accept", Rule: "a rule"})}, "high", "and the firewall lets everyone through: a rule"},
		"nobody":      {[]func(*record.Record){reached(record.Reach{Verdict: "drop", Rule: policy})}, "low", "but nobody gets through: " + policy},
		"neighbours":  {[]func(*record.Record){reached(record.Reach{Verdict: "partly", From: []string{"10.1.0.0/16", "192.168.1.7"}, Rule: "a rule"})}, "medium", "and the firewall lets through only 10.1.0.0/16, 192.168.1.7: a rule"},
		"others, too": {[]func(*record.Record){reached(record.Reach{Verdict: "partly", From: []string{"10.1.0.0/16", "192.0.2.0/24"}})}, "high", "only 10.1.0.0/16, 192.0.2.0/24"},
		"cannot tell": {[]func(*record.Record){reached(record.Reach{Verdict: "unknown", Why: "a queue to a program"})}, "high", "and whom the firewall lets through cannot be told: a queue to a program"},
		"a container": {[]func(*record.Record){inNetNS(2)}, "medium", "hosts on the local network can reach it"},
		"published":   {[]func(*record.Record){inNetNS(2, "0.0.0.0:6379"), reached(record.Reach{Verdict: "accept"})}, "high", "it listens on every IPv4 address"},
		"behind":      {[]func(*record.Record){inNetNS(2, "0.0.0.0:6379"), reached(record.Reach{Verdict: "drop", Rule: policy})}, "medium", "but nobody gets through"},
	} {
		m := Machine{NetNS: 1, Sockets: []record.Record{with(6379, "redis", "/usr/bin/redis-server", "redis", test.change...)}}
		got := found(m, "internal-exposed")
		if len(got) != 1 || !strings.HasPrefix(got[0], test.severity+" ") || !strings.Contains(got[0], test.evidence) {
			t.Errorf("%s: %q, want %s with %q", name, got, test.severity, test.evidence)
		}
	}
}

// TestFirewallRules tries the rules about the firewall, on what they are about and
// on what is next to it.
func TestFirewallRules(t *testing.T) {
	nginx := func(change ...func(*record.Record)) record.Record {
		return with(8080, "http-alt", "/usr/sbin/nginx", "root", change...)
	}
	open, closed := record.Reach{Verdict: "accept", Rule: "ip filter DOCKER handle 9: accept"}, record.Reach{Verdict: "drop", Rule: policy}
	bypassed := open
	bypassed.Input = "drop"
	proxied := func(r *record.Record) { r.Published = "172.17.0.2:80" }
	for name, test := range map[string]struct {
		sockets []record.Record
		rule    string
		want    string
	}{
		"past the input chain": {[]record.Record{nginx(reached(bypassed), proxied)}, "firewall-bypassed",
			"medium tcp/0.0.0.0:8080 firewall-bypassed: the rules for this machine's own ports would drop what comes to tcp/0.0.0.0:8080; but that is led to a container before it meets them, and everyone gets through: ip filter DOCKER handle 9: accept"},
		"a container's own socket": {[]record.Record{nginx(reached(bypassed), inNetNS(2, "0.0.0.0:80"))}, "firewall-bypassed",
			"medium tcp/0.0.0.0:8080 firewall-bypassed: the rules for this machine's own ports would drop what comes to 0.0.0.0:80; but that is led to a container before it meets them, and everyone gets through: ip filter DOCKER handle 9: accept"},
		"led to what is not known": {[]record.Record{nginx(reached(bypassed))}, "firewall-bypassed",
			"medium tcp/0.0.0.0:8080 firewall-bypassed: the rules for this machine's own ports would drop what comes to tcp/0.0.0.0:8080; but that is led to another address before it meets them, and everyone gets through: ip filter DOCKER handle 9: accept"},
		"open in both":  {[]record.Record{nginx(reached(open), proxied)}, "firewall-bypassed", ""},
		"closed anyway": {[]record.Record{nginx(reached(record.Reach{Verdict: "drop", Rule: policy, Input: "drop"}), proxied)}, "firewall-bypassed", ""},
		"one socket of both": {[]record.Record{nginx(at("::", "all"), reached(record.Reach{Verdict: "partly", From: []string{"::/0"}, IPv4: "drop", IPv6: "accept", Rule: "a rule"}))}, "firewall-ipv6",
			"medium tcp/[::]:8080 firewall-ipv6: tcp/[::]:8080 takes IPv4 and IPv6: of IPv4 the firewall lets nobody through, of IPv6 everyone: a rule"},
		"two sockets": {[]record.Record{nginx(reached(closed)), nginx(at("::", "all"), reached(open))}, "firewall-ipv6",
			"medium tcp/[::]:8080 firewall-ipv6: tcp/0.0.0.0:8080 of /usr/sbin/nginx as root is closed: " + policy + "; tcp/[::]:8080 of /usr/sbin/nginx as root is not: ip filter DOCKER handle 9: accept"},
		"both closed":   {[]record.Record{nginx(reached(closed)), nginx(at("::", "all"), reached(closed))}, "firewall-ipv6", ""},
		"IPv4 open":     {[]record.Record{nginx(at("::", "all"), reached(record.Reach{Verdict: "partly", IPv4: "accept", IPv6: "drop"}))}, "firewall-ipv6", ""},
		"IPv6 not told": {[]record.Record{nginx(reached(closed)), nginx(at("::", "all"), reached(record.Reach{Verdict: "unknown"}))}, "firewall-ipv6", ""},
	} {
		got := strings.Join(found(Machine{NetNS: 1, Sockets: test.sockets}, test.rule), "\n")
		if got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	// A proxy stands for the container behind it.
	both := Machine{NetNS: 1, Sockets: []record.Record{nginx(reached(bypassed), proxied), nginx(reached(bypassed), inNetNS(2, "0.0.0.0:8080"))}}
	if got := found(both, "firewall-bypassed"); len(got) != 1 {
		t.Errorf("told of twice: %q", got)
	}
}

// TestFirewallFindings: rules without effect are findings of their own, whichever
// handle they have.
func TestFirewallFindings(t *testing.T) {
	rule := func(handle, text string) FirewallRule {
		return FirewallRule{Label: record.Record{Proto: "tcp", Port: 8443, Class: "registered"}, Text: "inet filter input handle " + handle + ": " + text, Stable: "inet filter input: " + text, Ports: "8443 of tcp", By: []string{"inet filter input handle 2: drop"}}
	}
	findings := func(handle string) []record.Record {
		return Machine{NetNS: 1, Firewall: Firewall{Idle: []FirewallRule{rule(handle, "tcp dport 8443 accept")}, Shadowed: []FirewallRule{rule(handle, "tcp dport 8443 drop"), rule(handle, "tcp dport 8443 reject")}}}.Audit()
	}
	all := findings("7")
	if len(all) != 3 || all[0].Rule != "firewall-idle" || all[1].Rule != "firewall-shadowed" || all[0].Addr != "" || all[0].Port != 8443 || all[0].FirewallRule != "inet filter input: tcp dport 8443 accept" {
		t.Errorf("%+v", all)
	}
	if want := "no connection comes to inet filter input handle 7: tcp dport 8443 drop, since this decides before: inet filter input handle 2: drop"; len(all) == 3 && all[1].Evidence != want {
		t.Errorf("%q, want %q", all[1].Evidence, want)
	}
	if fresh := withoutKnown(t, findings("99"), all); len(fresh) != 0 {
		t.Errorf("after the rules were loaded again %d are new", len(fresh))
	}
	if fresh := withoutKnown(t, all, all[:2]); len(fresh) != 1 {
		t.Errorf("of another rule of the port %d are new, want 1", len(fresh))
	}
}

// TestReachDiffers sets what was measured beside what the rules say.
func TestReachDiffers(t *testing.T) {
	addr := netip.MustParseAddr("198.18.0.1")
	for name, test := range map[string]struct {
		state   string
		inside  bool
		reach   record.Reach
		differs string // part of the evidence; "" no finding
		blocked string // the same of reach-blocked
	}{
		"open as told":         {"open", false, record.Reach{Verdict: "accept"}, "", ""},
		"open, not closed":     {"open", false, record.Reach{Verdict: "drop", Rule: policy}, "198.18.0.1 is open (syn-ack), but by the rules nobody gets through: " + policy, ""},
		"open from inside":     {"open", true, record.Reach{Verdict: "drop", Rule: policy}, "", ""},
		"closed, not open":     {"filtered", false, record.Reach{Verdict: "accept", Rule: "a rule"}, "198.18.0.1 is filtered (syn-ack), but by the rules everyone gets through: a rule", "; the rules let everyone through"},
		"closed as told":       {"filtered", false, record.Reach{Verdict: "drop", Rule: policy}, "", "; the rules say the same: " + policy},
		"closed to some":       {"filtered", false, record.Reach{Verdict: "partly", From: []string{"10.0.0.0/8"}}, "", "; the rules let through only 10.0.0.0/8"},
		"closed, cannot tell":  {"filtered", false, record.Reach{Verdict: "unknown"}, "", "198.18.0.1 is filtered (syn-ack)"},
		"closed to the inside": {"closed", true, record.Reach{Verdict: "accept"}, "198.18.0.1 is closed (syn-ack), but by the rules everyone gets through", "; the rules let everyone through"},
	} {
		sockets := []record.Record{with(8443, "", "/usr/sbin/nginx", "root", reached(test.reach))}
		seen := NewScan([]netip.Addr{addr}, sockets)
		seen.Inside = test.inside
		if err := seen.Write(&record.Record{Proto: "tcp", Addr: addr.String(), Port: 8443, State: test.state, Reason: "syn-ack"}); err != nil {
			t.Fatal(err)
		}
		m := Machine{NetNS: 1, Sockets: sockets, Scan: seen}
		for rule, want := range map[string]string{"reach-differs": test.differs, "reach-blocked": test.blocked} {
			got := strings.Join(found(m, rule), " ")
			if want == "" && got != "" || want != "" && !strings.Contains(got, want) {
				t.Errorf("%s: %s: %q, want %q", name, rule, got, want)
			}
		}
	}
}

// TestReachQueueFull: a listener that drops connections itself is not said to differ from
// the rules, and its queue stands beside what blocks it.
func TestReachQueueFull(t *testing.T) {
	addr := netip.MustParseAddr("198.18.0.1")
	sockets := []record.Record{with(8443, "", "/usr/sbin/nginx", "root", queue(129, 128), reached(record.Reach{Verdict: "accept"}))}
	seen := NewScan([]netip.Addr{addr}, sockets)
	if err := seen.Write(&record.Record{Proto: "tcp", Addr: addr.String(), Port: 8443, State: "filtered", Reason: "no-response"}); err != nil {
		t.Fatal(err)
	}
	m := Machine{NetNS: 1, Sockets: sockets, Scan: seen}
	if got := found(m, "reach-differs"); len(got) > 0 {
		t.Errorf("%q", got)
	}
	if got := strings.Join(found(m, "reach-blocked"), " "); !strings.Contains(got, "; its accept queue is full, which drops connections, too") {
		t.Errorf("%q", got)
	}
}

// TestWithoutKnownWorse: a finding that got worse is no longer known.
func TestWithoutKnownWorse(t *testing.T) {
	of := func(verdict string) []record.Record {
		return redisFindings(reached(record.Reach{Verdict: verdict, Rule: policy}))
	}
	if fresh := withoutKnown(t, of("accept"), of("drop")); len(fresh) != 1 {
		t.Errorf("opened: %d are new", len(fresh))
	}
	if fresh := withoutKnown(t, of("drop"), of("accept")); len(fresh) != 0 {
		t.Errorf("closed: %d are new", len(fresh))
	}
	if fresh := withoutKnown(t, of("accept"), of("accept")); len(fresh) != 0 {
		t.Errorf("the same: %d are new", len(fresh))
	}
}
