package grid

import (
	"bufio"
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	green = "\x1b[32m"
	off   = "\x1b[0m"
)

func TestWidth(t *testing.T) {
	for text, want := range map[string]int{
		"":                         0,
		"sshd (812)":               10,
		"日本":                       4,
		"e\u0301":                  1,
		"├─ ":                      3,
		"🇩🇪 ü":                     4,
		green + "open" + off:       4,
		"\x1b[1;38;5;208m日" + off:  2,
		"an unended sequence\x1b[": 19,
	} {
		if got := Width(text); got != want {
			t.Errorf("Width(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, test := range []struct {
		text  string
		width int
		want  string
	}{
		{"open", 4, "open"},
		{"listen", 4, "lis…"},
		{"listen", 1, "…"},
		{"日本", 3, "日…"},
		{"a日本", 3, "a…"},
		{green + "listen" + off, 4, green + "lis" + off + "…"},
		{green + "open" + off, 4, green + "open" + off},
	} {
		if got := Cut(test.text, test.width); got != test.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", test.text, test.width, got, test.want)
		}
	}
}

func TestASCII(t *testing.T) {
	for text, want := range map[string]string{
		"sshd (812)":        "sshd (812)",
		"│  ├─ a":           "|  |- a",
		"   └─ b":           "   `- b",
		"nginx ×4: 1, …":    "nginx x4: 1, ...",
		"38µs":              "38us",
		green + "日é😀" + off: green + "\\u65e5\\u00e9\\U0001f600" + off,
	} {
		if got := ASCII(text); got != want {
			t.Errorf("ASCII(%q) = %q, want %q", text, got, want)
		}
	}
	for width, want := range map[int]string{1: "~", 4: "lis~", 6: "listen"} {
		if got := CutASCII("listen", width); got != want {
			t.Errorf("%d columns: %q, want %q", width, got, want)
		}
	}
}

func TestFold(t *testing.T) {
	for _, test := range []struct {
		text  string
		width int
		want  string // its lines, separated by |
	}{
		{"", 10, ""},
		{"as  it is", 9, "as  it is"},
		{"one two three", 9, "one two|three"},
		{"exactly ten and more", 7, "exactly|ten and|more"},
		{"a word thatislong, then", 6, "a word|thatis|long,|then"},
		{"日本語サーバ", 5, "日本|語サ|ーバ"},
	} {
		got := strings.Join(Fold(test.text, test.width), "|")
		if got != test.want {
			t.Errorf("Fold(%q, %d) = %q, want %q", test.text, test.width, got, test.want)
		}
	}
}

// TestFits checks that cut and folded text fits, and that folding loses only blanks.
func TestFits(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	letters := []rune("aab  日×…é\u0301─")
	for range 20_000 {
		text := make([]rune, random.IntN(40))
		for i := range text {
			text[i] = letters[random.IntN(len(letters))]
		}
		s, width := string(text), 2+random.IntN(20)
		if cut := Cut(green+s+off, width); Width(cut) > width || !strings.Contains(cut, off) {
			t.Fatalf("Cut(%q, %d) = %q", s, width, cut)
		}
		lines := Fold(s, width)
		for _, line := range lines {
			if Width(line) > width {
				t.Fatalf("Fold(%q, %d) has the line %q", s, width, line)
			}
		}
		solid := strings.NewReplacer(" ", "")
		if got, want := solid.Replace(strings.Join(lines, "")), solid.Replace(s); got != want {
			t.Fatalf("Fold(%q, %d) reads %q", s, width, got)
		}
	}
}

func TestGrid(t *testing.T) {
	g := Grid{
		Columns: []Column{{Title: "NAME"}, {Title: "PORT", Right: true}, {Title: "NOTE"}},
		Paint: func(row, column int, text string) string {
			if row == 0 && column == 0 {
				return green + text + off
			}
			return text
		},
	}
	rows := [][]string{{"日本語", "22", ""}, {"ssh", "8080", "plaintext"}, {"a", "", ""}}
	for width, want := range map[int]string{
		0: `
NAME    PORT  NOTE
` + green + "日本語" + off + `    22
ssh     8080  plaintext
a
`,
		15: `
NAME    PORT  …
` + green + "日本語" + off + `    22
ssh     8080  …
a
`,
		5: `
NAME…
` + green + "日本" + off + `…
ssh …
a
`,
	} {
		g.Width = width
		var buf bytes.Buffer
		w := bufio.NewWriter(&buf)
		if err := g.Write(w, rows); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		if diff := cmp.Diff(want, "\n"+buf.String()); diff != "" {
			t.Errorf("at %d columns (-want +got):\n%s", width, diff)
		}
	}
}
