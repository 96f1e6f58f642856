package report

import (
	"testing"

	"porthole/internal/record"
)

func TestExposureText(t *testing.T) {
	for _, test := range []struct {
		reach *record.Reach
		want  string
	}{
		{nil, "all"},
		{&record.Reach{Verdict: record.ReachAccept}, "all"},
		{&record.Reach{Verdict: record.ReachDrop, Rule: "inet filter input: policy drop"}, "all, firewalled"},
		{&record.Reach{Verdict: record.ReachReject, Rule: "ip filter INPUT handle 4: reject"}, "all, firewalled"},
		{&record.Reach{Verdict: record.ReachDrop, Why: "no interface is up but loopback"}, "all, unreachable"},
		{&record.Reach{Verdict: record.ReachPartly, From: []string{"10.0.0.0/8"}}, "all, from 10.0.0.0/8"},
		{&record.Reach{Verdict: record.ReachPartly, From: []string{"10.0.0.0/8", "192.0.2.1/32"}, Interfaces: []string{"eth0"}}, "all, from 10.0.0.0/8 +1 by eth0"},
		{&record.Reach{Verdict: record.ReachPartly, Except: []string{"10.0.0.0/8"}}, "all, not from 10.0.0.0/8"},
		{&record.Reach{Verdict: record.ReachPartly, To: []string{"198.18.0.1"}}, "all, to 198.18.0.1"},
		{&record.Reach{Verdict: record.ReachPartly}, "all, partly"},
		{&record.Reach{Verdict: record.ReachPartly, Except: []string{"10.0.0.0/8", "192.0.2.1/32"}, More: 7}, "all, not from 10.0.0.0/8 +8"},
		{&record.Reach{Verdict: record.ReachPartly, From: []string{"::/0"}, To: []string{"2001:db8::1"}}, "all, IPv6 only to 2001:db8::1"},
		{&record.Reach{Verdict: record.ReachUnknown, Why: "a queue to a program"}, "all?"},
		{&record.Reach{Verdict: record.ReachUnknown, Unread: true}, "all"},
	} {
		if got := exposureText(&record.Record{Exposure: "all", Reach: test.reach}); got != test.want {
			t.Errorf("%+v: %q, want %q", test.reach, got, test.want)
		}
	}
}

// TestReachSome: of a verdict that no words describe nothing is said beside it.
func TestReachSome(t *testing.T) {
	for want, reach := range map[string]*record.Reach{
		"":                nil,
		"from 10.0.0.0/8": {Verdict: record.ReachPartly, From: []string{"10.0.0.0/8"}},
	} {
		if got := reachSome(&record.Record{Reach: reach}); got != want {
			t.Errorf("%+v: %q, want %q", reach, got, want)
		}
	}
	if got := reachSome(&record.Record{Reach: &record.Reach{Verdict: record.ReachPartly}}); got != "" {
		t.Errorf("partly: %q", got)
	}
}
