package live

import (
	"slices"
	"unicode/utf8"

	"porthole/internal/record"
)

// action is what a key asks of the world outside the model.
type action struct {
	kind    actionKind
	socket  *record.Record   // to explain
	process record.Process   // to hold, so that it can be signalled
	sockets []*record.Record // to export
}

// actionKind names an action.
type actionKind uint8

const (
	actionNone      actionKind = iota
	actionQuit                 // leave
	actionInterrupt            // leave, as by SIGINT
	actionSuspend              // give the terminal back until the shell says otherwise
	actionRefresh              // now: the scope is another
	actionExplain              // Socket
	actionHold                 // Process; it stays this one whoever gets its PID next
	actionTerminate            // ask the process that is held to end
	actionKill                 // end it
	actionCheck                // whether it has ended
	actionRelease              // it is not held any longer
	actionExport               // Sockets
)

// keyPress is one keyPress: its name ("up", "ctrl+c", "j"), and the text that it types.
type keyPress struct{ name, text string }

// press takes a key.
func (m model) press(k keyPress) (model, action) {
	a := m.key(k)
	return m, a
}

func (m *model) key(k keyPress) action {
	switch k.name {
	case "ctrl+c":
		return action{kind: actionInterrupt}
	case "ctrl+z":
		return action{kind: actionSuspend}
	}
	switch m.mode {
	case typing:
		m.typed(k)
		return action{}
	case killing:
		return m.killKey(k)
	case reading, helping:
		return m.coverKey(k)
	default:
		return m.listKey(k)
	}
}

func (m *model) listKey(k keyPress) (a action) {
	if to, ok := m.moved(k.name, m.cursor, m.listHeight(), len(m.shown)-1); ok {
		m.cursor = to
		m.settle()
		return a
	}
	switch k.name {
	case "q":
		a.kind = actionQuit
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
		a.kind = actionRefresh
	case "n":
		m.scope.OwnNetNS = !m.scope.OwnNetNS
		a.kind = actionRefresh
	case "enter":
		return m.explain()
	case "K":
		return m.askKill()
	case "x":
		a.kind, a.sockets = actionExport, m.exported()
	}
	return a
}

// moved is where a key of movement leads in a list of lines.
func (m *model) moved(key string, at, page, last int) (to int, ok bool) {
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

func (m *model) onlyProto(proto string) {
	if m.proto == proto {
		proto = ""
	}
	m.proto = proto
	m.arrange()
}

// typed edits the filter, which works while it is typed.
func (m *model) typed(k keyPress) {
	switch k.name {
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
		if len(m.filter)+len(k.text) > most {
			return
		}
		m.filter += k.text
	}
	m.arrange()
}

// explain opens the detail of the row under the cursor.
func (m *model) explain() action {
	r, ok := m.selected()
	if !ok {
		return action{}
	}
	m.mode, m.scroll, m.detail = reading, 0, detail{of: r.record}
	return action{kind: actionExplain, socket: r.record}
}

// explained takes the answer to [actionExplain].
func (m model) explained(of *record.Record, known []record.Record, err error) model {
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

func (m *model) coverKey(k keyPress) (a action) {
	if to, ok := m.moved(k.name, m.scroll, m.textHeight(), len(m.text())); ok {
		m.scroll = to
		m.settle()
		return a
	}
	switch k.name {
	case "q":
		a.kind = actionQuit
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
func (m *model) exported() (out []*record.Record) {
	for _, i := range m.shown {
		if m.rows[i].mark != markGone {
			out = append(out, m.rows[i].record)
		}
	}
	return slices.Clip(out)
}

// saved takes the answer to [actionExport].
func (m model) saved(name string, n int, err error) model {
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
