package report

import (
	"errors"
	"strings"
	"testing"
)

const (
	socketLine = `{"kind":"socket","proto":"tcp","addr":"::1","port":80,"state":"listen","class":"well-known","exposure":"loopback","processes":[]}`
	portLine   = `{"kind":"port","proto":"tcp","addr":"::1","port":80,"state":"open","class":"well-known"}`
	listEnd    = `{"kind":"summary","command":"list","complete":true,"sockets":1,"args":["list","--all"],"elapsed_ms":1}`
)

func TestReadSaved(t *testing.T) {
	for _, test := range []struct {
		name, text       string
		command          string
		records          int
		complete, asArgs bool
	}{
		{"jsonl", socketLine + "\n" + listEnd + "\n", "list", 1, true, true},
		{"json", `{"schema":"porthole/1","command":"list","records":[` + socketLine + `],"summary":` + listEnd + "}", "list", 1, true, true},
		{"an older json", `{"schema":"porthole/1","command":"scan","records":[` + portLine + `],"summary":{"kind":"summary","command":"scan","complete":true}}`, "scan", 1, true, false},
		{"a newer one", strings.Replace(socketLine, `"port"`, `"weather":{"rain":1},"port"`, 1) + "\n" + listEnd, "list", 1, true, true},
		{"broken off between two records", portLine + "\n", "scan", 1, false, false},
		{"interrupted", `{"schema":"porthole/1","command":"scan","records":[],"summary":{"kind":"summary","command":"scan","complete":false}}`, "scan", 0, false, false},
		{"nothing found", listEnd, "list", 0, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := ReadSaved(strings.NewReader(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if s.Command != test.command || len(s.Records) != test.records || s.Complete() != test.complete || (s.Args() != nil) != test.asArgs {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":               "",
		"no JSON":               "PROTO  ADDRESS\n",
		"no object":             "7",
		"other JSON":            `{"hosts":[]}`,
		"an unknown kind":       `{"kind":"weather","proto":"tcp","port":80}`,
		"a mix":                 socketLine + "\n" + portLine,
		"a port above 65535":    strings.Replace(portLine, "80", "65536", 1),
		"a record broken off":   socketLine + "\n" + socketLine[:40],
		"a document broken off": `{"schema":"porthole/1","command":"list","records":[` + socketLine,
	} {
		if s, err := ReadSaved(strings.NewReader(text)); !errors.Is(err, ErrNotSaved) {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}

// FuzzRead checks that no file makes Read panic, and that what it accepts has a
// command.
func FuzzReadSaved(f *testing.F) {
	for _, text := range []string{socketLine + "\n" + listEnd, portLine, `{"schema":"porthole/1","records":[` + portLine + `]}`,
		`{"kind":"socket","state":"bound","processes":[{"pid":1,"parents":[{"pid":1}]}]}`, "{}", `{"kind":"change","change":"opened"}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ReadSaved(strings.NewReader(text))
		if err != nil {
			return
		}
		if s.Command == "" {
			t.Errorf("nobody wrote %+v", s)
		}
	})
}
