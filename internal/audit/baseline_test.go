package audit

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"porthole/internal/record"
)

func redisFindings(change ...func(*record.Record)) []record.Record {
	return Machine{Sockets: []record.Record{with(6379, "redis", "/usr/bin/redis-server", "redis", change...)}}.Audit()
}

// withoutKnown returns the findings that a baseline does not have.
func withoutKnown(t *testing.T, findings, baseline []record.Record) []record.Record {
	t.Helper()
	var b Baseline
	for i := range baseline {
		if err := b.Add(&baseline[i]); err != nil {
			t.Fatal(err)
		}
	}
	return b.Without(findings)
}

func TestWithoutKnown(t *testing.T) {
	before := redisFindings()
	restarted := redisFindings(func(r *record.Record) { (*r.Processes)[0].PID = 7; r.Inode = 99 })
	if fresh := withoutKnown(t, restarted, before); len(before) != 1 || len(fresh) != 0 {
		t.Errorf("after a restart %d of %d findings are new", len(fresh), len(before))
	}
	if fresh := withoutKnown(t, redisFindings(at("::", "all")), before); len(fresh) != 1 {
		t.Errorf("a wider bind is not new: %v", fresh)
	}
	program := func(port uint16) []record.Record {
		return Machine{Sockets: []record.Record{with(port, "", "/tmp/x", "me")}}.Audit()
	}
	if fresh := withoutKnown(t, program(4445), program(4444)); len(fresh) != 0 {
		t.Errorf("a program is another on its other port: %v", fresh)
	}
	if fresh := withoutKnown(t, before, nil); len(fresh) != 1 {
		t.Errorf("nothing is new to no baseline: %v", fresh)
	}
}

// TestWithoutKnownSaved checks that the fingerprints of a baseline do not matter: those of
// another version, and one that was made to match. It also checks that a name that
// is not UTF-8 is recognised.
func TestWithoutKnownSaved(t *testing.T) {
	strange := func(r *record.Record) { (*r.Processes)[0].Exe = "/opt/\xff\xfe/redis" }
	findings := redisFindings(strange)
	text, err := json.Marshal(findings)
	if err != nil {
		t.Fatal(err)
	}
	var saved []record.Record
	if err := json.Unmarshal(text, &saved); err != nil {
		t.Fatal(err)
	}
	saved[0].Fingerprint = "of an earlier version"
	if fresh := withoutKnown(t, findings, saved); len(fresh) != 0 {
		t.Errorf("saved findings are new: %+v", fresh)
	}
	forged := redisFindings(at("::", "all"))
	saved[0].Fingerprint = forged[0].Fingerprint
	if fresh := withoutKnown(t, forged, saved); len(fresh) != 1 {
		t.Error("a fingerprint alone makes a finding known")
	}
}

func TestReadAllow(t *testing.T) {
	list, err := ReadAllow(strings.NewReader("# ours\n\n internal-exposed  tcp/6379  2027-01-31  replication  to B\n* tcp/[::1]:80 forever a test\n"), time.UTC)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	want := Allowance{Line: 3, Rule: "internal-exposed", Where: "tcp/6379", Until: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC), Reason: "replication to B"}
	if list[0] != want || !list[1].Until.IsZero() {
		t.Errorf("%+v", list)
	}
	for text, word := range map[string]string{
		"internal-exposed tcp/6379 2027-01-31":     "line 1: want RULE PLACE DATE REASON",
		"\ninternal tcp/6379 2027-01-31 why":       `line 2: no rule "internal"`,
		"internal-exposed tcp/6379 31.1.2027 why":  "bad last day",
		"internal-exposed tcp/6379\\ 2027-01-31 x": "bad place",
		"internal-exposed tcp/63790 2027-13-31 x":  "bad last day",
		"internal-exposed tcp/65536 2027-01-31 x":  "bad place",
		"internal-exposed 6379 2027-01-31 x":       "bad place",
		"internal-exposed tcp/redis 2027-01-31 x":  "bad place",
		"internal-exposed tcp/::1:80 2027-01-31 x": "bad place",
		"internal-exposed tcp/host:80 forever x":   "bad place",
	} {
		if _, err := ReadAllow(strings.NewReader(text), time.UTC); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%q: %v, want %s", text, err, word)
		}
	}
}

func TestAllow(t *testing.T) {
	last := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		rule, where   string
		now           time.Time
		left, expired int
	}{
		{"internal-exposed", "tcp/6379", last, 0, 0},
		{"internal-exposed", "tcp/6379", last.Add(23 * time.Hour), 0, 0},
		{"internal-exposed", "tcp/6379", last.Add(24 * time.Hour), 1, 1},
		{"internal-exposed", "tcp/0.0.0.0:6379", last, 0, 0},
		{"internal-exposed", "tcp/*:6379", last, 0, 0},
		{"*", "*", last, 0, 0},
		{"internal-exposed", "udp/6379", last, 1, 0},
		{"internal-exposed", "tcp/127.0.0.1:6379", last, 1, 0},
		{"exe-deleted", "tcp/6379", last, 1, 0},
	} {
		left, expired := WithoutAllowed(redisFindings(), []Allowance{{Rule: test.rule, Where: test.where, Until: last}}, test.now)
		if len(left) != test.left || len(expired) != test.expired {
			t.Errorf("%+v: %d left, %d expired", test, len(left), len(expired))
		}
	}
	six := redisFindings(at("::", "all"))
	if left, _ := WithoutAllowed(six, []Allowance{{Rule: "*", Where: "tcp/[::]:6379"}}, last); len(left) != 0 {
		t.Errorf("the brackets of an address are read as a class: %v", left)
	}
}

// FuzzReadAllow checks that no file makes it panic, and that every line it accepts
// has a reason.
func FuzzReadAllow(f *testing.F) {
	f.Add("internal-exposed tcp/6379 2027-01-31 why\n# no\n")
	f.Add("* tcp/[::1]:* forever [")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ReadAllow(strings.NewReader(text), time.UTC)
		for _, a := range list {
			if err == nil && a.Reason == "" {
				t.Errorf("%+v has no reason", a)
			}
		}
		WithoutAllowed(redisFindings(), list, time.Now())
	})
}
