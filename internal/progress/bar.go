package progress

import (
	"fmt"
	"strings"
)

// bar draws a status on one line of at most width columns, as in
//
//	100/200 probes [=====>       ] 50.00% 3 open, 20/s, 5s left
//
// The bar is full only at the end. It is left out if there is no room, and a line
// that is still too long is cut off. The text is ASCII, so a byte is a column.
func (s Status) bar(width int) string {
	share := min(float64(s.Done)/float64(max(s.Total, 1)), 1)
	before := fmt.Sprintf("%d/%d %s ", s.Done, s.Total, s.What)
	after := fmt.Sprintf("%.2f%% %s", 100*share, s.rest())
	room := width - len(before) - len("[] ") - len(after)
	if room < 1 {
		line := before + after
		return line[:min(len(line), width)]
	}
	done := int(share * float64(room))
	if s.Done > 0 {
		done = max(done, 1)
	}
	drawn := ""
	if done > 0 {
		drawn = strings.Repeat("=", done-1) + ">"
	}
	return before + "[" + drawn + strings.Repeat(" ", room-done) + "] " + after
}
