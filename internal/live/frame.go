package live

import (
	"fmt"
	"strings"
	"time"
)

// render draws the view for a terminal of the given size: exactly height lines,
// none wider than width.
func render(m model, width, height int) string {
	m = m.resize(width, height)
	var lines []string
	switch m.mode {
	case reading, helping, killing:
		lines = m.overlay()
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

// title says how many sockets are shown, by which filters, and how old that is.
func (m *model) title() string {
	parts := []string{fmt.Sprintf(" porthole  %d/%d sockets", m.countShown(), m.total())}
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
	if m.filters != "" {
		parts = append(parts, m.escape(m.filters))
	}
	if m.filter != "" {
		parts = append(parts, "/"+m.escape(m.filter))
	}
	return m.style.paint(m.style.bothEnds(strings.Join(parts, "  "), "  "+m.age()+" ", m.width), reverse)
}

// countShown counts the sockets that are shown and open.
func (m *model) countShown() (n int) {
	for _, i := range m.shown {
		if m.rows[i].mark != markGone {
			n++
		}
	}
	return n
}

// age says how long ago the last refresh was.
func (m *model) age() string {
	if m.refreshed.IsZero() {
		return "reading"
	}
	const fresh = 2 * time.Second // a text that changes every second would be drawn every second
	if age := m.now.Sub(m.refreshed); age >= fresh {
		return ago(age)
	}
	return "now"
}

func ago(d time.Duration) string { return span(d) + " ago" }

// span is a time in one unit.
func span(d time.Duration) string {
	switch d = max(d, 0).Truncate(time.Second); {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	}
}

// margin is the width of the cursor and the marks before a row.
const margin = 6

func (m *model) list() []string {
	columns := m.layout(m.width - margin)
	lines := []string{m.head(columns)}
	if len(m.shown) == 0 {
		return append(lines, "", m.style.cut("      "+m.emptyText(), m.width))
	}
	for i := m.top; i < min(m.top+m.listHeight(), m.lineCount()); i++ {
		if l := m.lineAt(i); l.shown < 0 {
			lines = append(lines, m.style.cut(strings.Repeat(" ", margin)+l.branch, m.width))
		} else {
			lines = append(lines, m.line(columns, l))
		}
	}
	return lines
}

// emptyText says why the list has no rows.
func (m *model) emptyText() string {
	switch {
	case m.refreshed.IsZero():
		return "reading the sockets"
	case len(m.rows) == 0 && m.filters != "":
		return "no socket matches " + m.escape(m.filters)
	case len(m.rows) == 0 && !m.scope.All:
		return "no socket waits for anything; a shows every state"
	case len(m.rows) == 0:
		return "there are no sockets"
	default:
		return "no socket matches the filters; Esc clears them"
	}
}

func (m *model) head(columns []shownColumn) string {
	text := strings.Repeat(" ", margin)
	for i, s := range columns {
		text += m.style.fit(s.title, s.width, s.Right)
		if i < len(columns)-1 {
			text += strings.Repeat(" ", gap)
		}
	}
	return m.style.paint(strings.TrimRight(m.style.cut(text, m.width), " "), bold)
}

// line draws one row. The row under the cursor begins with a > and is reversed; a
// row that is gone is faint.
func (m *model) line(columns []shownColumn, l line) string {
	r := m.rows[m.shown[l.shown]]
	selected := l.shown == m.cursor
	mark, sign := fmt.Sprintf("%-4s ", r.mark), " "
	if selected {
		sign = ">"
	}
	if m.width <= margin {
		return m.style.cut(sign+mark, m.width)
	}
	colored := m.style.Color && !selected && r.mark != markGone
	if colored {
		mark = m.style.paint(mark, map[string]string{markNew: green, markChanged: yellow}[r.mark])
	}
	text, used := sign+mark, margin
	for k, s := range columns {
		cell := l.branch
		if s.index != treeColumn {
			cell = r.cells[s.index]
		}
		cell = m.style.fit(cell, s.width, s.Right)
		if used += s.width; used > m.width { // even the first column is too wide
			cell = m.style.cut(cell, max(0, s.width-(used-m.width)))
		}
		if colored {
			cell = s.Paint(r.record, cell)
		}
		text += cell
		if k < len(columns)-1 && used < m.width {
			text += strings.Repeat(" ", gap)
			used += gap
		}
	}
	switch {
	case selected:
		return m.style.paint(m.style.fit(text, m.width, false), reverse)
	case r.mark == markGone:
		return m.style.paint(strings.TrimRight(text, " "), faint)
	default:
		return text
	}
}

// status is the line above the keys: the filter that is typed, an error, a notice or
// a gap.
func (m *model) status() string {
	switch {
	case m.mode == typing:
		return m.style.cut("filter: "+m.escape(m.filter)+"_", m.width)
	case m.refreshErr != "":
		return m.style.paint(m.style.cut("cannot refresh: "+m.refreshErr, m.width), red)
	case m.notice != "":
		return m.style.paint(m.style.cut(m.notice, m.width), yellow)
	case m.gap != "":
		return m.style.paint(m.style.cut(m.gap, m.width), yellow)
	default:
		return m.style.paint(m.scrollPosition(), faint)
	}
}

// scrollPosition says which lines of an overlay are shown, if it does not fit.
func (m *model) scrollPosition() string {
	if m.mode == listing || m.mode == typing {
		return ""
	}
	n, height := len(m.text()), m.textHeight()
	if n <= height {
		return ""
	}
	return m.style.cut(fmt.Sprintf("lines %d-%d of %d", m.scroll+1, min(n, m.scroll+height), n), m.width)
}

// keys lists the keys, as many as there is room for, the most used first.
func (m *model) keys() string {
	hints := map[mode][]string{
		listing: {"? help", "q quit", "Enter detail", "/ filter", "K kill", "s sort", "t tcp", "u udp", "a all states", "p privileged", "T tree", "n namespaces", "x export"},
		typing:  {"Enter keep", "Esc clear", "shows the rows that have every word"},
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
