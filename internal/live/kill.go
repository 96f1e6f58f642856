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

// killDialog is the dialog to end a holder of a socket. The process is held before
// the user can confirm, so that no other one is signalled.
type killDialog struct {
	of       *record.Record
	choice   int       // index of the holders
	ready    bool      // the process is held and may be signalled
	refusal  string    // why it may not; "" if it may
	sent     time.Time // of the last signal; zero if none
	lastTerm termSent  // the last SIGTERM
}

// termSent is a SIGTERM that was sent.
type termSent struct {
	pid     int
	started time.Time
	at      time.Time
}

// askKill opens the dialog for the socket under the cursor, or for the one whose
// detail is shown, since the cursor may have moved to another since.
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
		m.notify("that socket is closed")
		return action{}
	case len(of.Holders()) == 0:
		m.notify("no holder is known (%s), so there is nothing to signal", cmp.Or(of.Hidden, "not asked for"))
		return action{}
	}
	m.mode, m.scroll = killing, 0
	m.kill = killDialog{of: of, lastTerm: m.kill.lastTerm}
	choice := slices.IndexFunc(of.Holders(), func(p record.Process) bool { return m.protected.Refusal(p) == "" })
	return m.choose(max(choice, 0))
}

// choose selects one of the holders.
func (m *model) choose(i int) action {
	k := &m.kill
	k.choice, k.ready, k.refusal, k.sent = i, false, "", time.Time{}
	p := k.process()
	if k.refusal = m.protected.Refusal(p); k.refusal != "" {
		return action{kind: actionRelease}
	}
	if past := k.lastTerm; past.pid == p.PID && past.started.Sub(*p.Started).Abs() < 2*time.Second {
		k.sent = past.at
	}
	return action{kind: actionHold, process: p}
}

func (k *killDialog) process() record.Process { return k.of.Holders()[k.choice] }

// held handles the result of actionHold: whether the process may be signalled.
func (m model) held(err error) model {
	if m.mode != killing {
		return m
	}
	m.kill.ready = err == nil
	if err != nil {
		m.kill.refusal = m.escape(err.Error())
	}
	return m
}

// signalled handles the result of actionTerminate and actionKill.
func (m model) signalled(do actionKind, err error) model {
	if m.mode != killing {
		return m
	}
	p := m.kill.process()
	if err != nil && !(do == actionTerminate && errors.Is(err, errors.ErrUnsupported)) { // Windows can only kill
		m.kill.ready, m.kill.refusal = false, m.escape(err.Error())
		return m
	}
	m.kill.sent = m.now
	if do == actionTerminate {
		m.kill.lastTerm = termSent{p.PID, *p.Started, m.now}
	}
	return m
}

// ended handles the result of actionCheck if the process has ended.
func (m model) ended() model {
	if m.mode != killing {
		return m
	}
	p := m.kill.process()
	m.mode, m.kill = listing, killDialog{}
	m.scrollIntoView()
	m.notify("%s (%d) has ended", p.Name, p.PID)
	return m
}

// poll returns what to do every second: check whether the process has ended, by a
// signal or by itself.
func (m *model) poll() action {
	if m.mode == killing && m.kill.ready {
		return action{kind: actionCheck}
	}
	return action{}
}

func (m *model) killKey(key keyPress) action {
	k := &m.kill
	last := len(k.of.Holders()) - 1
	switch key.name {
	case "esc", "n", "q", "backspace":
		m.mode, m.kill = listing, killDialog{lastTerm: k.lastTerm}
		m.scrollIntoView()
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
		if to, ok := m.movedTo(key.name, m.scroll, m.textHeight(), len(m.text())); ok {
			m.scroll = to
			m.scrollIntoView()
		}
	}
	return action{}
}

func (k *killDialog) hints() []string {
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

// killText is the text of the dialog: which process, and what depends on it.
func (m *model) killText() []string {
	k := &m.kill
	p := k.process()
	who := m.escape(fmt.Sprintf("%s (%d)", cmp.Or(p.Name, "?"), p.PID))
	lines := []string{" End " + who + "?", ""}
	switch {
	case k.refusal != "":
		lines[0] = " " + who + " cannot be signalled"
		lines = append(lines, m.field("why", k.refusal)...)
	case !k.ready:
		lines = append(lines, m.field("state", "checking whether it may be signalled")...)
	case !k.sent.IsZero():
		lines[0] = " " + who + " got TERM and still runs. KILL it?"
		lines = append(lines, m.field("TERM", ago(m.now.Sub(k.sent))+"; KILL cannot be caught, so the program cannot save anything")...)
	}
	lines = append(lines, m.field("holds", socketLine(k.of))...)
	lines = append(lines, m.field("also holds", m.otherSockets(p.PID, k.of))...)
	lines = append(lines, m.field("shared with", k.otherHolders())...)
	lines = append(lines, m.field("user", report.Escape(p.User))...)
	if p.Started != nil {
		lines = append(lines, m.field("started", p.Started.UTC().Format("2006-01-02 15:04:05 UTC")+", "+ago(m.now.Sub(*p.Started)))...)
	}
	lines = append(lines, m.field("unit", report.Escape(p.Unit))...)
	lines = append(lines, m.field("container", report.Escape(p.Container))...)
	return append(lines, m.field("command", report.Escape(strings.Join(p.Cmdline, " ")))...)
}

// otherHolders names the other holders of the socket.
func (k *killDialog) otherHolders() string {
	var names []string
	for i, p := range k.of.Holders() {
		if i != k.choice {
			names = append(names, report.Escape(fmt.Sprintf("%s (%d)", cmp.Or(p.Name, "?"), p.PID)))
		}
	}
	if len(names) == 0 {
		return "no other process: the port is free when it has ended"
	}
	return strings.Join(names, ", ") + ": the socket stays open"
}

// otherSockets names the other sockets of a process.
func (m *model) otherSockets(pid int, but *record.Record) string {
	var names []string
	for _, r := range m.rows {
		if r.record == but || r.mark == markGone || r.record.RemotePort != 0 {
			continue
		}
		if slices.ContainsFunc(r.record.Holders(), func(p record.Process) bool { return p.PID == pid }) {
			names = append(names, r.record.Proto+"/"+strconv.Itoa(int(r.record.Port)))
		}
	}
	return strings.Join(slices.Compact(names), ", ")
}

// field lays out a name and a text, on as many lines as the text needs; none if it
// is "".
func (m *model) field(name, text string) (lines []string) {
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
