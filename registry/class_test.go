package registry

import "testing"

func TestClassOf(t *testing.T) {
	tests := []struct {
		port uint16
		want string
	}{
		{0, "well-known"}, {1023, "well-known"},
		{1024, "registered"}, {49151, "registered"}, // RFC 6335 section 6: not dynamic
		{49152, "dynamic"}, {65535, "dynamic"},
	}
	for _, tt := range tests {
		if got := ClassOf(tt.port).String(); got != tt.want {
			t.Errorf("ClassOf(%d) = %s, want %s", tt.port, got, tt.want)
		}
	}
}

func TestClassSpan(t *testing.T) {
	for c := range ClassDynamic + 1 {
		if got := ClassOf(c.span().First); got != c {
			t.Errorf("%s begins with a port of class %s", c, got)
		}
		if got := ClassOf(c.span().Last); got != c {
			t.Errorf("%s ends with a port of class %s", c, got)
		}
	}
}
