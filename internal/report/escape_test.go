package report

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"nginx: worker":          "nginx: worker",
		"日本語 é":                  "日本語 é",
		"a\x1b[31mred":           `a\x1b[31mred`,
		"two\nlines\ttab\r":      `two\nlines\ttab\r`,
		"bell\a del\x7f":         `bell\x07 del\x7f`,
		"c1 \u009b31m":           `c1 \u009b31m`,
		"right\u202eto left":     `right\u202eto left`,
		"zero\u200bwidth\ufeff":  `zero\u200bwidth\ufeff`,
		"line\u2028separator":    `line\u2028separator`,
		"bad \xff\xfe utf8":      `bad \xff\xfe utf8`,
		"tag \U000e0041":         `tag \U000e0041`,
		"no-break\u00a0space":    `no-break\u00a0space`,
		`") R 1 1 (`:             `") R 1 1 (`,
		`x",pid=1,fd=3))`:        `x",pid=1,fd=3))`,
		"combining e\u0301 stay": "combining e\u0301 stay",
	} {
		if got := Escape(in); got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzEscape checks that no control character gets through, and that escaping
// twice changes nothing.
func FuzzEscape(f *testing.F) {
	for _, seed := range []string{"plain", "\x1b]0;title\a", "\u202e", "\xc3\x28", "é", "\u2066x\u2069"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := Escape(s)
		if !utf8.ValidString(out) {
			t.Errorf("Escape(%q) = %q is not UTF-8", s, out)
		}
		if i := strings.IndexFunc(out, hostile); i >= 0 {
			t.Errorf("Escape(%q) = %q lets %q through", s, out, out[i:])
		}
		if again := Escape(out); again != out {
			t.Errorf("Escape(%q) = %q, and then %q", s, out, again)
		}
	})
}
