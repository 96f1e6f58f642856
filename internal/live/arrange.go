package live

import (
	"slices"

	"porthole/internal/forest"
	"porthole/internal/record"
	"porthole/internal/report"
)

// Arrangement is how the rows are shown at the start; keys change it. Columns go by
// their names in [report.Fields].
type Arrangement struct {
	Columns    []string // nil means the usual ones
	Sort       string   // a column; "" means the port
	Descending bool
	Tree       bool // below the processes that hold them, and those that started these
}

// arrange takes over what the command line asks for.
func (m model) arrange(a Arrangement) model {
	names := a.Columns
	if names == nil {
		names = columnNames()
	}
	if a.Sort != "" {
		m.order = a.Sort
		if !slices.Contains(names, a.Sort) {
			names = append(slices.Clone(names), a.Sort)
		}
	}
	m.columns, m.descending, m.tree, m.chosen = columns(names), a.Descending, a.Tree, a.Columns != nil
	return m
}

// line is a line of the list: a row, or in a tree also a process that has none.
type line struct {
	branch string // with the process, escaped; in a tree only
	shown  int    // an index of shown; -1: no row
}

// makeTree puts the rows that are shown into the order of a tree, and makes its lines.
// A socket that several processes share has one row.
func (m *model) makeTree() {
	var records []*record.Record
	for _, i := range m.shown {
		records = append(records, m.rows[i].record)
	}
	var shown []int
	at := make(map[int]bool)
	m.lines = nil
	for _, l := range forest.Lines(records, unheld) {
		next := line{branch: m.escape(l.Text), shown: -1}
		again := l.Socket >= 0 && at[l.Socket]
		if again && !l.Named {
			continue
		}
		if l.Socket >= 0 && !again {
			at[l.Socket] = true
			next.shown = len(shown)
			shown = append(shown, m.shown[l.Socket])
		}
		m.lines = append(m.lines, next)
	}
	m.shown = shown
}

// unheld says in the words of the table why no process is seen to hold a socket.
func unheld(r *record.Record) string {
	for _, f := range report.Fields(record.KindSocket) {
		if f.Name == processColumn {
			return f.Text(r)
		}
	}
	return ""
}

const processColumn = "process"

// lineCount is how many lines the list has.
func (m *model) lineCount() int {
	if m.tree {
		return len(m.lines)
	}
	return len(m.shown)
}

// lineAt is a line of the list.
func (m *model) lineAt(i int) line {
	if m.tree {
		return m.lines[i]
	}
	return line{shown: i}
}

// cursorLine is the line of the row under the cursor.
func (m *model) cursorLine() int {
	if !m.tree {
		return m.cursor
	}
	return max(0, slices.IndexFunc(m.lines, func(l line) bool { return l.shown == m.cursor }))
}

// branchWidth is the width of the tree.
func (m *model) branchWidth() (width int) {
	for _, l := range m.lines {
		width = max(width, cells(l.branch))
	}
	return width
}
