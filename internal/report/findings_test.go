package report

import (
	"encoding/xml"
	"strings"
	"testing"

	"porthole/internal/record"
)

// auditRun has a finding with every field, one about the machine, and text
// that means harm.
func auditRun() run {
	redis := *wideRun().records[0]
	redis.Finding = &record.Finding{Rule: "internal-exposed", Severity: record.SeverityHigh, Title: "a service that belongs inside can be reached from outside",
		Evidence: "redis is a cache; held by /tmp/a|b <x>\x1b[31m as root; " + strings.Repeat("far ", 40), Advice: "bind it to 127.0.0.1", Owner: "redis\x1b[31m.service", Fingerprint: "0123456789abcdef"}
	lowered := record.Record{Proto: "tcp", Port: 80, Class: "well-known", Finding: &record.Finding{Rule: "port-start-lowered", Severity: record.SeverityLow,
		Title: "any user may bind privileged ports", Evidence: "ip_unprivileged_port_start is 80", Advice: "set it back", Fingerprint: "fedcba9876543210"}}
	r := run{
		o: Options{Command: "audit", Kind: record.KindFinding, Args: []string{"porthole", "audit"}, Start: start(), Version: "v0.1.0", Rules: []record.Rule{
			{ID: "internal-exposed", Severity: record.SeverityHigh, Title: "a service that belongs inside can be reached from outside", Advice: "bind it to 127.0.0.1"},
			{ID: "exe-deleted", Severity: record.SeverityMedium, Title: "a listener runs an executable that is gone from disk", Advice: "restart it"},
			{ID: "port-start-lowered", Severity: record.SeverityLow, Title: "any user may bind privileged ports", Advice: "set it back"},
		}},
		sum: record.Summary{Kind: "summary", Command: "audit", Complete: true, Elapsed: 12, AuditCounts: &record.AuditCounts{Checked: 9, High: 1, Low: 1, Known: 2}},
	}
	for _, f := range []*record.Record{&redis, &lowered} {
		f.Kind = record.KindFinding
		r.records = append(r.records, f)
	}
	return r
}

// TestFindingsTable checks that a finding is a heading with paragraphs that fit.
func TestFindingsTable(t *testing.T) {
	r := auditRun()
	r.o.Width = 60
	got := r.write(t, FormatTable)
	if !strings.Contains(got, "low     tcp/80  port-start-lowered\n        any user may bind privileged ports\n        ip_unprivileged_port_start is 80\n        do: set it back\n") {
		t.Errorf("the second finding:\n%s", got)
	}
	if strings.Contains(got, "\x1b") {
		t.Errorf("an escape sequence gets through:\n%q", got)
	}
	for line := range strings.Lines(got) {
		if len(strings.TrimSuffix(line, "\n")) > 60 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
	r.o.Width = 30
	if got := r.write(t, FormatTable); !strings.Contains(got, "low     tcp/80\n        port-start-lowered:\n        any user may bind\n        privileged ports\n") {
		t.Errorf("in 30 columns the second finding is\n%s", got)
	}
	r.o.Width = 0
	if got := r.write(t, FormatTable); !strings.Contains(got, "low     tcp/80  port-start-lowered  any user may bind privileged ports\n        ip_unpr") {
		t.Errorf("without a width the second finding is\n%s", got)
	}
	if wide := r.write(t, FormatWide); !strings.Contains(wide, "SEVERITY") || !strings.Contains(wide, "ADVICE") {
		t.Errorf("wide has no columns:\n%s", wide)
	}
}

// TestJUnit checks that the counts of failed and passed tests are right.
func TestJUnit(t *testing.T) {
	got := auditRun().write(t, FormatJUnit)
	var suites struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Suite    struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Cases    []struct {
				Class   string    `xml:"classname,attr"`
				Failure *struct{} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(got), &suites); err != nil {
		t.Fatal(err)
	}
	s := suites.Suite
	if s.Tests != 3 || s.Failures != 2 || len(s.Cases) != 3 || suites.Tests != 3 || suites.Failures != 2 {
		t.Errorf("%+v", suites)
	}
	failed := 0
	for _, c := range s.Cases {
		if c.Failure != nil {
			failed++
		} else if c.Class != "porthole.exe-deleted" {
			t.Errorf("%s passed", c.Class)
		}
	}
	if failed != 2 || strings.Contains(got, "\x1b") || !strings.Contains(got, `\x1b`) {
		t.Errorf("%d cases failed in\n%s", failed, got)
	}
}
