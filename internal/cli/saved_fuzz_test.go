package cli

import (
	"slices"
	"strings"
	"testing"

	"porthole/internal/record"
)

// FuzzArgsAgain holds that a command line in a file is run again with flags of
// againFlags alone, whatever it is, and that doing so twice changes nothing.
func FuzzArgsAgain(f *testing.F) {
	for _, args := range []string{
		"scan\n127.0.0.1\n-p\n22,80\n-o\njson=/etc/passwd\n--resume=x\n--rdns",
		"scan\n-i\n/etc/shadow\n-p22",
		"ls\n--port\n80\n-q\n--\n-x",
		"-v\nlist\n--netns=self\n\x1b[2J",
		"scan\n--\n--output=json=x",
		"scan\n-6\nlocalhost",
		"scan\n--exclude-file\nx\n::1",
	} {
		f.Add(args)
	}
	c := console{getenv: func(string) string { return "" }}
	f.Fuzz(func(t *testing.T, text string) {
		for _, command := range []string{"scan", "list"} {
			args, err := c.argsAgain(saved(command, strings.Split(text, "\n")))
			if err != nil {
				continue
			}
			if args[0] != command {
				t.Errorf("%q: %q", text, args)
			}
			for _, arg := range args[1:] {
				if arg == "--" {
					break
				}
				name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
				if !strings.HasPrefix(arg, "-") || !slices.Contains(againFlags(command), name) {
					t.Errorf("%q: %q", text, arg)
				}
			}
			again, err := c.argsAgain(saved(command, args))
			if err != nil || !slices.Equal(again, args) {
				t.Errorf("%q, %v after %q", again, err, args)
			}
		}
	})
}

func saved(command string, args []string) record.Saved {
	return record.Saved{Command: command, Summary: &record.Summary{Args: args}}
}

// FuzzReadScan holds that what merge takes for a scan has a summary, and verdicts
// alone.
func FuzzReadScan(f *testing.F) {
	f.Add(`{"kind":"port","port":1,"state":"open"}` + "\n" + `{"kind":"summary","command":"scan","complete":true,"probes":1,"open":1,"attempts":1}`)
	f.Add(`{"schema":"porthole/1","records":[{"kind":"port","at":"2026-01-01T00:00:00Z"}],"summary":{"kind":"summary","command":"scan","shards":18446744073709551615}}`)
	f.Add(`{"kind":"socket"}`)
	f.Add(`{"kind":"summary","command":"list"}`)
	f.Fuzz(func(t *testing.T, text string) {
		sum, err := readScan(strings.NewReader(text), func(r *record.Record) error {
			if r.Kind != record.KindPort {
				t.Errorf("%q: a record of kind %q", text, r.Kind)
			}
			return nil
		})
		if err == nil && (sum == nil || sum.Command != "scan" || sum.ScanCounts == nil || sum.ScanStats == nil) {
			t.Errorf("%q: %+v", text, sum)
		}
	})
}
