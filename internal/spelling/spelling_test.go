package spelling

import (
	"slices"
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	commands := []string{"scan", "list", "explain", "Scam"}
	for _, tt := range []struct{ word, want string }{
		{"scan", "scan"},
		{"SCNA", "scan"},
		{"scam", "Scam"}, // fewer edits than to an earlier one
		{"sca", "scan"},  // the first of two
		{"lost", "list"},
		{"explode", ""}, // 3 edits of 7 bytes
		{"exlpian", "explain"},
		{"x", ""},
		{"", ""},
		{strings.Repeat("s", 1000), ""},
	} {
		if got := Nearest(tt.word, slices.Values(commands)); got != tt.want {
			t.Errorf("Nearest(%q) = %q, want %q", tt.word, got, tt.want)
		}
	}
}

func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"ssh", "ssh", 0}, {"", "ssh", 3}, {"ssh", "", 3},
		{"shs", "ssh", 1}, {"htps", "https", 1}, {"kitten", "sitting", 3}, {"ab", "ba", 1},
	}
	for _, tt := range tests {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
