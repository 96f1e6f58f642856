package live

import "fmt"

// help describes the keys, in two columns if there is room.
func help(width int) []string {
	const column = 30 // columns of the terminal
	pairs := [...][2]string{
		{"j k arrows", "one row"},
		{"g G", "first, last row"},
		{"PgUp PgDn", "one page"},
		{"Enter", "explain the port"},
		{"/", "filter by words"},
		{"Esc", "back, no filter"},
		{"K", "end the holder"},
		{"s S", "sort, reverse"},
		{"t u", "TCP, UDP only"},
		{"p", "privileged only"},
		{"T", "process tree"},
		{"a", "all states"},
		{"n", "this netns only"},
		{"x", "save as JSON"},
		{"Ctrl-Z", "suspend"},
		{"?", "this help"},
		{"q Ctrl-C", "quit"},
	}
	lines := []string{" Keys; a key for a filter undoes it when pressed again"}
	entry := func(i int) string { return fmt.Sprintf(" %-12s%s", pairs[i][0], pairs[i][1]) }
	half := (len(pairs) + 1) / 2
	if width < 2*column {
		half = len(pairs)
	}
	for i := range half {
		line := entry(i)
		if half+i < len(pairs) {
			line = fmt.Sprintf("%-*s%s", column, line, entry(half+i))
		}
		lines = append(lines, line)
	}
	return append(lines,
		" new, chg (changed) and gone mark a row for 5 seconds.",
		" EXPOSURE says who can reach the socket; Enter tells why.")
}
