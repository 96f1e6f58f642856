package live

import (
	"slices"
	"unicode/utf8"

	"porthole/internal/report"
)

// Action is what a key asks of the world outside the model.
type Action struct {
	Do      Do
	Socket  *report.Record   // to explain
	Process report.Process   // to hold, so that it can be signalled
	Sockets []*report.Record // to export
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

// Key takes a key.
func (m Model) Key(k Key) (Model, Action) {
	switch k.Name {
	case "ctrl+c":
		return m, Action{Do: Interrupt}
	case "ctrl+z":
		return m, Action{Do: Suspend}
	}
	switch m.mode {
	case typing:
		return m.typed(k), Action{}
	case killing:
		return m.killKey(k)
	case reading, helping:
		return m.coverKey(k)
	default:
		return m.listKey(k)
	}
}

func (m Model) listKey(k Key) (Model, Action) {
	if to, ok := m.moved(k.Name, m.cursor, m.listHeight(), len(m.shown)-1); ok {
		m.cursor = to
		return m.settle(), Action{}
	}
	switch k.Name {
	case "q":
		return m, Action{Do: Quit}
	case "?":
		m.mode, m.scroll = helping, 0
	case "/":
		m.mode = typing
	case "esc":
		m.filter, m.proto, m.privileged = "", "", false
		return m.arrange(), Action{}
	case "s":
		return m.sortNext(), Action{}
	case "S":
		m.descending = !m.descending
		return m.arrange().first(), Action{}
	case "t":
		return m.onlyProto("tcp"), Action{}
	case "u":
		return m.onlyProto("udp"), Action{}
	case "p":
		m.privileged = !m.privileged
		return m.arrange(), Action{}
	case "a":
		m.scope.All = !m.scope.All
		return m, Action{Do: Refresh}
	case "n":
		m.scope.OwnNetNS = !m.scope.OwnNetNS
		return m, Action{Do: Refresh}
	case "enter":
		return m.explain()
	case "K":
		return m.askKill()
	case "x":
		return m, Action{Do: Export, Sockets: m.exported()}
	}
	return m, Action{}
}

// moved is where a key of movement leads in a list of lines.
func (m Model) moved(key string, at, page, last int) (to int, ok bool) {
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

func (m Model) onlyProto(proto string) Model {
	if m.proto == proto {
		proto = ""
	}
	m.proto = proto
	return m.arrange()
}

// typed edits the filter, which works while it is typed.
func (m Model) typed(k Key) Model {
	switch k.Name {
	case "enter":
		m.mode = listing
		return m.settle()
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
			return m
		}
		m.filter += k.Text
	}
	return m.arrange()
}

// explain opens the detail of the row under the cursor.
func (m Model) explain() (Model, Action) {
	r, ok := m.selected()
	if !ok {
		return m, Action{}
	}
	m.mode, m.scroll, m.detail = reading, 0, detail{of: r.record}
	return m, Action{Do: Explain, Socket: r.record}
}

// Explained takes the answer to [Explain].
func (m Model) Explained(of *report.Record, known []report.Record, err error) Model {
	if m.detail.of != of {
		return m // the user is elsewhere by now
	}
	if err != nil {
		m.detail.fault = m.outside(err.Error())
	}
	m.detail.known = known
	return m.settle()
}

func (m Model) coverKey(k Key) (Model, Action) {
	if to, ok := m.moved(k.Name, m.scroll, m.textHeight(), len(m.text())); ok {
		m.scroll = to
		return m.settle(), Action{}
	}
	switch k.Name {
	case "q":
		return m, Action{Do: Quit}
	case "esc", "enter", "?", "backspace":
		m.mode, m.detail = listing, detail{}
		return m.settle(), Action{}
	case "K":
		if m.mode == reading {
			return m.askKill()
		}
	}
	return m, Action{}
}

// exported are the sockets that are shown and there.
func (m Model) exported() (out []*report.Record) {
	for _, i := range m.shown {
		if m.rows[i].mark != markGone {
			out = append(out, m.rows[i].record)
		}
	}
	return slices.Clip(out)
}

// Exported takes the answer to [Export].
func (m Model) Exported(name string, n int, err error) Model {
	if err != nil {
		return m.say("not saved: %v", err)
	}
	if n == 1 {
		return m.say("1 socket saved in %s", name)
	}
	return m.say("%d sockets saved in %s", n, name)
}
