package report

import (
	"strings"
	"testing"

	"porthole/internal/record"
)

// explainRun has a port with everything that can be said, in words that mean
// harm, and the answer of --free.
func explainRun() run {
	return run{
		o: Options{Command: "explain", Kind: record.KindExplanation, Args: []string{"porthole", "explain", "telnet"}, Start: start(), Version: "v0.1.0"},
		records: []*record.Record{
			{Kind: record.KindExplanation, Proto: "tcp", Port: 23, Service: "telnet", IANA: "telnet-x", Class: "well-known", Description: "Telnet", Plaintext: new(true), Secure: "ssh (RFC 4251)",
				Explanation: &record.Explanation{
					Says: []string{"It is held by \x1b[31mred (7).", strings.Repeat("far ", 40)}, Tree: []string{"init (1)", "└─ \x1b[31mred (7)"},
					Sockets: []record.Record{*wideRun().records[0]}, Connections: 2,
					Holders: []record.Holder{{PID: 7, Deleted: true, Writable: "everyone can write to /tmp", Also: []string{"tcp/[::1]:80"}, Stops: []string{"udp/0.0.0.0:53 of x (8)"}}},
					Bind:    &record.Bind{Outcome: record.BindInUse, Error: "address already in use", Meets: []string{"It is privileged."}},
				}},
			{Kind: record.KindExplanation, Proto: "tcp", Port: 8000, Class: "registered", Explanation: &record.Explanation{Bind: &record.Bind{Outcome: record.BindFree}}},
		},
		sum: record.Summary{Kind: "summary", Command: "explain", Complete: true, Elapsed: 2},
	}
}

// TestExplanationText checks that the text fits the terminal and has no control
// characters, and that the answer to --free is a number only.
func TestExplanationText(t *testing.T) {
	r := explainRun()
	r.o.Width = 60
	got := r.write(t, FormatTable)
	if !strings.HasPrefix(got, "tcp port 23\n  It is held by \\x1b[31mred (7).\n") || !strings.Contains(got, "\n  It is privileged.\n\n  init (1)\n  └─ ") || !strings.HasSuffix(got, "\n\n8000\n") {
		t.Errorf("%s", got)
	}
	for line := range strings.Lines(got) {
		if line = strings.TrimSuffix(line, "\n"); len([]rune(line)) > 60 || strings.HasSuffix(line, " ") || strings.Contains(line, "\x1b") {
			t.Errorf("%d columns: %q", len(line), line)
		}
	}
}

// TestExplanationFormats checks that explanations cannot be written as rows.
func TestExplanationFormats(t *testing.T) {
	for _, f := range Formats() {
		err := Spec{Format: f}.For("explain")
		if fits := f == FormatTable || f == FormatJSON || f == FormatJSONL; fits != (err == nil) {
			t.Errorf("%s: %v", f, err)
		}
	}
}
