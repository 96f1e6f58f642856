package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/record"
)

// diffRun has a change of a socket with every field, one of a verdict, and
// text that means harm.
func diffRun() run {
	sockets := wideRun().records
	owner, gone, opened := *sockets[len(sockets)-1], *sockets[0], *scanRun().records[2]
	owner.Change = &record.Change{What: record.ChangeOwner, Before: "/usr/sbin/telnetd as root", After: "/tmp/a|b <x> as root\x1b[31m"}
	gone.Change = &record.Change{What: record.ChangeClosed, Before: "ssh.service"}
	opened.Change = &record.Change{What: record.ChangeOpened, After: "open"}
	r := run{
		o: Options{Command: "diff", Kind: record.KindChange, Args: []string{"porthole", "diff", "old.json", "-"}, Start: start(), Version: "v0.1.0"},
		sum: record.Summary{Kind: "summary", Command: "diff", Complete: true, Elapsed: 3,
			DiffCounts: &record.DiffCounts{Old: 7, New: 7, Opened: 1, Closed: 1, Owner: 1}},
	}
	for _, change := range []*record.Record{&owner, &gone, &opened} {
		change.Kind = record.KindChange
		r.records = append(r.records, change)
	}
	return r
}

func TestMarkdown(t *testing.T) {
	got := diffRun().write(t, FormatMarkdown)
	lines := strings.Split(got, "\n")
	if lines[0] != "| change | host | proto | address | port | service | exposure | before | after |" || lines[1] != "| --- | --- | --- | --- | ---: | --- | --- | --- | --- |" {
		t.Errorf("head:\n%s", got)
	}
	want := `| owner |  | tcp | fe80::1%eth0 | 23 | telnet | local | /usr/sbin/telnetd as root | /tmp/a\|b &lt;x&gt; as root\\x1b\[31m |`
	if diff := cmp.Diff(want, lines[2]); diff != "" {
		t.Error(diff)
	}
	if empty := emptyRun().write(t, FormatMarkdown); empty != "" {
		t.Errorf("a table of nothing: %q", empty)
	}
}

// TestChangeTable checks that the columns of a change say what it was.
func TestChangeTable(t *testing.T) {
	got := diffRun().write(t, FormatTable)
	for _, words := range [][]string{
		{"CHANGE", "HOST", "PROTO", "ADDRESS", "PORT", "SERVICE", "EXPOSURE", "BEFORE", "AFTER"},
		{"owner", "tcp", "fe80::1%eth0", "23", "telnet", "local", "/usr/sbin/telnetd"},
		{"opened", "example.test", "tcp", "198.18.0.7", "23", "telnet", "open"},
	} {
		found := false
		for line := range strings.Lines(got) {
			fields := strings.Fields(line)
			found = found || len(fields) >= len(words) && cmp.Equal(fields[:len(words)], words)
		}
		if !found {
			t.Errorf("no line starts with %q in\n%s", words, got)
		}
	}
	if strings.Contains(got, "\x1b") {
		t.Errorf("an escape sequence gets through:\n%q", got)
	}
}
