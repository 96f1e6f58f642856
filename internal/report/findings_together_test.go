package report

import (
	"bufio"
	"strings"
	"testing"

	"porthole/internal/record"
)

// TestFindingsTogether: what differs in nothing but the address is one finding to a
// reader, and nothing else is.
func TestFindingsTogether(t *testing.T) {
	finding := func(addr string, change func(*record.Record)) *record.Record {
		r := &record.Record{Kind: record.KindFinding, Proto: "tcp", Addr: addr, Port: 80, Finding: &record.Finding{
			Rule: "a-rule", Severity: record.SeverityLow, Title: "a title", Evidence: "http; it listens on " + addr, Advice: "stop"}}
		if change != nil {
			change(r)
		}
		return r
	}
	write := func(list ...*record.Record) string {
		var b strings.Builder
		f := &findingsWriter{w: bufio.NewWriter(&b)}
		for _, r := range list {
			if err := f.write(r); err != nil {
				t.Fatal(err)
			}
			*r = record.Record{Finding: new(record.Finding)} // a caller may use it again
		}
		if err := f.close(nil); err != nil {
			t.Fatal(err)
		}
		f.w.Flush()
		return b.String()
	}
	two := write(finding("0.0.0.0", nil), finding("::", nil))
	want := "low     tcp/0.0.0.0:80 and tcp/[::]:80  a-rule  a title\n        http; it listens on 0.0.0.0 and it listens on ::\n        do: stop\n"
	if two != want {
		t.Errorf("two addresses:\n%s\nwant:\n%s", two, want)
	}
	five := write(finding("192.0.2.1", nil), finding("192.0.2.2", nil), finding("192.0.2.3", nil), finding("192.0.2.4", nil), finding("192.0.2.5", nil))
	want = "low     tcp/192.0.2.1:80, tcp/192.0.2.2:80, tcp/192.0.2.3:80 and 2 more  a-rule  a title\n" +
		"        http; it listens on 192.0.2.1; it listens on 192.0.2.2; it listens on 192.0.2.3; 2 more like\n        this\n        do: stop\n"
	if five != want {
		t.Errorf("five addresses:\n%s\nwant:\n%s", five, want)
	}
	for about, change := range map[string]func(*record.Record){
		"another port":      func(r *record.Record) { r.Port = 81 },
		"another protocol":  func(r *record.Record) { r.Proto = "udp" },
		"another rule":      func(r *record.Record) { r.Finding.Rule = "b-rule" },
		"another severity":  func(r *record.Record) { r.Finding.Severity = record.SeverityHigh },
		"another namespace": func(r *record.Record) { r.NetNS, r.NetNSName = 2, "web" },
		"another advice":    func(r *record.Record) { r.Finding.Advice = "go" },
		"two clauses":       func(r *record.Record) { r.Finding.Evidence = "https; it listens on ::" },
		"one clause more":   func(r *record.Record) { r.Finding.Evidence = "http; it listens on 0.0.0.0; really" },
		"about no address":  func(r *record.Record) { r.Addr = "" },
	} {
		if got := write(finding("0.0.0.0", nil), finding("::", change)); strings.Count(got, "do: ") != 2 {
			t.Errorf("%s is put together:\n%s", about, got)
		}
	}
	if got := write(); got != "" {
		t.Errorf("nothing is %q", got)
	}
}
