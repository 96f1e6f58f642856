package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestREADME runs what README.md shows.
func TestREADME(t *testing.T) {
	if testing.Short() || os.Geteuid() != 0 {
		t.Skip("needs root, to make namespaces, and some time")
	}
	binary, err := build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, blocks, err := renew(string(text), binary)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), stageMark); len(blocks) != n || n == 0 {
		t.Errorf("%d of %d transcripts were found", len(blocks), n)
	}
	for _, b := range blocks {
		if b.stale {
			t.Errorf("%s\ngo run ./internal/transcript renews it", b.report("README.md", true))
		} else {
			t.Log(b.report("README.md", false))
		}
	}
}

// TestEveryTranscript holds that no transcript of README.md is left out.
func TestEveryTranscript(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		if i >= 2 && lines[i-1] == fence && strings.HasPrefix(line, prompt) && !strings.HasPrefix(lines[i-2], stageMark) {
			t.Errorf("line %d: no stage for %s", i+1, line)
		}
	}
}

func TestSame(t *testing.T) {
	shown := []string{"NAME      PID", "python3 (8041)  root", "1 socket in 12 ms", ""}
	for _, test := range []struct {
		name       string
		shown, now []string
		want       bool
	}{
		{"the same", shown, shown, true},
		{"another process and time", shown, []string{"NAME PID", "python3 (3) root", "1 socket in 2.3 s"}, true},
		{"another word", shown, []string{"NAME PID", "python3 (3) nobody", "1 socket in 12 ms"}, false},
		{"a line more", shown, append(slices.Clone(shown[:3]), "hidden"), false},
		{"a line less", shown, shown[:2], false},
		{"another address", []string{"127.0.0.1 53"}, []string{"127.0.0.2 53"}, false},
		{"another version", []string{"nginx 1.22.1 up"}, []string{"nginx 1.26.3 up"}, true},
		{"another count", []string{"4 open"}, []string{"5 open"}, false},
		{"left out", []string{"a", "…", "d"}, []string{"a", "b", "c", "d"}, true},
		{"left out at the end", []string{"a", "…"}, []string{"a", "b", "c"}, true},
		{"left out, and gone", []string{"a", "…", "d"}, []string{"a", "b", "c"}, false},
		{"left out before the end", []string{"a", "…", "c"}, []string{"a", "b", "c", "d"}, false},
		{"more before what is left out", []string{"a", "…", "d"}, []string{"x", "a", "d"}, false},
	} {
		if got := same(test.shown, test.now); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestExcerpt(t *testing.T) {
	shown := []string{"card 1", "…", "  reach it is old", "  and", "…", "end 1"}
	now := []string{"card 1", "x", "  reach it is new", "  or", "y", "end 2"}
	if got, want := excerpt(shown, now), []string{"card 1", "…", "  reach it is new", "  or", "…", "end 2"}; !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}

func TestParse(t *testing.T) {
	lines := strings.Split("<!-- stage: s -->\n```\n$ one\n1\n\n$ two | x\n```\nend", "\n")
	b, end := parse(lines, 0)
	if b == nil || b.stage != "s" || b.line != 3 || lines[end] != "end" {
		t.Fatalf("%+v, %d", b, end)
	}
	if len(b.commands) != 2 || b.commands[0].text != "one" || !slices.Equal(b.commands[0].shown, []string{"1", ""}) || b.commands[1].text != "two | x" || b.commands[1].shown != nil {
		t.Errorf("%+v", b.commands)
	}
	if b, _ := parse(lines, 1); b != nil {
		t.Errorf("a block without a stage: %+v", b)
	}
}
