package report

import (
	"strings"
	"testing"
)

func TestDefuse(t *testing.T) {
	for in, want := range map[string]string{
		"":               "",
		"sshd (812)":     "sshd (812)",
		"a-b=c":          "a-b=c",
		"open|filtered":  "open|filtered",
		"=cmd()":         "'=cmd()",
		"+1":             "'+1",
		"-1":             "'-1",
		"@SUM(1)":        "'@SUM(1)",
		"|calc":          "'|calc",
		"%0":             "'%0",
		"  =cmd()":       "  '=cmd()",
		"a;=cmd()":       "a;'=cmd()",
		"a; +1; -2; b;@": "a; '+1; '-2; b;'@",
		"＝cmd()":         "'＝cmd()",
		Escape("\t=1"):   `\t=1`,
		Escape("\r=1"):   `\r=1`,
		Escape("\x00=1"): `\x00=1`,
	} {
		if got := defuse(in); got != want {
			t.Errorf("defuse(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestCSVLines checks that every line ends as RFC 4180 wants it.
func TestCSVLines(t *testing.T) {
	text := listRun().write(t, FormatCSV)
	if lines, ends := strings.Count(text, "\n"), strings.Count(text, "\r\n"); lines != len(listRun().records)+1 || ends != lines {
		t.Errorf("%d lines, %d of them with CRLF, for %d records", lines, ends, len(listRun().records))
	}
}
