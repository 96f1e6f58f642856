// Package live shows this machine's sockets as they come and go, on the whole
// of a terminal.
//
// [Run] is the view. It asks [Options] for what happens, for explanations and
// signals, and so knows nothing of where these come from. What a key does to
// the [model] and how a [frame] is drawn are pure; only loop.go, which has the
// terminal, knows the library that drives it.
package live

import (
	"fmt"
	"slices"
	"time"

	"porthole/internal/record"
	"porthole/internal/report"
)

// Scope is what the kernel is asked for. What it leaves out no key can show.
type Scope struct {
	All      bool // every state, not just what waits
	OwnNetNS bool // this network namespace alone
}

// Event is something that happened to a socket.
type Event struct {
	Kind   EventKind
	Number uint64 // names the socket, as long as the scope stays
	Socket *record.Record
}

// EventKind is what became of a socket.
type EventKind uint8

const (
	EventKindPresent EventKind = iota
	EventKindOpened
	EventKindClosed
	EventKindChanged
	EventKindFiltered // it is there, but passes the filters no more
)

// Batch is what one refresh found.
type Batch struct {
	At     time.Time
	Scope  Scope
	Full   bool // the events are all sockets that there are, not what changed
	Events []Event
	Notice string // what could not be read; "" nothing
}

// model is the state of the view. A method on the value returns the next state
// and leaves this one as it is; those on a pointer are the steps of such a one.
type model struct {
	style   Style
	self    int // PID of this process
	columns []report.Field

	now   time.Time
	at    time.Time // of the last refresh that had no error
	fault string    // why the one after that failed
	rows  []row     // all that are known, by what a reader looks up
	shown []int     // those that pass the filters, sorted
	wide  []int     // the width of each column over the rows that are shown

	scope      Scope
	given      string // the filters of the command line, for the title
	proto      string // "tcp" or "udp"; "" both
	privileged bool
	filter     string
	order      string // name of a column
	descending bool

	mode          mode
	cursor, top   int    // of shown
	under         uint64 // the number of the row under the cursor
	width, height int
	notice        string
	noticeUntil   time.Time
	detail        detail
	kill          kill
	scroll        int // of a text that covers the list
}

// mode is what the keys are for.
type mode uint8

const (
	listing mode = iota
	typing       // the filter
	reading      // the detail of a socket
	helping
	killing
)

// markFor is how long a row is marked, and noticeFor how long a line stands at
// the foot.
const (
	markFor   = 5 * time.Second
	noticeFor = 6 * time.Second
)

// row is one socket as it is shown.
type row struct {
	number uint64
	record *record.Record
	cells  []string // of every column, escaped
	mark   string   // "new", "gone", "chg" or ""
	until  time.Time
}

// newModel begins with nothing known.
func newModel(style Style, scope Scope, given string, self int) model {
	return model{style: style, columns: columns(), scope: scope, given: given, self: self, order: "port", width: 80, height: 24}
}

// resize takes the size of the terminal.
func (m model) resize(width, height int) model {
	m.width, m.height = max(width, 1), max(height, 1)
	m.settle()
	return m
}

// apply takes what a refresh found. One for a scope that the user has left
// meanwhile is old.
func (m model) apply(b Batch) model {
	if b.Scope != m.scope {
		return m
	}
	m.now, m.at, m.fault = b.At, b.At, ""
	if b.Notice != "" {
		m.say("%s", b.Notice)
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
				rows[i] = row{number: e.Number, record: e.Socket, mark: markGone} // dropped below
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
	m.arrange()
	return m
}

func (m *model) rowOf(e Event) row {
	r := row{number: e.Number, record: e.Socket, until: m.now.Add(markFor)}
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

// fail takes a refresh that failed. What was known stays.
func (m model) fail(now time.Time, err error) model {
	m.now, m.fault = now, m.outside(err.Error())
	m.expire()
	return m
}

// tick is the time going by.
func (m model) tick(now time.Time) model {
	m.now = now
	m.expire()
	return m
}

// expire ends marks and notices.
func (m *model) expire() {
	if m.notice != "" && m.now.After(m.noticeUntil) {
		m.notice = ""
	}
	marked := func(r row) bool { return r.mark != "" && !m.now.Before(r.until) }
	if slices.ContainsFunc(m.rows, marked) {
		m.expireRows()
		m.arrange()
	}
}

// expireRows drops what is gone for long enough.
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

// say puts a line at the foot for a while.
func (m *model) say(format string, args ...any) {
	m.notice, m.noticeUntil = m.outside(fmt.Sprintf(format, args...)), m.now.Add(noticeFor)
}

// outside makes text from outside safe to draw.
func (m *model) outside(text string) string { return m.style.plain(report.Escape(text)) }

// selected is the row under the cursor.
func (m *model) selected() (row, bool) {
	if m.cursor >= len(m.shown) {
		return row{}, false
	}
	return m.rows[m.shown[m.cursor]], true
}

// total counts the sockets that are there, shown or not.
func (m *model) total() (n int) {
	for i := range m.rows {
		if m.rows[i].mark != markGone {
			n++
		}
	}
	return n
}

// listHeight is how many rows the list has: all but the title, the heads of the
// columns, the line for notices and that for keys.
func (m *model) listHeight() int { return max(1, m.height-4) }

// settle keeps the cursor on a row and the row on the screen.
func (m *model) settle() {
	m.cursor = max(0, min(m.cursor, len(m.shown)-1))
	if r, ok := m.selected(); ok {
		m.under = r.number
	}
	height := m.listHeight()
	m.top = max(0, min(m.top, len(m.shown)-height))
	switch {
	case m.cursor < m.top:
		m.top = m.cursor
	case m.cursor >= m.top+height:
		m.top = m.cursor - height + 1
	}
	if m.mode == reading || m.mode == helping || m.mode == killing {
		m.scroll = max(0, min(m.scroll, len(m.text())-m.textHeight()))
	}
}
