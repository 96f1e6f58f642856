package sentence

import "testing"

func TestJoin(t *testing.T) {
	for _, c := range []struct {
		words []string
		want  string
	}{
		{nil, ""},
		{[]string{"a"}, "a"},
		{[]string{"a", "b"}, "a or b"},
		{[]string{"a", "b", "c"}, "a, b or c"},
	} {
		if got := Join(c.words, "or"); got != c.want {
			t.Errorf("%q: %q, want %q", c.words, got, c.want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range []string{"0 ports", "1 port", "2 ports"} {
		if got := Count(n, "port", "ports"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
