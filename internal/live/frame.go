package live

import (
	"fmt"
	"strings"
	"time"
)

// render draws the view on a terminal of width x height: as many lines, none
// wider. It changes nothing.
func render(m model, width, height int) string {
	m = m.resize(width, height)
	var lines []string
	switch m.mode {
	case reading, helping, killing:
		lines = m.cover()
	default:
		lines = m.list()
	}
	lines = append([]string{m.title()}, lines...)
	for len(lines) < height-2 {
		lines = append(lines, "")
	}
	lines = append(lines[:max(0, height-2)], m.status(), m.keys())
	return strings.Join(lines[max(0, len(lines)-height):], "\n")
}

// title tells what is shown of how much, by which filters, and how old it is.
func (m *model) title() string {
	parts := []string{fmt.Sprintf(" porthole  %d/%d sockets", m.present(), m.total())}
	if m.scope.All {
		parts = append(parts, "all states")
	}
	if m.proto != "" {
		parts = append(parts, m.proto)
	}
	if m.privileged {
		parts = append(parts, "privileged")
	}
	if m.scope.OwnNetNS {
		parts = append(parts, "this netns")
	}
	if m.given != "" {
		parts = append(parts, m.outside(m.given))
	}
	if m.filter != "" {
		parts = append(parts, "/"+m.outside(m.filter))
	}
	return m.style.paint(m.style.apart(strings.Join(parts, "  "), "  "+m.age()+" ", m.width), reverse)
}

// present counts the rows that are shown and there.
func (m *model) present() (n int) {
	for _, i := range m.shown {
		if m.rows[i].mark != markGone {
			n++
		}
	}
	return n
}

func (m *model) age() string {
	if m.at.IsZero() {
		return "reading"
	}
	const fresh = 2 * time.Second // what changes each second costs a drawing
	if age := m.now.Sub(m.at); age >= fresh {
		return ago(age)
	}
	return "now"
}

func ago(d time.Duration) string {
	switch d = max(d, 0).Truncate(time.Second); {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s ago", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days ago", int(d.Hours()/24))
	}
}

// margin holds the cursor and the marks.
const margin = 6

func (m *model) list() []string {
	slots := m.slots(m.width - margin)
	lines := []string{m.head(slots)}
	if len(m.shown) == 0 {
		return append(lines, "", m.style.cut("      "+m.nothing(), m.width))
	}
	for i := m.top; i < min(m.top+m.listHeight(), len(m.shown)); i++ {
		lines = append(lines, m.line(slots, i))
	}
	return lines
}

func (m *model) nothing() string {
	switch {
	case m.at.IsZero():
		return "reading the sockets"
	case len(m.rows) == 0:
		return "no socket is there"
	default:
		return "no socket passes the filters; Esc clears them"
	}
}

func (m *model) head(slots []slot) string {
	text := strings.Repeat(" ", margin)
	for i, s := range slots {
		text += m.style.fit(s.title, s.width, s.Right)
		if i < len(slots)-1 {
			text += strings.Repeat(" ", gap)
		}
	}
	return m.style.paint(strings.TrimRight(m.style.cut(text, m.width), " "), bold)
}

// line is one row. The one under the cursor has a sign before it, and is
// reversed as a whole; one that is gone is faint.
func (m *model) line(slots []slot, i int) string {
	r := m.rows[m.shown[i]]
	at := i == m.cursor
	mark, sign := fmt.Sprintf("%-4s ", r.mark), " "
	if at {
		sign = ">"
	}
	if m.width <= margin {
		return m.style.cut(sign+mark, m.width)
	}
	inked := m.style.Color && !at && r.mark != markGone
	if inked {
		mark = m.style.paint(mark, map[string]string{markNew: green, markChanged: yellow}[r.mark])
	}
	text, used := sign+mark, margin
	for k, s := range slots {
		cell := m.style.fit(r.cells[s.index], s.width, s.Right)
		if used += s.width; used > m.width { // a column that no terminal is wide enough for
			cell = m.style.cut(cell, max(0, s.width-(used-m.width)))
		}
		if inked {
			cell = s.Paint(r.record, cell)
		}
		text += cell
		if k < len(slots)-1 && used < m.width {
			text += strings.Repeat(" ", gap)
			used += gap
		}
	}
	switch {
	case at:
		return m.style.paint(m.style.fit(text, m.width, false), reverse)
	case r.mark == markGone:
		return m.style.paint(strings.TrimRight(text, " "), faint)
	default:
		return text
	}
}

// status is the line above the keys: what is typed, what went wrong, what was
// done.
func (m *model) status() string {
	switch {
	case m.mode == typing:
		return m.style.cut("filter: "+m.outside(m.filter)+"_", m.width)
	case m.fault != "":
		return m.style.paint(m.style.cut("cannot refresh: "+m.fault, m.width), red)
	case m.notice != "":
		return m.style.paint(m.style.cut(m.notice, m.width), yellow)
	default:
		return m.style.paint(m.whereabouts(), faint)
	}
}

// whereabouts tells where in a text that does not fit one is.
func (m *model) whereabouts() string {
	if m.mode == listing || m.mode == typing {
		return ""
	}
	n, height := len(m.text()), m.textHeight()
	if n <= height {
		return ""
	}
	return m.style.cut(fmt.Sprintf("lines %d-%d of %d", m.scroll+1, min(n, m.scroll+height), n), m.width)
}

// keys names as many keys as there is room for, the most needed first.
func (m *model) keys() string {
	hints := map[mode][]string{
		listing: {"? help", "q quit", "Enter detail", "/ filter", "K kill", "s sort", "t tcp", "u udp", "a all states", "p privileged", "n namespaces", "x export"},
		typing:  {"Enter keep", "Esc clear", "a word shows the rows that have it anywhere"},
		reading: {"Esc back", "j/k scroll", "K kill", "q quit"},
		helping: {"Esc back", "j/k scroll", "q quit"},
		killing: m.kill.hints(),
	}[m.mode]
	line := ""
	for i, hint := range hints {
		more := hint
		if i > 0 {
			more = "  " + hint
		}
		if cells(line)+cells(more) > m.width {
			break
		}
		line += more
	}
	return m.style.paint(m.style.cut(line, m.width), faint)
}
