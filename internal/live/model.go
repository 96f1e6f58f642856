package live

import (
	"fmt"
	"slices"
	"time"

	"porthole/internal/kill"
	"porthole/internal/record"
	"porthole/internal/report"
)

// model is the state of the view. A method with a value receiver returns the next
// state and does not change this one. Methods with a pointer receiver are steps of
// those.
type model struct {
	style     Style
	protected kill.Protected
	columns   []report.Field

	now        time.Time
	refreshed  time.Time // the time of the last successful refresh
	refreshErr string    // the error of the one after that
	rows       []row     // all that are known
	shown      []int     // indexes of rows: those that match the filters, sorted
	widths     []int     // of each column, over the rows that are shown
	chosen     bool      // the columns are those that the user named

	scope      Scope
	filters    string // of the command line, for the title
	proto      string // "tcp" or "udp"; "" is both
	privileged bool
	filter     string
	order      string // the name of a column
	descending bool

	mode           mode
	tree           bool
	lines          []line // of the tree
	cursor         int    // an index of shown
	top            int    // the first line of the list that is drawn
	selectedNumber uint64 // of the row under the cursor
	width, height  int
	notice         string
	noticeUntil    time.Time
	gap            string // that readings were left out, until a key is pressed
	detail         detail
	kill           killDialog
	scroll         int // the first line shown of an overlay
}

// mode decides what keys do.
type mode uint8

const (
	listing mode = iota
	typing       // the filter
	reading      // the detail of a socket
	helping
	killing
)

const (
	markTime   = 5 * time.Second // how long a row is marked
	noticeTime = 6 * time.Second // how long a notice is shown
)

// row is one socket.
type row struct {
	number uint64
	record *record.Record
	cells  []string  // the texts of all columns, escaped
	mark   string    // "new", "gone", "chg" or ""
	until  time.Time // the end of the mark
}

// newModel returns a model without rows.
func newModel(style Style, scope Scope, given string, protected kill.Protected) model {
	return model{style: style, columns: columns(columnNames()), scope: scope, filters: given, protected: protected, order: "port", width: 80, height: 24}
}

// resize sets the size of the terminal.
func (m model) resize(width, height int) model {
	m.width, m.height = max(width, 1), max(height, 1)
	m.scrollIntoView()
	return m
}

// apply adds the result of a refresh. It is ignored if the user has changed the
// scope since.
func (m model) apply(b Batch) model {
	if b.Scope != m.scope {
		return m
	}
	m.now, m.refreshed, m.refreshErr = b.At, b.At, ""
	if b.Notice != "" {
		m.notify("%s", b.Notice)
	}
	if !b.Since.IsZero() {
		m.gap = fmt.Sprintf("gap of %s until %s: what came and went is not shown", span(b.At.Sub(b.Since)), b.At.Format(time.TimeOnly))
	}
	if len(b.Events) == 0 && !b.Full {
		m.expire()
		return m
	}
	rows := slices.Clone(m.rows)
	if b.Full {
		rows = nil
	}
	at := make(map[uint64]int, len(rows))
	for i := range rows {
		at[rows[i].number] = i
	}
	for _, e := range b.Events {
		i, known := at[e.Number]
		if e.Kind == EventKindFiltered {
			if known {
				rows[i] = row{number: e.Number, record: e.Socket, mark: markGone} // expireRows removes it
			}
			continue
		}
		if !known {
			i = len(rows)
			at[e.Number] = i
			rows = append(rows, row{})
		}
		rows[i] = m.rowOf(e)
	}
	m.rows = rows
	m.expireRows()
	m.rebuild()
	return m
}

// rowOf makes the row of an event.
func (m *model) rowOf(e Event) row {
	r := row{number: e.Number, record: e.Socket, until: m.now.Add(markTime)}
	r.mark = [...]string{EventKindPresent: "", EventKindOpened: markNew, EventKindClosed: markGone, EventKindChanged: markChanged}[e.Kind]
	for _, c := range m.columns {
		r.cells = append(r.cells, m.style.plain(report.Escape(c.Text(e.Socket))))
	}
	return r
}

const (
	markNew     = "new"
	markGone    = "gone"
	markChanged = "chg"
)

// fail adds a refresh that failed. The rows stay.
func (m model) fail(now time.Time, err error) model {
	m.now, m.refreshErr = now, m.escape(err.Error())
	m.expire()
	return m
}

// tick sets the time.
func (m model) tick(now time.Time) model {
	m.now = now
	m.expire()
	return m
}

// expire removes marks and notices whose time is over.
func (m *model) expire() {
	if m.notice != "" && m.now.After(m.noticeUntil) {
		m.notice = ""
	}
	marked := func(r row) bool { return r.mark != "" && !m.now.Before(r.until) }
	if slices.ContainsFunc(m.rows, marked) {
		m.expireRows()
		m.rebuild()
	}
}

// expireRows removes marks whose time is over, and with markGone the row.
func (m *model) expireRows() {
	rows := make([]row, 0, len(m.rows))
	for _, r := range m.rows {
		over := r.mark != "" && !m.now.Before(r.until)
		if over && r.mark == markGone {
			continue
		}
		if over {
			r.mark = ""
		}
		rows = append(rows, r)
	}
	m.rows = rows
}

// notify shows a line above the keys for a while.
func (m *model) notify(format string, args ...any) {
	m.notice, m.noticeUntil = m.escape(fmt.Sprintf(format, args...)), m.now.Add(noticeTime)
}

// escape makes text from outside safe to draw.
func (m *model) escape(text string) string { return m.style.plain(report.Escape(text)) }

// selected returns the row under the cursor.
func (m *model) selected() (row, bool) {
	if m.cursor >= len(m.shown) {
		return row{}, false
	}
	return m.rows[m.shown[m.cursor]], true
}

// total counts the sockets that are open, shown or not.
func (m *model) total() (n int) {
	for i := range m.rows {
		if m.rows[i].mark != markGone {
			n++
		}
	}
	return n
}

// listHeight is the number of rows of the list: the terminal without the title, the
// heads of the columns, the line for notices and the line for keys.
func (m *model) listHeight() int { return max(1, m.height-4) }

// scrollIntoView keeps the cursor on a row, that row on the screen, and an overlay
// within its text.
func (m *model) scrollIntoView() {
	m.cursor = max(0, min(m.cursor, len(m.shown)-1))
	if r, ok := m.selected(); ok {
		m.selectedNumber = r.number
	}
	height, at := m.listHeight(), m.cursorLine()
	m.top = max(0, min(m.top, m.lineCount()-height))
	switch {
	case m.cursor == 0 && at < height:
		m.top = 0 // with the processes above the first row
	case at < m.top:
		m.top = at
	case at >= m.top+height:
		m.top = at - height + 1
	}
	if m.mode == reading || m.mode == helping || m.mode == killing {
		m.scroll = max(0, min(m.scroll, len(m.text())-m.textHeight()))
	}
}
