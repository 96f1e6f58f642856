package live

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/kill"
	"porthole/internal/record"
)

// state spells what a key can change.
func state(m model) string {
	parts := []string{[...]string{"list", "type", "read", "help", "kill"}[m.mode], fmt.Sprintf("at %d", m.cursor)}
	if m.scroll > 0 && m.mode != listing {
		parts = append(parts, fmt.Sprintf("line %d", m.scroll))
	}
	for _, p := range []struct {
		on   bool
		word string
	}{
		{m.order != "port" || m.descending, "by " + m.order + map[bool]string{true: " down"}[m.descending]},
		{m.proto != "", m.proto},
		{m.privileged, "privileged"},
		{m.filter != "", "/" + m.filter},
		{m.scope.All, "all states"},
		{m.scope.OwnNetNS, "own netns"},
	} {
		if p.on {
			parts = append(parts, p.word)
		}
	}
	return strings.Join(parts, ", ")
}

// TestKeys presses every key that the help names. The list has 8 rows, of which
// the screen shows 4.
func TestKeys(t *testing.T) {
	for _, test := range []struct {
		keys string // with blanks between
		want string
		do   actionKind
	}{
		{"j", "list, at 1", actionNone},
		{"down down k", "list, at 1", actionNone},
		{"up", "list, at 0", actionNone},
		{"G", "list, at 7", actionNone},
		{"end j", "list, at 7", actionNone},
		{"G g", "list, at 0", actionNone},
		{"G home", "list, at 0", actionNone},
		{"pgdown", "list, at 4", actionNone},
		{"space pgdown pgdown", "list, at 7", actionNone},
		{"G pgup", "list, at 3", actionNone},
		{"s", "list, at 0, by process", actionNone},
		{"s s", "list, at 0, by service", actionNone},
		{"S", "list, at 0, by port down", actionNone},
		{"S S", "list, at 0", actionNone},
		{"t", "list, at 0, tcp", actionNone},
		{"t t", "list, at 0", actionNone},
		{"t u", "list, at 0, udp", actionNone},
		{"p", "list, at 0, privileged", actionNone},
		{"p p", "list, at 0", actionNone},
		{"T", "list, at 0", actionNone},
		{"T T", "list, at 0", actionNone},
		{"T G", "list, at 7", actionNone},
		{"T g", "list, at 0", actionNone},
		{"T enter", "read, at 0", actionExplain},
		{"p t esc", "list, at 0", actionNone},
		{"a", "list, at 0, all states", actionRefresh},
		{"a a", "list, at 0", actionRefresh},
		{"n", "list, at 0, own netns", actionRefresh},
		{"/", "type, at 0", actionNone},
		{"/ q", "type, at 0, /q", actionNone},
		{"/ n g backspace", "type, at 1, /n", actionNone},
		{"/ n g ctrl+u", "type, at 1", actionNone},
		{"/ n g enter", "list, at 0, /ng", actionNone},
		{"/ n g enter / i", "type, at 0, /ngi", actionNone},
		{"/ n g enter esc", "list, at 1", actionNone},
		{"/ n g esc", "list, at 1", actionNone},
		{"/ ctrl+c", "type, at 0", actionInterrupt},
		{"enter", "read, at 0", actionExplain},
		{"enter esc", "list, at 0", actionNone},
		{"enter enter", "list, at 0", actionNone},
		{"enter q", "read, at 0", actionQuit},
		{"enter K", "kill, at 0", actionHold},
		{"?", "help, at 0", actionNone},
		{"? ?", "list, at 0", actionNone},
		{"? j j", "help, at 0, line 2", actionNone},
		{"? G g", "help, at 0", actionNone},
		{"x", "list, at 0", actionExport},
		{"j K", "kill, at 1", actionHold},
		{"j K y", "kill, at 1", actionNone}, // not before it is held
		{"j K tab", "kill, at 1", actionHold},
		{"j K esc", "list, at 1", actionRelease},
		{"j K q", "list, at 1", actionRelease},
		{"ctrl+z", "list, at 0", actionSuspend},
		{"ctrl+c", "list, at 0", actionInterrupt},
		{"q", "list, at 0", actionQuit},
		{"f5", "list, at 0", actionNone},
	} {
		m, a := press(t, begun(Style{}).resize(80, 8), strings.Fields(test.keys)...)
		if got := state(m); got != test.want || a.kind != test.do {
			t.Errorf("%s: %s, action %d; want %s, action %d", test.keys, got, a.kind, test.want, test.do)
		}
		if at := m.cursorLine(); at < m.top || at >= m.top+m.listHeight() {
			t.Errorf("%s: row %d is off the screen, which begins with %d", test.keys, m.cursor, m.top)
		}
	}
}

// TestHelpNamesKeys checks that each key of the list is in the help.
func TestHelpNamesKeys(t *testing.T) {
	text := strings.Join(help(80), "\n")
	for _, key := range []string{"j k", "g G", "PgUp PgDn", "Enter", "/", "Esc", "K", "s S", "t u", "p ", "a ", "n ", "x ", "Ctrl-Z", "?", "q Ctrl-C"} {
		if !strings.Contains(text, " "+key) {
			t.Errorf("help does not name %q", key)
		}
	}
	if n := len(help(60)); n > 15-3 {
		t.Errorf("help takes %d lines of a terminal of 60x15", n)
	}
}

// TestShown checks which rows are shown, and in which order.
func TestShown(t *testing.T) {
	for keys, want := range map[string][]uint16{
		"":                {22, 80, 443, 5353, 5432, 6379, 8080, 31337},
		"S":               {31337, 8080, 6379, 5432, 5353, 443, 80, 22},
		"u":               {5353},
		"p t":             {22, 80, 443},
		"/ n g i n":       {80, 443},
		"/ N G I space s": {80, 443}, // nginx, and https or a state or a note
		"/ 8 0":           {80, 8080},
		"/ l o w space 2": {22, 80, 443},
		"/ d b":           {5432},
		"s":               {5353, 31337, 80, 443, 5432, 6379, 22, 8080}, // by process
	} {
		m := pressed(t, begun(Style{}), strings.Fields(keys)...)
		if diff := cmp.Diff(want, ports(m)); diff != "" {
			t.Errorf("%q: -want +got\n%s", keys, diff)
		}
	}
}

// TestCursorFollows checks that the cursor stays on its socket while others come
// and go.
func TestCursorFollows(t *testing.T) {
	m := pressed(t, begun(Style{}), "j", "j")
	m = m.apply(Batch{At: start().Add(time.Second), Events: []Event{
		{Kind: EventKindOpened, Number: 20, Socket: socket("tcp", "0.0.0.0", 25, "smtp", "all", "root", process(30, "postfix"))},
	}})
	if r, ok := m.selected(); !ok || r.record.Port != 443 || m.cursor != 3 {
		t.Errorf("at %d: %+v", m.cursor, r.record)
	}
	m = m.apply(Batch{At: start().Add(2 * time.Second), Events: []Event{{Kind: EventKindClosed, Number: 3, Socket: machine()[2].Socket}}})
	if r, _ := m.selected(); r.mark != markGone {
		t.Errorf("the closed socket is not under the cursor: %+v", r)
	}
	m = m.tick(start().Add(10 * time.Second))
	if r, ok := m.selected(); !ok || r.record.Port != 5353 {
		t.Errorf("after it left: %+v", r.record)
	}
}

// TestCursorStays opens and closes sockets and presses keys in random order. The
// cursor stays on its socket as long as that is shown, and every frame can be drawn.
func TestCursorStays(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	keys := []string{"/", "h", "enter", "enter", "esc", "s", "S", "t", "u", "p", "?", "K", "x"}
	for range 200 {
		m, now, next, there := begun(Style{}), start(), uint64(100), map[uint64]*record.Record{}
		for range 60 {
			was, had := m.selected()
			var what string
			if random.IntN(3) > 0 {
				now = now.Add(time.Duration(random.IntN(4000)) * time.Millisecond)
				what = "a refresh"
				var events []Event
				for number, socket := range there {
					if random.IntN(3) == 0 {
						events = append(events, Event{Kind: EventKindClosed, Number: number, Socket: socket})
						delete(there, number)
					}
				}
				for range random.IntN(4) {
					next++
					there[next] = socket("tcp", "127.0.0.1", uint16(random.IntN(60000)), "http", "loopback", "root", process(900, "httpd"))
					events = append(events, Event{Kind: EventKindOpened, Number: next, Socket: there[next]})
				}
				m = m.apply(Batch{At: now, Events: events})
			} else {
				what = keys[random.IntN(len(keys))]
				m = pressed(t, m, what)
			}
			render(m, 60, 15)
			is, _ := m.selected()
			if moves := what == "s" || what == "S"; had && !moves && is.number != was.number {
				shown := func(i int) bool { return m.rows[i].number == was.number }
				if slices.ContainsFunc(m.shown, shown) {
					t.Fatalf("after %q the cursor is on %d, and was on %d", what, is.number, was.number)
				}
			}
		}
	}
}

// TestMarks follows a row from opened to closed.
func TestMarks(t *testing.T) {
	marks := func(m model) (out []string) {
		for _, r := range m.rows {
			if r.mark != "" {
				out = append(out, fmt.Sprintf("%s %d", r.mark, r.record.Port))
			}
		}
		return out
	}
	at := func(s int) time.Time { return start().Add(time.Duration(s) * time.Second) }
	smtp := socket("tcp", "0.0.0.0", 25, "smtp", "all", "root", process(30, "postfix"))
	expect := func(m model, total int, want ...string) {
		t.Helper()
		if got := marks(m); !slices.Equal(got, want) || m.total() != total {
			t.Errorf("marks %q of %d, want %q of %d", got, m.total(), want, total)
		}
	}
	m := begun(Style{})
	expect(m, 8)
	m = m.apply(Batch{At: at(1), Events: []Event{{Kind: EventKindOpened, Number: 20, Socket: smtp}}})
	expect(m, 9, "new 25")
	expect(m.tick(at(5)), 9, "new 25")
	m = m.tick(at(6))
	expect(m, 9)
	m = m.apply(Batch{At: at(7), Events: []Event{{Kind: EventKindChanged, Number: 20, Socket: smtp}}})
	expect(m, 9, "chg 25")
	m = m.apply(Batch{At: at(8), Events: []Event{{Kind: EventKindClosed, Number: 20, Socket: smtp}}})
	expect(m, 8, "gone 25")
	if slices.ContainsFunc(m.exported(), func(r *record.Record) bool { return r.Port == 25 }) {
		t.Error("what is gone is exported")
	}
	m = m.apply(Batch{At: at(9), Events: []Event{{Kind: EventKindFiltered, Number: 1, Socket: machine()[0].Socket}}})
	expect(m, 7, "gone 25")
	expect(m.apply(Batch{At: at(13)}), 7)
}

// TestScopes checks that a batch of the scope before is ignored, and that the first of
// the new one replaces all rows.
func TestScopes(t *testing.T) {
	m := pressed(t, begun(Style{}), "a")
	old := m.apply(Batch{At: start(), Events: []Event{{Kind: EventKindOpened, Number: 50, Socket: machine()[0].Socket}}})
	if old.total() != 8 {
		t.Errorf("%d sockets after an old answer", old.total())
	}
	m = m.apply(Batch{At: start(), Scope: Scope{All: true}, Full: true, Events: machine()[:3]})
	if m.total() != 3 || m.rows[0].mark != "" {
		t.Errorf("%d sockets after the new answer", m.total())
	}
}

// TestPure checks that a key does not change the model that it is given.
func TestPure(t *testing.T) {
	m := begun(Style{})
	before := render(m, 80, 24)
	for _, key := range []string{"j", "G", "s", "S", "t", "p", "a", "n", "/", "enter", "K", "?", "x"} {
		pressed(t, m, key, "j", "k")
	}
	m.apply(Batch{At: start().Add(time.Minute), Events: []Event{{Kind: EventKindClosed, Number: 1, Socket: machine()[0].Socket}}})
	m.fail(start().Add(time.Hour), errors.New("no"))
	render(m, 20, 5)
	if after := render(m, 80, 24); after != before {
		t.Errorf("the model changed: %s", cmp.Diff(before, after))
	}
}

// TestKill goes through the dialog to end a process.
func TestKill(t *testing.T) {
	m, a := press(t, begun(Style{}), "j", "K")
	if a.kind != actionHold || a.process.PID != 811 {
		t.Fatalf("%+v", a)
	}
	m = m.held(nil)
	if m.poll().kind != actionCheck {
		t.Error("it does not check whether the process ends by itself")
	}
	if _, a := press(t, m, "K"); a.kind != actionNone {
		t.Error("KILL before TERM")
	}
	m, a = press(t, m, "y")
	if a.kind != actionTerminate {
		t.Fatalf("y: %+v", a)
	}
	m = m.signalled(actionTerminate, nil)
	if m.poll().kind != actionCheck {
		t.Error("it does not check whether the process has ended")
	}
	if _, a := press(t, m, "y"); a.kind != actionNone {
		t.Error("TERM twice")
	}
	if _, a := press(t, m, "K"); a.kind != actionKill {
		t.Error("no KILL after TERM")
	}
	if ended := m.ended(); ended.mode != listing || !strings.Contains(ended.notice, "nginx (811) has ended") {
		t.Errorf("%q", ended.notice)
	}
	left := pressed(t, m, "esc")
	again, a := press(t, left, "K")
	if a.kind != actionHold {
		t.Fatalf("%+v", a)
	}
	if _, a := press(t, again.held(nil), "K"); a.kind != actionKill {
		t.Error("the second ask, after leaving, does not offer KILL")
	}
	if next, a := press(t, again, "tab"); a.process.PID != 812 || next.kill.sent != (time.Time{}) {
		t.Errorf("another holder: %+v, sent %v", a, next.kill.sent)
	}
	only := m.signalled(actionTerminate, errors.ErrUnsupported)
	if _, a := press(t, only, "K"); a.kind != actionKill {
		t.Error("a system without TERM offers no KILL")
	}
}

// TestKillRefused checks which processes are not signalled, and that the reason is
// shown.
func TestKillRefused(t *testing.T) {
	self := process(4242, "porthole")
	old := process(77, "old")
	old.Started = nil
	m := newModel(Style{}, Scope{}, "", kill.Protected{Self: 4242}).resize(100, 24).apply(Batch{At: start(), Full: true, Events: []Event{
		{Kind: EventKindPresent, Number: 1, Socket: socket("tcp", "0.0.0.0", 1, "", "all", "root", process(1, "init"))},
		{Kind: EventKindPresent, Number: 2, Socket: socket("tcp", "0.0.0.0", 2, "", "all", "root", self)},
		{Kind: EventKindPresent, Number: 3, Socket: socket("tcp", "0.0.0.0", 3, "", "all", "root", old)},
		{Kind: EventKindPresent, Number: 4, Socket: socket("tcp", "0.0.0.0", 4, "", "all", "root", process(5, "sh"))},
	}})
	for keys, why := range map[string]string{
		"K":     "process 1 keeps",
		"j K":   "this is porthole itself",
		"j j K": "another process could have its PID",
	} {
		refused, a := press(t, m, strings.Fields(keys)...)
		if a.kind == actionHold || !strings.Contains(render(refused, 100, 24), why) {
			t.Errorf("%s: action %d\n%s", keys, a.kind, render(refused, 100, 24))
		}
		for _, key := range []string{"y", "K"} {
			if _, a := press(t, refused, key); a.kind != actionNone {
				t.Errorf("%s %s: action %d", keys, key, a.kind)
			}
		}
	}
	denied := pressed(t, m, "G", "K").held(errors.New("it belongs to mallory\x1b[2J"))
	if _, a := press(t, denied, "y"); a.kind != actionNone || !strings.Contains(render(denied, 100, 24), `mallory\x1b[2J`) {
		t.Errorf("denied: action %d\n%s", a.kind, render(denied, 100, 24))
	}
	hidden := pressed(t, begun(Style{}), "j", "j", "j", "K")
	if hidden.mode != listing || !strings.Contains(hidden.notice, "no holder is known (permission)") {
		t.Errorf("a hidden holder: %q", hidden.notice)
	}
}

// TestKillFromDetail checks that K is about the socket whose detail is shown, even if
// the cursor has moved to another one.
func TestKillFromDetail(t *testing.T) {
	m := pressed(t, begun(Style{}), "j", "enter")
	m = m.apply(Batch{At: start().Add(time.Second), Events: []Event{{Kind: EventKindClosed, Number: 2, Socket: machine()[1].Socket}}})
	m = m.tick(start().Add(time.Minute))
	if r, _ := m.selected(); r.record.Port == 80 {
		t.Fatal("the socket did not leave the list")
	}
	m, a := press(t, m, "K")
	if a.kind != actionHold || m.kill.of.Port != 80 || m.detail.of != nil {
		t.Errorf("action %d about %d", a.kind, m.kill.of.Port)
	}
}

// TestDetail checks that an explanation is shown for the socket that it is about only.
func TestDetail(t *testing.T) {
	m, a := press(t, begun(Style{}), "enter")
	elsewhere, b := press(t, pressed(t, m, "esc", "j"), "enter")
	if a.socket == b.socket {
		t.Fatal("the same socket")
	}
	if got := elsewhere.explained(a.socket, explained22(), nil); got.detail.explanations != nil {
		t.Error("the answer for another socket is shown")
	}
	m = m.explained(a.socket, nil, errors.New("no\x07 answer"))
	if frame := render(m, 80, 24); !strings.Contains(frame, `no\x07 answer`) {
		t.Errorf("the error is not shown:\n%s", frame)
	}
	scrolled := pressed(t, elsewhere.explained(b.socket, explained22(), nil).resize(60, 8), "G")
	if frame := render(scrolled, 60, 8); !strings.Contains(frame, "sshd -D") || !strings.Contains(frame, "of 16") {
		t.Errorf("the end is not shown:\n%s", frame)
	}
}
