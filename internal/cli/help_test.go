package cli

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestHelpFitsScreen holds that the help of porthole and of each command has
// three examples and fits a screen of 80 columns and 52 lines.
func TestHelpFitsScreen(t *testing.T) {
	names := []string{""}
	for _, cmd := range testConsole().app().Commands {
		names = append(names, cmd.Name)
	}
	for _, name := range names {
		c := testConsole()
		c.args = slices.DeleteFunc([]string{"porthole", name, "--help"}, func(s string) bool { return s == "" })
		if err := c.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		help := c.out.(*bytes.Buffer).String()
		if n := strings.Count(help, "\n"); n > 52 {
			t.Errorf("%q: %d lines", name, n)
		}
		for line := range strings.Lines(help) {
			if utf8.RuneCountInString(line) > 80+len("\n") || strings.TrimRight(line, " \n")+"\n" != line {
				t.Errorf("%q: too wide, or blanks at its end: %q", name, line)
			}
		}
		_, shown, _ := strings.Cut(help, "\nExamples:\n")
		if n := strings.Count(shown, "porthole "); n < 3 {
			t.Errorf("%q: %d examples:\n%s", name, n, help)
		}
	}
}

// TestHelpBesideWords holds that --help explains the command whatever else is
// typed: it is often added to a line that did not do what was meant.
func TestHelpBesideWords(t *testing.T) {
	var texts []string
	for _, line := range []string{"list --help", "list 8080 --privileged --help", "-q list -h nginx"} {
		c := testConsole()
		c.args = append([]string{"porthole"}, strings.Fields(line)...)
		if err := c.run(t.Context()); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		texts = append(texts, c.out.(*bytes.Buffer).String())
	}
	if texts[0] == "" || texts[1] != texts[0] || texts[2] != texts[0] {
		t.Errorf("the help differs: %q", texts)
	}
}

// TestExitMeanings holds docs/cli.md to the exit codes of the program.
func TestExitMeanings(t *testing.T) {
	docs, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range exitMeanings() {
		if want := fmt.Sprintf("| %d | %s", e.code, e.meaning); !strings.Contains(string(docs), "\n"+want) {
			t.Errorf("docs/cli.md has no line %q", want)
		}
	}
}

// testConsole is a console without input, terminal and environment.
func testConsole() console {
	return console{in: &bytes.Buffer{}, out: &bytes.Buffer{}, err: &bytes.Buffer{}, getenv: func(string) string { return "" }}
}
