package machine

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseRange(t *testing.T) {
	got, err := parseRange("32768\t60999\n")
	if err != nil || got != (Range{32768, 60999}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"", "1", "1 2 3", "a b", "1 70000"} {
		if got, err := parseRange(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestParseRanges(t *testing.T) {
	for text, want := range map[string][]Range{
		"\n":               nil,
		"8080\n":           {{8080, 8080}},
		"8080,9148-9150\n": {{8080, 8080}, {9148, 9150}},
	} {
		got, err := parseRanges(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v\n%s", text, err, diff)
		}
	}
	for _, text := range []string{"x", "1-", "-1", "1-70000"} {
		if got, err := parseRanges(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestContains(t *testing.T) {
	r := Range{10, 20}
	for port, want := range map[uint16]bool{9: false, 10: true, 20: true, 21: false} {
		if r.Contains(port) != want {
			t.Errorf("%d: %v", port, !want)
		}
	}
	if (Range{}).Contains(0) {
		t.Error("the zero Range has a port")
	}
}

func FuzzParseRanges(f *testing.F) {
	f.Add("8080,9148-9150\n")
	f.Fuzz(func(t *testing.T, text string) {
		parseRange(text)
		parseRanges(text)
	})
}
