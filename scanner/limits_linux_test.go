package scanner

import "testing"

func TestParsePortRange(t *testing.T) {
	for _, c := range []struct {
		text        string
		first, last uint16
		ok          bool
	}{
		{"32768\t60999\n", 32768, 60999, true},
		{"1 65535", 1, 65535, true},
		{"5000 5000", 5000, 5000, true},
		{"", 0, 0, false},
		{"32768", 0, 0, false},
		{"60999 32768", 0, 0, false},
		{"1 65536", 0, 0, false},
		{"-1 5", 0, 0, false},
		{"1 2 3", 0, 0, false},
	} {
		first, last, ok := parsePortRange(c.text)
		if first != c.first || last != c.last || ok != c.ok {
			t.Errorf("%q: got %d %d %v", c.text, first, last, ok)
		}
	}
}

func FuzzParsePortRange(f *testing.F) {
	f.Add("32768\t60999\n")
	f.Add("1 65536")
	f.Add("9 1")
	f.Fuzz(func(t *testing.T, text string) {
		if first, last, ok := parsePortRange(text); ok && first > last {
			t.Errorf("%q is a range from %d to %d", text, first, last)
		}
	})
}
