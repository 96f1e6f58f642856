package live

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"porthole/internal/grid"
	"porthole/internal/record"
	"porthole/internal/report"
)

// kill is the state of ending a process: it is asked for, held, and confirmed.
type kill struct {
	of     *record.Record
	choice int    // of the holders
	ready  bool   // the process is held and may be signalled
	refuse string // why not
	sent   time.Time
	past   attempt // the last process that was asked to end
}

// attempt is a process that got SIGTERM.
type attempt struct {
	pid     int
	started time.Time
	at      time.Time
}

// askKill is about the socket under the cursor, or the one whose detail is read:
// by then the cursor may be on another.
func (m *model) askKill() action {
	r, ok := m.selected()
	of := r.record
	if m.mode == reading {
		of, ok, r.mark = m.detail.of, true, ""
	}
	m.mode, m.detail = listing, detail{}
	switch {
	case !ok:
		return action{}
	case r.mark == markGone:
		m.say("that socket is gone")
		return action{}
	case len(of.Holders()) == 0:
		m.say("no holder is known (%s), so there is nobody to signal", cmp.Or(of.Hidden, "not asked for"))
		return action{}
	}
	m.mode, m.scroll = killing, 0
	m.kill = kill{of: of, past: m.kill.past}
	choice := slices.IndexFunc(of.Holders(), func(p record.Process) bool { return p.PID != 1 && p.PID != m.self })
	return m.choose(max(choice, 0))
}

// choose turns to one of the holders.
func (m *model) choose(i int) action {
	k := &m.kill
	k.choice, k.ready, k.refuse, k.sent = i, false, "", time.Time{}
	p := k.victim()
	switch {
	case p.PID == 1:
		k.refuse = "process 1 keeps the whole system up"
	case p.PID == m.self:
		k.refuse = "that is this porthole; q quits it"
	case p.Started == nil:
		k.refuse = "when it was started is not known, so another process could have its number by now"
	}
	if k.refuse != "" {
		return action{kind: actionRelease}
	}
	if past := k.past; past.pid == p.PID && past.started.Sub(*p.Started).Abs() < 2*time.Second {
		k.sent = past.at
	}
	return action{kind: actionHold, process: p}
}

func (k *kill) victim() record.Process { return k.of.Holders()[k.choice] }

// held takes the answer to [Hold]: whether the process may be signalled.
func (m model) held(err error) model {
	if m.mode != killing {
		return m
	}
	m.kill.ready = err == nil
	if err != nil {
		m.kill.refuse = m.outside(err.Error())
	}
	return m
}

// signalled takes the answer to [actionTerminate] and [actionKill].
func (m model) signalled(do actionKind, err error) model {
	if m.mode != killing {
		return m
	}
	p := m.kill.victim()
	if err != nil && !(do == actionTerminate && errors.Is(err, errors.ErrUnsupported)) { // Windows only kills
		m.kill.ready, m.kill.refuse = false, m.outside(err.Error())
		return m
	}
	m.kill.sent = m.now
	if do == actionTerminate {
		m.kill.past = attempt{p.PID, *p.Started, m.now}
	}
	return m
}

// ended takes the answer to [actionCheck] when the process has ended.
func (m model) ended() model {
	if m.mode != killing {
		return m
	}
	p := m.kill.victim()
	m.mode, m.kill = listing, kill{}
	m.settle()
	m.say("%s (%d) has ended", p.Name, p.PID)
	return m
}

// waits is what has to be asked each second: whether a process that got a
// signal has ended.
func (m *model) waits() action {
	if m.mode == killing && m.kill.ready && !m.kill.sent.IsZero() {
		return action{kind: actionCheck}
	}
	return action{}
}

func (m *model) killKey(key keyPress) action {
	k := &m.kill
	last := len(k.of.Holders()) - 1
	switch key.name {
	case "esc", "n", "q", "backspace":
		m.mode, m.kill = listing, kill{past: k.past}
		m.settle()
		return action{kind: actionRelease}
	case "tab", "l", "right":
		if k.choice < last {
			return m.choose(k.choice + 1)
		}
	case "shift+tab", "h", "left":
		if k.choice > 0 {
			return m.choose(k.choice - 1)
		}
	case "y":
		if k.ready && k.sent.IsZero() {
			return action{kind: actionTerminate}
		}
	case "K":
		if k.ready && !k.sent.IsZero() {
			return action{kind: actionKill}
		}
	default:
		if to, ok := m.moved(key.name, m.scroll, m.textHeight(), len(m.text())); ok {
			m.scroll = to
			m.settle()
		}
	}
	return action{}
}

func (k *kill) hints() []string {
	var hints []string
	switch {
	case !k.ready:
	case k.sent.IsZero():
		hints = append(hints, "y send TERM")
	default:
		hints = append(hints, "K send KILL")
	}
	hints = append(hints, "Esc leave it alone")
	if k.of != nil && len(k.of.Holders()) > 1 {
		hints = append(hints, "Tab next holder")
	}
	return hints
}

// killText says who would be ended, and what else that is about.
func (m *model) killText() []string {
	k := &m.kill
	p := k.victim()
	who := m.outside(fmt.Sprintf("%s (%d)", cmp.Or(p.Name, "?"), p.PID))
	lines := []string{" End " + who + "?", ""}
	switch {
	case k.refuse != "":
		lines[0] = " " + who + " cannot be signalled"
		lines = append(lines, m.fold("why", k.refuse)...)
	case !k.ready:
		lines = append(lines, m.fold("state", "looking whether it may be signalled")...)
	case !k.sent.IsZero():
		lines[0] = " " + who + " got TERM and still runs. KILL it?"
		lines = append(lines, m.fold("TERM", ago(m.now.Sub(k.sent))+"; KILL cannot be caught, and nothing is saved")...)
	}
	lines = append(lines, m.fold("holds", place(k.of))...)
	lines = append(lines, m.fold("also holds", m.others(p.PID, k.of))...)
	lines = append(lines, m.fold("shared with", k.companions())...)
	lines = append(lines, m.fold("user", report.Escape(p.User))...)
	if p.Started != nil {
		lines = append(lines, m.fold("started", p.Started.UTC().Format("2006-01-02 15:04:05 UTC")+", "+ago(m.now.Sub(*p.Started)))...)
	}
	lines = append(lines, m.fold("unit", report.Escape(p.Unit))...)
	lines = append(lines, m.fold("container", report.Escape(p.Container))...)
	return append(lines, m.fold("command", report.Escape(strings.Join(p.Cmdline, " ")))...)
}

// companions are the others that hold the socket.
func (k *kill) companions() string {
	var names []string
	for i, p := range k.of.Holders() {
		if i != k.choice {
			names = append(names, report.Escape(fmt.Sprintf("%s (%d)", cmp.Or(p.Name, "?"), p.PID)))
		}
	}
	if len(names) == 0 {
		return "nobody: the port is free once it has ended"
	}
	return strings.Join(names, ", ") + ": the socket stays"
}

// others are the other sockets of a process that are known.
func (m *model) others(pid int, but *record.Record) string {
	var places []string
	for _, r := range m.rows {
		if r.record == but || r.mark == markGone || r.record.RemotePort != 0 {
			continue
		}
		if slices.ContainsFunc(r.record.Holders(), func(p record.Process) bool { return p.PID == pid }) {
			places = append(places, r.record.Proto+"/"+strconv.Itoa(int(r.record.Port)))
		}
	}
	return strings.Join(slices.Compact(places), ", ")
}

// fold sets a text beside its name, over as many lines as it needs; an empty one
// has none.
func (m *model) fold(name, text string) (lines []string) {
	const indent = 14
	if text == "" {
		return nil
	}
	for _, line := range grid.Fold(m.style.plain(text), max(m.width-indent-1, 10)) {
		lines = append(lines, fmt.Sprintf("  %-*s%s", indent-2, name, line))
		name = ""
	}
	return lines
}
