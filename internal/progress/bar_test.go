package progress

import (
	"strings"
	"testing"
	"time"
)

func TestStatusBar(t *testing.T) {
	s := Status{What: "probes", Total: 200, Found: 10, Rate: 20, Left: 5 * time.Second}
	for _, test := range []struct {
		done  uint64
		width int
		want  string
	}{
		{0, 60, "0/200 probes [                ] 0.00% 10 open, 20/s, 5s left"},
		{1, 60, "1/200 probes [>               ] 0.50% 10 open, 20/s, 5s left"},
		{100, 60, "100/200 probes [=====>       ] 50.00% 10 open, 20/s, 5s left"},
		{199, 60, "199/200 probes [===========> ] 99.50% 10 open, 20/s, 5s left"},
		{200, 60, "200/200 probes [===========>] 100.00% 10 open, 20/s, 5s left"},
		{0, 45, "0/200 probes [ ] 0.00% 10 open, 20/s, 5s left"},
		{100, 47, "100/200 probes 50.00% 10 open, 20/s, 5s left"},
		{100, 20, "100/200 probes 50.00"},
		{100, 1, "1"},
	} {
		s.Done = test.done
		if got := s.bar(test.width); got != test.want {
			t.Errorf("%d in %d columns:\n%q, not\n%q", test.done, test.width, got, test.want)
		}
	}
}

// TestStatusBarFits checks that no status is too wide, however large its numbers.
func TestStatusBarFits(t *testing.T) {
	for _, total := range []uint64{0, 1, 65535, 1<<64 - 1} {
		for _, done := range []uint64{0, 1, total / 3, total, total + 1} {
			s := Status{What: "addresses looked for", Done: done, Total: total, Found: done, Left: time.Hour}
			for width := 1; width < 250; width++ {
				got := s.bar(width)
				if len(got) > width || strings.Contains(got, "[") && len(got) != width {
					t.Errorf("%d of %d in %d columns: %q", done, total, width, got)
				}
			}
		}
	}
}
