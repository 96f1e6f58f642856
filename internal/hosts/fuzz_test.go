package hosts

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// FuzzReadList holds that a list of targets, whatever is in it, has targets or bad
// lines, each of them told with its number, and that comments do not count.
func FuzzReadList(f *testing.F) {
	f.Add("192.0.2.1\n# all of it\n198.51.100.0/24, host.example:80\r\n")
	f.Add("\xef\xbb\xbf192.0.2.1-7\n10.0.0,1.3-7 fe80::1%eth0")
	f.Add("a b c #d\n\x00\n://\nhttps://[::1]:8443/x")
	f.Add("h\x00o\x00")
	f.Fuzz(func(t *testing.T, text string) {
		var list Targets
		bad := 0
		err := list.Read(strings.NewReader(text), "list", func(err error) {
			if bad++; !strings.HasPrefix(err.Error(), "list:") {
				t.Errorf("%q: %v", text, err)
			}
		})
		if err != nil && !strings.HasPrefix(err.Error(), "list: ") {
			t.Errorf("%q: %v", text, err)
		}
		if lines := strings.Count(text, "\n") + 1; bad > min(lines, toldBadLines+1) {
			t.Errorf("%q: %d bad lines", text, bad)
		}
		for _, name := range list.Names() {
			if msg := checkName(name); msg != "" {
				t.Errorf("%q: the name %q: %s", text, name, msg)
			}
		}
	})
}

// answers is a name server that answers with what it is.
type answers []string

func (a answers) LookupAddr(context.Context, string) ([]string, error) { return a, nil }

// FuzzReverseName holds that whoever owns an address cannot make a name of anything
// but the characters of names.
func FuzzReverseName(f *testing.F) {
	f.Add("host.example.\nother.example.")
	f.Add("198.18.0.1.")
	f.Add("\x1b[2J.example.\n-a.example\na..b\n" + strings.Repeat("a", 64) + ".example")
	f.Fuzz(func(t *testing.T, text string) {
		names := strings.Split(text, "\n")
		got, err := ReverseName(t.Context(), answers(names), netip.MustParseAddr("198.18.0.1"))
		if err != nil {
			t.Fatal(err)
		}
		if got == "" {
			return
		}
		if strings.ContainsFunc(got, func(c rune) bool { return c != '.' && notInNames(c) }) || len(got) > 253 {
			t.Errorf("%q is no name", got)
		}
		if !slices.Contains(names, got) && !slices.Contains(names, got+".") {
			t.Errorf("%q is none of %q", got, names)
		}
	})
}
