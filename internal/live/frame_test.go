package live

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/grid"
	"porthole/internal/kill"
	"porthole/internal/record"
	"porthole/internal/report"
)

var update = flag.Bool("update", false, "rewrite the golden frames in testdata")

// explained is the answer of explain about ssh.
func explained22() []record.Record {
	r := record.Record{Kind: record.KindExplanation, Proto: "tcp", Port: 22, Service: "ssh"}
	r.Explanation = &record.Explanation{
		Status: "open to the network",
		Card: []record.CardRow{
			{Label: "held by", Lines: []string{"sshd (700), root: sshd -D", "started 11 hours ago, in /, 9 MB", "passed on by ssh.socket"}},
			{Label: "reach", Lines: []string{"every IPv4 address (0.0.0.0): any host with a route, unless a firewall is in between"}},
			{Label: "low port", Lines: []string{"allowed: root"}},
			{Label: "holds", Lines: []string{"nothing else"}},
			{Label: "to stop", Lines: []string{"systemctl stop ssh.service"}},
			{Label: "new bind", Lines: []string{"IPv4 refused by 0.0.0.0:22, and so is :: with IPv4; IPv6 alone is free"}},
		},
		Says: []string{"It is held by sshd (700)."},
		Bind: &record.Bind{Outcome: record.BindInUse, Meets: []string{"A new server that binds every address is refused because of 0.0.0.0."}},
		Tree: []string{"systemd (1)", "└─ sshd (700)  root  /usr/sbin/sshd -D"},
	}
	return []record.Record{r}
}

// scenes are states of the view worth a picture.
func scenes(t *testing.T, s Style) map[string]model {
	m := begun(s)
	later := start().Add(2 * time.Second)
	news := m.apply(Batch{At: later, Events: []Event{
		{Kind: EventKindClosed, Number: 2, Socket: machine()[1].Socket},
		{Kind: EventKindChanged, Number: 5, Socket: machine()[4].Socket},
		{Kind: EventKindOpened, Number: 9, Socket: socket("tcp", "0.0.0.0", 9090, "prometheus", "all", "prom", process(3000, "prometheus"))},
	}})
	detail, ask := press(t, m, "enter")
	killing := pressed(t, m, "down", "K").held(nil)
	denied := pressed(t, m, "down", "K").held(errors.New("this user may not signal it: it belongs to root"))
	narrowed := newModel(s, Scope{All: true, OwnNetNS: true}, "port=1-1023", kill.Protected{Self: 4242})
	narrowed = pressed(t, narrowed.apply(Batch{At: start(), Scope: narrowed.scope, Full: true, Events: machine()}), "t")
	return map[string]model{
		"empty":    newModel(s, Scope{}, "", kill.Protected{Self: 4242}),
		"list":     m,
		"news":     news,
		"fault":    news.fail(later.Add(40*time.Second), errors.New("sockets: reading the socket table: \x1b[2Jno buffer space available")),
		"filter":   pressed(t, m, "/", "n", "g", "i"),
		"nothing":  pressed(t, m, "/", "x", "y", "z", "enter"),
		"narrowed": narrowed,
		"asking":   detail,
		"detail":   detail.explained(ask.socket, explained22(), nil),
		"help":     pressed(t, m, "?"),
		"kill":     killing,
		"denied":   denied,
		"second":   killing.signalled(actionTerminate, nil).tick(start().Add(3 * time.Second)),
		"init":     pressed(t, m, "K", "left"),
		"tree":     pressed(t, news, "T", "down", "down"),
		"arranged": newModel(s, Scope{}, "", kill.Protected{Self: 4242}).arrange(Arrangement{Columns: []string{"port", "process", "cmdline"}, Sort: "user", Descending: true}).apply(Batch{At: start(), Full: true, Events: machine()}),
		"saved":    m.saved("porthole-20261123-070000.json", 8, nil),
	}
}

// TestFrame compares frames with those in testdata, which a person has looked at.
func TestFrame(t *testing.T) {
	for _, size := range [...]struct{ width, height int }{{60, 15}, {80, 24}, {140, 40}} {
		var all strings.Builder
		for _, name := range []string{"empty", "list", "news", "fault", "filter", "nothing", "narrowed", "asking", "detail", "help", "kill", "denied", "second", "init", "saved", "tree", "arranged"} {
			fmt.Fprintf(&all, "-- %s --\n%s\n", name, render(scenes(t, Style{})[name], size.width, size.height))
		}
		golden(t, fmt.Sprintf("%dx%d.txt", size.width, size.height), trimmed(all.String()))
	}
	golden(t, "ascii.txt", trimmed(render(scenes(t, Style{ASCII: true})["news"], 100, 15)+"\n"+render(scenes(t, Style{ASCII: true})["detail"], 60, 24)+"\n"))
	golden(t, "color.txt", strings.ReplaceAll(render(scenes(t, Style{Color: true})["news"], 100, 15), "\x1b", "ESC")+"\n")
}

// trimmed has no blanks at the ends of lines, which editors eat.
func trimmed(text string) string {
	return regexp.MustCompile(`(?m) +$`).ReplaceAllString(text, "")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s, or run with -update: -want +got\n%s", name, diff)
	}
}

// TestFrameFits checks that a frame of every size is as high as the terminal and not
// wider, and has no control characters from outside.
func TestFrameFits(t *testing.T) {
	sgr := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for _, style := range []Style{{}, {Color: true}, {ASCII: true}} {
		for name, m := range scenes(t, style) {
			for _, width := range []int{1, 2, 5, 8, 13, 20, 39, 60, 61, 80, 99, 140, 300} {
				for _, height := range []int{1, 2, 3, 4, 5, 15, 40} {
					frame := render(m, width, height)
					lines := strings.Split(frame, "\n")
					if len(lines) != height {
						t.Errorf("%s %v at %dx%d: %d lines", name, style, width, height, len(lines))
					}
					for _, line := range lines {
						plain := sgr.ReplaceAllString(line, "")
						if cells(plain) > width {
							t.Fatalf("%s %v at %dx%d: %d columns: %q", name, style, width, height, cells(plain), line)
						}
						if report.Escape(plain) != plain {
							t.Errorf("%s %v: %q is not escaped", name, style, line)
						}
						if !style.Color && plain != line {
							t.Errorf("%s: colour in %q", name, line)
						}
						if style.ASCII && grid.ASCII(line) != line {
							t.Errorf("%s: not ASCII: %q", name, line)
						}
					}
				}
			}
		}
	}
}

// TestSameColumns: what is the same in every row goes for want of room, unless the user
// named the columns.
func TestSameColumns(t *testing.T) {
	titles := func(m model, width int) (all []string) {
		for _, s := range m.layout(width) {
			all = append(all, s.title)
		}
		return all
	}
	m := newModel(Style{ASCII: true}, Scope{All: true}, "", kill.Protected{})
	m = pressed(t, m.apply(Batch{At: start(), Scope: m.scope, Full: true, Events: machine()}), "t") // all listen
	if wide, narrow := titles(m, 500), titles(m, 80); !slices.Contains(wide, "STATE") || slices.Contains(narrow, "STATE") || !slices.Contains(narrow, "EXPOSURE") {
		t.Errorf("wide %q, narrow %q", wide, narrow)
	}
	named := m.arrange(Arrangement{Columns: []string{"port", "state", "cmdline", "process"}})
	named = named.apply(Batch{At: start(), Scope: m.scope, Full: true, Events: machine()})
	if got := titles(named, 40); !slices.Contains(got, "STATE") {
		t.Errorf("named: %q", got)
	}
}
