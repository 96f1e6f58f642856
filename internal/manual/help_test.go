package manual

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHelp(t *testing.T) {
	c := Command{
		Name:  "dig",
		About: "make a hole",
		Args:  "[PLACE...]",
		Flags: []Flag{
			{Short: "d", Long: "depth", Value: "N", Usage: "how deep, in metres, which is a matter that takes more words than a line has"},
			{Long: "wide", Usage: "not just a shaft"},
			{Short: "4", Usage: "a square one"},
		},
		Text:     "A place is anywhere.",
		Examples: []Example{{"porthole dig here", "a hole"}, {"porthole dig", "the same, anywhere"}},
	}
	want := `porthole dig - make a hole

Usage:
  porthole dig [flags] [PLACE...]

Flags:
  -d, --depth N  how deep, in metres, which is a matter that takes more words
                 than a line has
      --wide     not just a shaft
  -4             a square one

A place is anywhere.

Examples:
  porthole dig here  a hole
  porthole dig       the same, anywhere
`
	if diff := cmp.Diff(want, c.Help()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"", 10, ""},
		{"one", 10, "one"},
		{"one two", 7, "one two"},
		{"one two", 6, "one|two"},
		{"a-word-that-is-too-long on", 5, "a-word-that-is-too-long|on"},
		{"  blanks\n and   lines ", 20, "blanks and lines"},
	} {
		if got := strings.Join(wrap(c.text, c.width), "|"); got != c.want {
			t.Errorf("wrap(%q, %d) = %q, want %q", c.text, c.width, got, c.want)
		}
	}
}
