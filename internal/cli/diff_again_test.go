package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
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
		{"scan", []string{""}, "its command line has no command"},
		{"scan", []string{"--version"}, "its command line is that of"},
		{"scan", []string{"scan", "127.0.0.1", "--help"}, "its command line finds nothing: porthole scan --help=true"},
		{"scan", []string{"scan", "127.0.0.1", "--dry-run"}, "its command line finds nothing"},
		{"scan", []string{"scan", "-i", "-"}, "a part of what it asks came from the file -, and files that it names are not read"},
		{"scan", []string{"scan", "127.0.0.1", "--exclude-file", "/etc/shadow"}, "came from the file /etc/shadow"},
		{"scan", []string{"scan", "127.0.0.1", "-p", port, "--rdns", "--progress", "always"}, ""},
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

// TestAgainTrust holds that names in a file that somebody else may have written are not
// looked up, and that what is run is said then in spite of --quiet.
func TestAgainTrust(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the owner of a file is not told here")
	}
	for _, test := range []struct {
		mode os.FileMode
		args []string // of OLD
		more string   // of diff
		want string
	}{
		{0o666, []string{"scan", "name.invalid", "-p", "1"}, "-q", "to run porthole scan --ports=1 -- name.invalid would look up name.invalid; say --trust"},
		{0o666, []string{"scan", "127.0.0.1", "--exclude", "10.0.0.1,name.invalid", "-p", "1"}, "-q", "would look up name.invalid; say --trust"},
		{0o600, []string{"scan", "name.invalid", "-p", "1"}, "-q", "name.invalid: "},
		{0o666, []string{"scan", "name.invalid", "-p", "1"}, "--trust", "name.invalid: "},
		{0o666, []string{"scan", "127.0.0.1", "-p", "1", "--rdns", "-o", "json=x"}, "-q", "now: porthole scan --ports=1 -- 127.0.0.1\n"},
		{0o600, []string{"scan", "127.0.0.1", "-p", "1"}, "-q", ""},
	} {
		old := filepath.Join(t.TempDir(), "old.jsonl")
		text, err := json.Marshal(record.Summary{Kind: "summary", Command: "scan", Complete: true, Args: test.args})
		if err == nil {
			err = os.WriteFile(old, text, 0o600)
		}
		if err == nil {
			err = os.Chmod(old, test.mode)
		}
		if err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		c := console{args: []string{"porthole", "diff", old, "-", test.more}, out: &out, err: &errs, getenv: func(string) string { return "" }, resolver: nowhere()}
		err = c.run(t.Context())
		if err != nil && !errors.Is(err, errFindings) {
			fmt.Fprintln(&errs, err)
		}
		if said := errs.String(); !strings.Contains(said, test.want) || test.want == "" && said != "" {
			t.Errorf("%v, mode %v: %s, want %q", test.args, test.mode, said, test.want)
		}
	}
}

// nowhere is a resolver that cannot reach a name server.
func nowhere() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("there is none") }}
}
