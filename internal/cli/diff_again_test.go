package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"porthole/internal/record"
)

// TestDiffNow holds what diff does with the command line of a saved file, which
// may be anything.
func TestDiffNow(t *testing.T) {
	port := listeners(t, 1)[0]
	for _, test := range []struct {
		command string
		args    []string
		want    string // in the error, or "" for none
	}{
		{"scan", []string{"scan", "127.0.0.1", "-p", port, "-o", "xml=/nowhere/scan.xml", "--resume", "/nowhere/scan.ckpt"}, ""},
		{"scan", []string{"scan", "-p", port, "--rate", "100", "--", "127.0.0.1"}, ""},
		{"list", []string{"ls", "--port", port, "-o", "json"}, ""},
		{"scan", []string{}, "the file does not tell how it was made"},
		{"scan", []string{"--version"}, "its command line is that of"},
		{"scan", []string{"scan", "127.0.0.1", "--help"}, "its command line finds nothing: porthole scan --help=true"},
		{"scan", []string{"scan", "127.0.0.1", "--dry-run"}, "its command line finds nothing"},
		{"scan", []string{"scan", "-i", "-"}, "its targets came from standard input"},
		{"scan", []string{"scan", "127.0.0.1", "--fast"}, "its command line cannot be run again: scan: no flag --fast"},
		{"scan", []string{"scan", "127.0.0.1", "-p", "S:80"}, "sctp cannot be scanned"},
		{"lookup", []string{"lookup", "443"}, "a lookup cannot be compared"},
	} {
		old := filepath.Join(t.TempDir(), "old.jsonl")
		text, err := json.Marshal(record.Summary{Kind: "summary", Command: test.command, Complete: true, Args: test.args})
		if err == nil && len(test.args) == 0 {
			text = bytes.Replace(text, []byte(`"complete":true`), []byte(`"complete":true,"args":[]`), 1)
		}
		if err == nil {
			err = os.WriteFile(old, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		c := console{args: []string{"porthole", "diff", old, "-", "-o", "jsonl"}, in: strings.NewReader("127.0.0.1\n"), out: &out, err: &errs, getenv: func(string) string { return "" }}
		err = c.run(context.Background())
		switch {
		case test.want != "":
			if err == nil || !strings.Contains(err.Error(), test.want) || out.Len() > 0 {
				t.Errorf("%q: %v\n%s", test.args, err, &out)
			}
		case err != errFindings || strings.Count(out.String(), fmt.Sprintf(`"port":%s,`, port)) != 1:
			t.Errorf("%q: %v\n%s", test.args, err, &out)
		}
	}
}
