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
				NetNS: 4026532278, NetNSName: "net:4026532278", ServiceBy: record.ByCommon, Commonly: "x",
				Explanation: &record.Explanation{
					Status: "open to the network", Card: []record.CardRow{{Label: "held by", Lines: []string{"\x1b[31mred (7), root", strings.Repeat("long ", 30)}}, {Label: "reach", Lines: []string{"every address"}}},
					Says: []string{"It is held by \x1b[31mred (7).", strings.Repeat("far ", 40)}, Tree: []string{"init (1)", "└─ \x1b[31mred (7)" + strings.Repeat(" word", 20)},
					Sockets: []record.Record{*wideRun().records[0]}, Connections: 2,
					Holders: []record.Holder{{PID: 7, Name: "red", Role: record.HoldsWaiting, Adopted: true, Deleted: true, Writable: "everyone can write to /tmp", Also: []string{"tcp/[::1]:80"}, Stops: []string{"udp/0.0.0.0:53 of x (8)"}}},
					Bind:    &record.Bind{Outcome: record.BindInUse, Error: "address already in use", Tries: []record.BindTry{{Addr: "::", V6Only: true, ReuseAddr: true, Outcome: record.BindInUse, Error: "in use"}, {Addr: "0.0.0.0", Outcome: record.BindFree}}, Meets: []string{"It is privileged."}},
				}},
			{Kind: record.KindExplanation, Proto: "tcp", Port: 8000, Class: "registered", Explanation: &record.Explanation{Bind: &record.Bind{Outcome: record.BindFree}}},
		},
		sum: record.Summary{Kind: "summary", Command: "explain", Complete: true, Elapsed: 2},
	}
}

// TestExplanationText checks that the text fits the terminal and has no control
// characters, that the sentences are there with --verbose alone, and that the answer
// to --free is a number only.
func TestExplanationText(t *testing.T) {
	r := explainRun()
	r.o.Width = 60
	const says = "  It is held by \\x1b[31mred (7).\n"
	for _, verbose := range []bool{false, true} {
		r.o.Verbose = verbose
		got := r.write(t, FormatTable)
		for _, part := range []string{
			"tcp 23  telnet?  in net:4026532278       open to the network\n  held by   \\x1b[31mred (7), root\n            long long ",
			"\n  reach     every address\n\n  init (1)\n  └─ \\x1b[31mred (7) word", "…\n", "\n\n8000\n",
		} {
			if !strings.Contains(got, part) {
				t.Errorf("%q is missing from\n%s", part, got)
			}
		}
		if strings.Contains(got, says) != verbose || strings.Contains(got, "\n  It is privileged.\n") != verbose {
			t.Errorf("verbose %v:\n%s", verbose, got)
		}
		for line := range strings.Lines(got) {
			if line = strings.TrimSuffix(line, "\n"); len([]rune(line)) > 60 || strings.HasSuffix(line, " ") || strings.Contains(line, "\x1b") {
				t.Errorf("%d columns: %q", len([]rune(line)), line)
			}
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
