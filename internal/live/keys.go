package live

import (
	"slices"
	"unicode/utf8"

	"porthole/internal/record"
)

// Action is what a key asks of the world outside the model.
type Action struct {
	Do      Do
	Socket  *record.Record   // to explain
	Process record.Process   // to hold, so that it can be signalled
	Sockets []*record.Record // to export
}

// Do names an action.
type Do uint8

const (
	Nothing   Do = iota
	Quit         // leave
	Interrupt    // leave, as by SIGINT
	Suspend      // give the terminal back until the shell says otherwise
	Refresh      // now: the scope is another
	Explain      // Socket
	Hold         // Process; it stays this one whoever gets its PID next
	Terminate    // ask the process that is held to end
	Kill         // end it
	Check        // whether it has ended
	Release      // it is not held any longer
	Export       // Sockets
)

// Key is one key: its name ("up", "ctrl+c", "j"), and the text that it types.
type Key struct{ Name, Text string }

// press takes a key.
func (m Model) press(k Key) (Model, Action) {
	a := m.key(k)
	return m, a
}

func (m *Model) key(k Key) Action {
	switch k.Name {
	case "ctrl+c":
		return Action{Do: Interrupt}
	case "ctrl+z":
		return Action{Do: Suspend}
	}
	switch m.mode {
	case typing:
		m.typed(k)
		return Action{}
	case killing:
		return m.killKey(k)
	case reading, helping:
		return m.coverKey(k)
	default:
		return m.listKey(k)
	}
}

func (m *Model) listKey(k Key) (a Action) {
	if to, ok := m.moved(k.Name, m.cursor, m.listHeight(), len(m.shown)-1); ok {
		m.cursor = to
		m.settle()
		return a
	}
	switch k.Name {
	case "q":
		a.Do = Quit
	case "?":
		m.mode, m.scroll = helping, 0
	case "/":
		m.mode = typing
	case "esc":
		m.filter, m.proto, m.privileged = "", "", false
		m.arrange()
	case "s":
		m.sortNext()
	case "S":
		m.descending = !m.descending
		m.arrange()
		m.first()
	case "t":
		m.onlyProto("tcp")
	case "u":
		m.onlyProto("udp")
	case "p":
		m.privileged = !m.privileged
		m.arrange()
	case "a":
		m.scope.All = !m.scope.All
		a.Do = Refresh
	case "n":
		m.scope.OwnNetNS = !m.scope.OwnNetNS
		a.Do = Refresh
	case "enter":
		return m.explain()
	case "K":
		return m.askKill()
	case "x":
		a.Do, a.Sockets = Export, m.exported()
	}
	return a
}

// moved is where a key of movement leads in a list of lines.
func (m *Model) moved(key string, at, page, last int) (to int, ok bool) {
	switch key {
	case "up", "k":
		at--
	case "down", "j":
		at++
	case "pgup", "ctrl+b":
		at -= page
	case "pgdown", "ctrl+f", "space":
		at += page
	case "home", "g":
		at = 0
	case "end", "G":
		at = last
	default:
		return at, false
	}
	return max(0, min(at, last)), true
}

func (m *Model) onlyProto(proto string) {
	if m.proto == proto {
		proto = ""
	}
	m.proto = proto
	m.arrange()
}

// typed edits the filter, which works while it is typed.
func (m *Model) typed(k Key) {
	switch k.Name {
	case "enter":
		m.mode = listing
		m.settle()
		return
	case "esc":
		m.mode, m.filter = listing, ""
	case "backspace":
		_, last := utf8.DecodeLastRuneInString(m.filter)
		m.filter = m.filter[:len(m.filter)-last]
	case "ctrl+u":
		m.filter = ""
	default:
		const most = 80
		if len(m.filter)+len(k.Text) > most {
			return
		}
		m.filter += k.Text
	}
	m.arrange()
}

// explain opens the detail of the row under the cursor.
func (m *Model) explain() Action {
	r, ok := m.selected()
	if !ok {
		return Action{}
	}
	m.mode, m.scroll, m.detail = reading, 0, detail{of: r.record}
	return Action{Do: Explain, Socket: r.record}
}

// explained takes the answer to [Explain].
func (m Model) explained(of *record.Record, known []record.Record, err error) Model {
	if m.detail.of != of {
		return m // the user is elsewhere by now
	}
	if err != nil {
		m.detail.fault = m.outside(err.Error())
	}
	m.detail.known = known
	m.settle()
	return m
}

func (m *Model) coverKey(k Key) (a Action) {
	if to, ok := m.moved(k.Name, m.scroll, m.textHeight(), len(m.text())); ok {
		m.scroll = to
		m.settle()
		return a
	}
	switch k.Name {
	case "q":
		a.Do = Quit
	case "esc", "enter", "?", "backspace":
		m.mode, m.detail = listing, detail{}
		m.settle()
	case "K":
		if m.mode == reading {
			return m.askKill()
		}
	}
	return a
}

// exported are the sockets that are shown and there.
func (m *Model) exported() (out []*record.Record) {
	for _, i := range m.shown {
		if m.rows[i].mark != markGone {
			out = append(out, m.rows[i].record)
		}
	}
	return slices.Clip(out)
}

// saved takes the answer to [Export].
func (m Model) saved(name string, n int, err error) Model {
	switch {
	case err != nil:
		m.say("not saved: %v", err)
	case n == 1:
		m.say("1 socket saved in %s", name)
	default:
		m.say("%d sockets saved in %s", n, name)
	}
	return m
}
