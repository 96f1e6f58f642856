package live

import (
	"bytes"
	"fmt"
	"net"
	"strconv"
	"strings"

	"porthole/internal/record"
	"porthole/internal/report"
)

// detail is what is told of one socket.
type detail struct {
	of    *record.Record
	known []record.Record // of the kind "explanation"; nil while it is being made
	fault string
}

// textHeight is how many lines of a text fit above the status.
func (m *model) textHeight() int { return max(1, m.height-3) }

// cover is the part of a text that stands in place of the list.
func (m *model) cover() []string {
	lines := m.text()
	return lines[m.scroll:min(len(lines), m.scroll+m.textHeight())]
}

// text is all of it.
func (m *model) text() (lines []string) {
	var text []string
	switch m.mode {
	case helping:
		text = help(m.width)
	case killing:
		text = m.killText()
	default:
		text = m.detailText()
	}
	for i, line := range text {
		line = m.style.cut(m.style.plain(line), m.width)
		if i == 0 {
			line = m.style.paint(line, bold)
		}
		lines = append(lines, line)
	}
	return lines
}

func (m *model) detailText() []string {
	head := " " + place(m.detail.of)
	switch {
	case m.detail.fault != "":
		return []string{head, "", "  " + m.detail.fault}
	case m.detail.known == nil:
		return []string{head, "", "  asking the kernel"}
	}
	var buf bytes.Buffer
	out, err := report.Open([]report.Spec{{Format: report.FormatTable}}, &buf,
		report.Options{Command: "explain", Kind: record.KindExplanation, Width: m.width})
	for i := range m.detail.known {
		if err == nil {
			err = out.Write(&m.detail.known[i])
		}
	}
	if err == nil {
		err = out.Close(&record.Summary{})
	}
	if err != nil {
		return []string{head, "", "  " + report.Escape(err.Error())}
	}
	lines := []string{head, ""}
	for i, line := range strings.Split(strings.TrimRight(buf.String(), "\n"), "\n") {
		if i > 0 || line != fmt.Sprintf("%s port %d", m.detail.of.Proto, m.detail.of.Port) { // the head says it
			lines = append(lines, line)
		}
	}
	return lines
}

// place is a socket in a few words.
func place(r *record.Record) string {
	text := r.Proto + " " + endpoint(r.Addr, r.Port)
	if r.RemoteAddr != "" {
		text += " to " + endpoint(r.RemoteAddr, r.RemotePort)
	}
	if r.Service != "" {
		text += "  " + r.Service
	}
	if r.NetNSName != "" {
		text += "  in namespace " + r.NetNSName
	}
	return report.Escape(text)
}

func endpoint(addr string, port uint16) string {
	return net.JoinHostPort(addr, strconv.Itoa(int(port)))
}

// help says what the keys do, in two columns where there is room.
func help(width int) []string {
	const column = 30 // half of the narrowest terminal
	pairs := [...][2]string{
		{"j k arrows", "one row"},
		{"g G", "first, last row"},
		{"PgUp PgDn", "one page"},
		{"Enter", "who is it, why"},
		{"/", "filter by words"},
		{"Esc", "back, no filter"},
		{"K", "end the holder"},
		{"s S", "sort, turn round"},
		{"t u", "TCP, UDP only"},
		{"p", "privileged only"},
		{"a", "all states"},
		{"n", "this netns only"},
		{"x", "save as JSON"},
		{"Ctrl-Z", "suspend"},
		{"?", "this help"},
		{"q Ctrl-C", "quit"},
	}
	lines := []string{" Keys; those that narrow the list undo it when pressed again"}
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
	return append(lines, "",
		" new, chg (changed) and gone mark a row for 5 seconds.",
		" EXPOSURE tells who can reach it by its address.")
}
