package live

import (
	"slices"

	"porthole/internal/record"
	"porthole/internal/report"
)

// columns finds columns by their names.
func columns(names []string) []report.Field {
	var out []report.Field
	fields := report.Fields(record.KindSocket)
	for _, name := range names {
		if i := slices.IndexFunc(fields, func(f report.Field) bool { return f.Name == name }); i >= 0 {
			out = append(out, fields[i])
		}
	}
	return out
}

// columnNames lists the columns of the view. Their order is not that of the table,
// since a narrow terminal drops columns from the right, and must keep the process.
func columnNames() []string {
	return []string{
		"proto", "addr", "port", "process", "remote_addr", "remote_port", "state", "service", "program", "exposure", "user",
		"container", "netns_name", "published", "note", "unit",
	}
}

// minWidth is how narrow a column can be made. The columns that are not listed keep
// their width.
func minWidth(name string) int {
	switch name {
	case "addr", "remote_addr":
		return 15 // an IPv4 address in full
	case "process":
		return 16
	case "cmdline", "exe", "service", "program", "note", "container", "published", "unit":
		return 10
	case "netns_name", "user":
		return 8
	default:
		return 1 << 10
	}
}

// widths returns the width of each column over the rows that are shown; 0 if all of
// its cells are empty.
func widths(rows []row, shown []int, columns int) []int {
	wide := make([]int, columns)
	for _, i := range shown {
		for k, cell := range rows[i].cells {
			wide[k] = max(wide[k], cells(cell))
		}
	}
	return wide
}

// shownColumn is a column that is shown.
type shownColumn struct {
	report.Field
	index int // in model.columns
	title string
	width int
}

const gap = 2

// withoutSame leaves out columns that say the same in every row, from the right, until
// nothing has to be cut. Columns that the user named stay, and so does what the rows
// are sorted by.
func (m *model) withoutSame(columns []shownColumn, width int) []shownColumn {
	full := -gap
	for _, s := range columns {
		full += s.width + gap
	}
	for i := len(columns) - 1; i >= 0 && full > width && !m.chosen; i-- {
		if s := columns[i]; s.Same && s.Name != m.order && m.isSame(s.index) {
			columns = slices.Delete(columns, i, i+1)
			full -= s.width + gap
		}
	}
	return columns
}

// isSame reports whether a column says the same in all rows that are shown, which are
// several.
func (m *model) isSame(column int) bool {
	if column == treeColumn || len(m.shown) < 2 {
		return false
	}
	first := m.rows[m.shown[0]].cells[column]
	return !slices.ContainsFunc(m.shown, func(i int) bool { return m.rows[i].cells[column] != first })
}

// layout fits the columns into a width. It drops those that say nothing, then columns
// from the right until the others have room for their minWidth, and shares out what is
// left from the left.
func (m *model) layout(width int) []shownColumn {
	columns := m.withoutSame(m.usedColumns(), width)
	need := func() (n int) {
		for _, s := range columns {
			n += min(s.width, minWidth(s.Name)) + gap
		}
		return n - gap
	}
	for len(columns) > 1 && need() > width {
		columns = columns[:len(columns)-1]
	}
	left := width - need()
	give := func(s *shownColumn, full int) {
		more := max(0, min(left, full-s.width))
		s.width += more
		left -= more
	}
	full := make([]int, len(columns))
	for i := range columns {
		full[i] = columns[i].width
		columns[i].width = min(full[i], minWidth(columns[i].Name))
	}
	for i := range columns {
		if columns[i].Name == "process" { // before a long address takes all
			give(&columns[i], min(full[i], processWidth))
		}
	}
	for i := range columns {
		give(&columns[i], full[i])
	}
	return columns
}

// processWidth is enough for most names and PIDs of processes.
const processWidth = 24

// usedColumns lists the columns that are not empty, with their full width. The state
// is left out if the scope has only sockets that wait.
func (m *model) usedColumns() (columns []shownColumn) {
	for i, f := range m.columns {
		if i >= len(m.widths) || m.widths[i] == 0 || f.Name == "state" && !m.scope.All {
			continue
		}
		s := shownColumn{Field: f, index: i, title: f.Title}
		if f.Name == m.order {
			s.title += m.arrow()
		}
		s.width = max(m.widths[i], cells(s.title))
		columns = append(columns, s)
	}
	if m.tree {
		columns = m.treeFirst(columns)
	}
	return columns
}

// treeFirst puts the tree before the other columns.
func (m *model) treeFirst(columns []shownColumn) []shownColumn {
	columns = slices.DeleteFunc(columns, func(s shownColumn) bool { return s.Name == processColumn })
	for _, f := range report.Fields(record.KindSocket) {
		if f.Name == processColumn {
			tree := shownColumn{Field: f, index: treeColumn, title: f.Title}
			tree.width = max(m.branchWidth(), cells(tree.title))
			return append([]shownColumn{tree}, columns...)
		}
	}
	return columns
}

// treeColumn stands for the lines of the tree among the indexes of columns.
const treeColumn = -1

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
