package explain

import (
	"slices"
	"strings"
	"testing"

	"porthole/internal/record"
)

// TestNewBind checks the words for what was found by trying.
func TestNewBind(t *testing.T) {
	const free, used, denied, failed = record.BindFree, record.BindInUse, record.BindDenied, record.BindFailed
	wild := socket("0.0.0.0", 8000, "all", nginx())
	mapped := socket("::ffff:0.0.0.0", 8000, "all", nginx())
	six := socket("::", 8000, "all", nginx(), func(r *record.Record) { r.V6Only = new(true) })
	waits := socket("127.0.0.1", 8000, "loopback", nil, in("time-wait"))
	single := append(tries(true, used, used, free), record.BindTry{Addr: "192.0.2.1", ReuseAddr: true, Outcome: free})
	for _, test := range []struct {
		sockets []record.Record
		tries   []record.BindTry
		want    string
	}{
		{nil, tries(true, free, free, free), "free: every address"},
		{nil, tries(true, denied, denied, denied), "refused: this user may not bind it"},
		{nil, tries(true, failed, failed, failed), "failed: "},
		{[]record.Record{wild}, tries(true, used, used, free), "IPv4 refused by 0.0.0.0:8000, and so is :: with IPv4; IPv6 alone is free"},
		{[]record.Record{mapped}, tries(true, used, used, free), "IPv4 refused by [::ffff:0.0.0.0]:8000, and so is :: with IPv4; IPv6 alone is free"},
		{[]record.Record{six}, tries(true, free, used, used), "IPv6 refused by [::]:8000 (IPv6 only); IPv4 is free"},
		{[]record.Record{wild}, tries(true, used, used, failed), "refused by 0.0.0.0:8000: every address"},
		{[]record.Record{socket("127.0.0.1", 8000, "loopback", nginx())}, tries(true, used, used, failed), "refused by 127.0.0.1:8000: every address that was tried"},
		{[]record.Record{socket("127.0.0.1", 8000, "loopback", nginx())}, tries(true, used, used, free), "refused by 127.0.0.1:8000: 0.0.0.0, :: with IPv4 and 127.0.0.1; free: :: (IPv6 only) and ::1"},
		{[]record.Record{socket("127.0.0.1", 8000, "loopback", nginx())}, single, "refused by 127.0.0.1:8000: 0.0.0.0, :: with IPv4 and 127.0.0.1; free: :: (IPv6 only), ::1 and 192.0.2.1"},
		{[]record.Record{waits}, slices.Concat(tries(true, free, free, free), tries(false, used, used, free)), "free: every address|without SO_REUSEADDR also refused: 0.0.0.0, :: with IPv4 and 127.0.0.1"},
	} {
		w := machineOf(test.sockets...)
		w.Bind = func(string, uint16, bool) *record.Bind {
			return &record.Bind{Outcome: test.tries[0].Outcome, Tries: test.tries}
		}
		r := w.Explain(label(8000, "x"), own())
		i := slices.IndexFunc(r.Card, func(row record.CardRow) bool { return row.Label == "new bind" })
		if got := strings.Join(r.Card[i].Lines, "|"); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

// TestOutcomes checks the answer about a port that nobody waits on.
func TestOutcomes(t *testing.T) {
	for outcome, want := range map[string]string{
		record.BindFree: "free", record.BindInUse: "in use", record.BindDenied: "not held, but this user may not bind it", record.BindFailed: "cannot be bound",
	} {
		w := machineOf()
		w.Bind = func(string, uint16, bool) *record.Bind { return tried(outcome) }
		if r := w.Explain(label(8080, ""), own()); r.Status != want || r.Bind.Outcome != outcome {
			t.Errorf("%s: %q", outcome, r.Status)
		}
	}
}
