package live

import (
	"slices"
	"unicode/utf8"

	"porthole/internal/record"
)

// action is what the program has to do after a key.
type action struct {
	kind    actionKind
	socket  *record.Record   // of actionExplain
	process record.Process   // of actionHold
	sockets []*record.Record // of actionExport
}

// actionKind says what to do.
type actionKind uint8

const (
	actionNone actionKind = iota
	actionQuit
	actionInterrupt // quit, as SIGINT does
	actionSuspend   // stop the program, as Ctrl-Z does in a shell
	actionRefresh   // at once: the scope has changed
	actionExplain   // the socket
	actionHold      // open the process for signals, and release the one before
	actionTerminate // send SIGTERM to the held process
	actionKill      // send SIGKILL to it
	actionCheck     // find out whether it has ended
	actionRelease   // close it
	actionExport    // write the sockets to a file
)

// keyPress is a key by its name ("up", "ctrl+c", "j"), and the text that it types.
type keyPress struct{ name, text string }

// press handles a key.
func (m model) press(k keyPress) (model, action) {
	m.gap = "" // somebody has seen it
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
		m.editFilter(k)
		return action{}
	case killing:
		return m.killKey(k)
	case reading, helping:
		return m.overlayKey(k)
	default:
		return m.listKey(k)
	}
}

func (m *model) listKey(k keyPress) (a action) {
	if to, ok := m.movedTo(k.name, m.cursor, m.listHeight(), len(m.shown)-1); ok {
		m.cursor = to
		m.scrollIntoView()
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
		m.rebuild()
	case "s":
		m.sortNext()
	case "S":
		m.descending = !m.descending
		m.rebuild()
		m.first()
	case "t":
		m.onlyProto("tcp")
	case "u":
		m.onlyProto("udp")
	case "T":
		m.tree = !m.tree
		m.rebuild()
	case "p":
		m.privileged = !m.privileged
		m.rebuild()
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

// movedTo returns the line that a key moves to. It is not ok if the key does not
// move.
func (m *model) movedTo(key string, at, page, last int) (to int, ok bool) {
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
	m.rebuild()
}

// editFilter handles a key while the filter is typed. The list follows at once.
func (m *model) editFilter(k keyPress) {
	switch k.name {
	case "enter":
		m.mode = listing
		m.scrollIntoView()
		return
	case "esc":
		m.mode, m.filter = listing, ""
	case "backspace":
		_, last := utf8.DecodeLastRuneInString(m.filter)
		m.filter = m.filter[:len(m.filter)-last]
	case "ctrl+u":
		m.filter = ""
	default:
		const maxFilter = 80 // bytes
		if len(m.filter)+len(k.text) > maxFilter {
			return
		}
		m.filter += k.text
	}
	m.rebuild()
}

// explain opens the detail of the socket under the cursor.
func (m *model) explain() action {
	r, ok := m.selected()
	if !ok {
		return action{}
	}
	m.mode, m.scroll, m.detail = reading, 0, detail{of: r.record}
	return action{kind: actionExplain, socket: r.record}
}

// explained handles the result of actionExplain.
func (m model) explained(of *record.Record, known []record.Record, err error) model {
	if m.detail.of != of {
		return m // the user has left that detail
	}
	if err != nil {
		m.detail.err = m.escape(err.Error())
	}
	m.detail.explanations = known
	m.scrollIntoView()
	return m
}

func (m *model) overlayKey(k keyPress) (a action) {
	if to, ok := m.movedTo(k.name, m.scroll, m.textHeight(), len(m.text())); ok {
		m.scroll = to
		m.scrollIntoView()
		return a
	}
	switch k.name {
	case "q":
		a.kind = actionQuit
	case "esc", "enter", "?", "backspace":
		m.mode, m.detail = listing, detail{}
		m.scrollIntoView()
	case "K":
		if m.mode == reading {
			return m.askKill()
		}
	}
	return a
}

// exported returns the sockets that are shown and open.
func (m *model) exported() (out []*record.Record) {
	for _, i := range m.shown {
		if m.rows[i].mark != markGone {
			out = append(out, m.rows[i].record)
		}
	}
	return slices.Clip(out)
}

// saved handles the result of actionExport.
func (m model) saved(name string, n int, err error) model {
	switch {
	case err != nil:
		m.notify("not saved: %v", err)
	case n == 1:
		m.notify("1 socket saved in %s", name)
	default:
		m.notify("%d sockets saved in %s", n, name)
	}
	return m
}
