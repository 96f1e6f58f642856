package explain

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/record"
)

// outsideNetwork has nginx on port 80 with what the firewall makes of it, and of the
// port on every address.
func outsideNetwork(exposure string, past *record.Reach, port *record.Outside) Machine {
	w := machineOf(socket("0.0.0.0", 80, exposure, nginx(), func(r *record.Record) { r.Reach = past }))
	w.Bind = func(string, uint16, bool) *record.Bind { return tried(record.BindInUse) }
	w.Outside = func(proto string, number uint16, netns uint64) *record.Outside {
		if proto != "tcp" || number != 80 || netns != 1 {
			return nil
		}
		return port
	}
	return w
}

// rows are those of a card with one of the labels.
func rows(x *record.Explanation, labels ...string) string {
	var out []string
	for _, row := range x.Card {
		for _, label := range labels {
			if row.Label == label {
				out = append(out, label+": "+strings.Join(row.Lines, " / "))
			}
		}
	}
	return strings.Join(out, "\n")
}

func TestOutside(t *testing.T) {
	const policy = "inet filter input: policy drop"
	const rule = "inet filter input handle 7: ip saddr 10.0.0.0/8 tcp dport 80 accept"
	outside := func(r record.Reach) *record.Outside {
		return &record.Outside{Reach: &r, Accepted: []string{"22 from everywhere", "443 from 10.0.0.0/8"}, Opener: "nft add rule inet filter input tcp dport 80 accept"}
	}
	for name, test := range map[string]struct {
		reach  record.Reach
		status string
		card   string
		says   []string
	}{
		"dropped": {record.Reach{Verdict: "drop", Rule: policy}, "closed by the firewall", `
reach: every IPv4 address (0.0.0.0): any host with a route, but nobody gets through: table inet filter, chain input, policy drop
firewall: accepted: 22 from everywhere; 443 from 10.0.0.0/8 / to open it: nft add rule inet filter input tcp dport 80 accept`,
			[]string{
				"From outside it is dropped: table inet filter, chain input, policy drop; no rule accepts tcp 80.",
				"Accepted are 22 from everywhere, 443 from 10.0.0.0/8.",
				"It would be opened by: nft add rule inet filter input tcp dport 80 accept (porthole does not run it).",
			}},
		"some": {record.Reach{Verdict: "partly", From: []string{"10.0.0.0/8"}, Interfaces: []string{"eth0"}, Rule: rule}, "open to some", `
reach: every IPv4 address (0.0.0.0): any host with a route, but the firewall lets through only 10.0.0.0/8 by eth0: ` + rule + `
firewall: accepted: 22 from everywhere; 443 from 10.0.0.0/8 / to open it: nft add rule inet filter input tcp dport 80 accept`,
			[]string{
				"From outside it is open to some: " + rule + ".",
				"Accepted are 22 from everywhere, 443 from 10.0.0.0/8.",
				"It would be opened by: nft add rule inet filter input tcp dport 80 accept (porthole does not run it).",
			}},
		"unreachable": {record.Reach{Verdict: "drop", Why: "no interface is up but loopback"}, "nobody gets through", `
reach: every IPv4 address (0.0.0.0): any host with a route, but nobody gets through: no interface is up but loopback`,
			[]string{"Nobody gets through: no interface is up but loopback.", "It would be opened by: nft add rule inet filter input tcp dport 80 accept (porthole does not run it)."}},
		"unknown": {record.Reach{Verdict: "unknown", Why: "a queue to a program"}, "open to the network", `
reach: every IPv4 address (0.0.0.0): any host with a route, as far as the firewall lets it through, which cannot be told: a queue to a program
firewall: to open it: nft add rule inet filter input tcp dport 80 accept`,
			[]string{"Who gets through cannot be told: a queue to a program.", "It would be opened by: nft add rule inet filter input tcp dport 80 accept (porthole does not run it)."}},
	} {
		x := outsideNetwork("all", &test.reach, outside(test.reach)).Explain(label(80, "http"), own())
		if x.Status != test.status {
			t.Errorf("%s: the answer is %q, want %q", name, x.Status, test.status)
		}
		if diff := cmp.Diff(strings.TrimSpace(test.card), rows(x.Explanation, "reach", "firewall")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		var says []string
		for _, s := range x.Says {
			if strings.HasPrefix(s, "From outside") || strings.HasPrefix(s, "Accepted") || strings.HasPrefix(s, "It would") || strings.Contains(s, "gets through") && !strings.HasPrefix(s, "Bound to") {
				says = append(says, s)
			}
		}
		if diff := cmp.Diff(test.says, says); diff != "" {
			t.Errorf("%s says (-want +got):\n%s", name, diff)
		}
		if x.Reach.Verdict != test.reach.Verdict || len(x.Accepted) != 2 || x.Opener == "" {
			t.Errorf("%s: the record has %+v, %q, %q", name, x.Reach, x.Accepted, x.Opener)
		}
	}
}

// TestOutsideFree tells what the firewall would do with a server that is not there,
// and why it may not be known.
func TestOutsideFree(t *testing.T) {
	for want, reach := range map[string]record.Reach{
		"firewall: drops it: inet filter input handle 9: tcp dport 80 drop / accepted: nothing":                       {Verdict: "drop", Rule: "inet filter input handle 9: tcp dport 80 drop"},
		"firewall: rejects it: table ip filter, chain INPUT, policy drop; no rule accepts tcp 80 / accepted: nothing": {Verdict: "reject", Rule: "ip filter INPUT: policy drop"},
		"firewall: lets everyone through: ip filter INPUT handle 2: -p tcp --dport 80 -j ACCEPT":                      {Verdict: "accept", Rule: "ip filter INPUT handle 2: -p tcp --dport 80 -j ACCEPT"},
		"firewall: who gets through cannot be told: the rules are secret":                                             {Verdict: "unknown", Why: "the rules are secret", Unread: true},
		"": {Verdict: "accept"},
	} {
		w := machineOf()
		w.Bind = func(string, uint16, bool) *record.Bind { return tried(record.BindFree) }
		w.Outside = func(string, uint16, uint64) *record.Outside { return &record.Outside{Reach: &reach} }
		if got := rows(w.Explain(label(80, "http"), own()).Explanation, "firewall"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestOutsideNotMeant checks that a card says nothing of the firewall where no
// connection from outside is meant for the port.
func TestOutsideNotMeant(t *testing.T) {
	drop := &record.Outside{Reach: &record.Reach{Verdict: "drop", Rule: "ip filter INPUT: policy drop"}}
	loopback := outsideNetwork("loopback", nil, drop)
	connection := machineOf(socket("127.0.0.1", 80, "", nginx(), in("established")))
	connection.Outside = loopback.Outside
	for name, w := range map[string]Machine{"loopback": loopback, "a connection": connection} {
		if got := rows(w.Explain(label(80, "http"), own()).Explanation, "firewall"); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := rows(outsideNetwork("all", nil, drop).Explain(label(80, "http"), own()).Explanation, "firewall"); got == "" {
		t.Error("nothing is said of a port that is open to all but for the firewall")
	}
}
