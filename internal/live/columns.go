package live

import (
	"slices"

	"porthole/internal/record"
	"porthole/internal/report"
)

// columns are those of the view. The table of list has them in another order:
// here the right end falls off a narrow terminal, and who holds the port must
// not.
func columns() []report.Field {
	var out []report.Field
	fields := report.Fields(record.KindSocket)
	for _, name := range names() {
		if i := slices.IndexFunc(fields, func(f report.Field) bool { return f.Name == name }); i >= 0 {
			out = append(out, fields[i])
		}
	}
	return out
}

func names() []string {
	return []string{
		"proto", "addr", "port", "process", "remote_addr", "remote_port", "state", "service", "exposure", "user",
		"container", "netns_name", "published", "note", "unit",
	}
}

// least is what a column can be narrowed to; one that is not named, not at all.
func least(name string) int {
	switch name {
	case "addr", "remote_addr":
		return 15 // an IPv4 address in full
	case "process":
		return 16
	case "service", "note", "container", "published", "unit":
		return 10
	case "netns_name", "user":
		return 8
	default:
		return 1 << 10
	}
}

// widths gives the widest cell of each column over the rows that are shown. 0 is
// a column that no row fills.
func widths(rows []row, shown []int, columns int) []int {
	wide := make([]int, columns)
	for _, i := range shown {
		for k, cell := range rows[i].cells {
			wide[k] = max(wide[k], cells(cell))
		}
	}
	return wide
}

// slot is a column on the screen.
type slot struct {
	report.Field
	index int // of columns
	title string
	width int
}

const gap = 2

// slots fits the columns into a width. Those at the right are dropped until the
// others have the least they need; what is left goes to the others in turn.
func (m *model) slots(width int) []slot {
	slots := m.filled()
	need := func() (n int) {
		for _, s := range slots {
			n += min(s.width, least(s.Name)) + gap
		}
		return n - gap
	}
	for len(slots) > 1 && need() > width {
		slots = slots[:len(slots)-1]
	}
	left := width - need()
	give := func(s *slot, full int) {
		more := max(0, min(left, full-s.width))
		s.width += more
		left -= more
	}
	full := make([]int, len(slots))
	for i := range slots {
		full[i] = slots[i].width
		slots[i].width = min(full[i], least(slots[i].Name))
	}
	for i := range slots {
		if slots[i].Name == "process" { // before an address that takes all
			give(&slots[i], min(full[i], processEnough))
		}
	}
	for i := range slots {
		give(&slots[i], full[i])
	}
	return slots
}

// processEnough is what most names and numbers of processes take.
const processEnough = 24

// filled are the columns that some row fills, as wide as they would like to be.
// All sockets listen unless every state was asked for.
func (m *model) filled() (slots []slot) {
	for i, f := range m.columns {
		if i >= len(m.wide) || m.wide[i] == 0 || f.Name == "state" && !m.scope.All {
			continue
		}
		s := slot{Field: f, index: i, title: f.Title}
		if f.Name == m.order {
			s.title += m.arrow()
		}
		s.width = max(m.wide[i], cells(s.title))
		slots = append(slots, s)
	}
	return slots
}

func (m *model) arrow() string {
	switch {
	case m.style.ASCII && m.descending:
		return "v"
	case m.style.ASCII:
		return "^"
	case m.descending:
		return "↓"
	default:
		return "↑"
	}
}
