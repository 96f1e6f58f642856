package live

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"porthole/internal/kill"
	"porthole/internal/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start() time.Time { return time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC) }

func socket(proto, addr string, port uint16, service, exposure, user string, holders ...record.Process) *record.Record {
	return &record.Record{
		Kind: record.KindSocket, Proto: proto, Addr: addr, Port: port, State: "listen", Service: service, Exposure: exposure,
		User: user, Privileged: new(port < 1024), NetNS: 1, Processes: &holders,
	}
}

func process(pid int, name string, args ...string) record.Process {
	return record.Process{PID: pid, Name: name, User: "root", UID: new(0), Cmdline: append([]string{"/usr/sbin/" + name}, args...),
		Exe: "/usr/sbin/" + name, Started: new(start().Add(-time.Duration(pid) * time.Minute))}
}

// machine is what the tests watch: what is ordinary, what is hidden, and what
// means harm.
func machine() []Event {
	nginx := []record.Process{process(811, "nginx", "-g", "daemon off;"), process(812, "nginx"), process(813, "nginx"), process(814, "nginx")}
	hidden := socket("udp", "0.0.0.0", 5353, "mdns", "all", "avahi")
	hidden.State, hidden.Hidden = "bound", "permission"
	web := socket("tcp", "0.0.0.0", 443, "https", "all", "root", nginx...)
	plain := socket("tcp", "0.0.0.0", 80, "http", "all", "root", nginx...)
	plain.Plaintext, plain.Flags = new(true), []string{"needless-root"}
	boxed := socket("tcp", "10.0.0.2", 5432, "postgresql", "local", "70", process(2001, "postgres"))
	boxed.Container, boxed.NetNSName, boxed.NetNS = "docker:db", "blue", 2
	evil := socket("tcp", "127.0.0.1", 31337, "", "loopback", "mallory", process(666, "\x1b[31mevil\nroot\u202e"))
	wide := socket("tcp", "fe80::1234:5678:9abc:def0%enp0s31f6", 8080, "http-alt", "local", "kim", process(900, "日本語サーバー"))
	all := []*record.Record{
		socket("tcp", "0.0.0.0", 22, "ssh", "all", "root", process(1, "systemd"), process(700, "sshd", "-D")),
		plain, web, hidden, boxed,
		socket("tcp", "::1", 6379, "redis", "loopback", "redis", process(1200, "redis-server", "127.0.0.1:6379")),
		wide, evil,
	}
	events := make([]Event, len(all))
	for i, r := range all {
		events[i] = Event{Kind: EventKindPresent, Number: uint64(i + 1), Socket: r}
	}
	return events
}

// begun is a view that has found the machine.
func begun(s Style) model {
	return newModel(s, Scope{}, "", kill.Protected{Self: 4242}).resize(80, 24).apply(Batch{At: start(), Full: true, Events: machine()})
}

// press takes keys by their names; one letter is the text it types, too.
func press(t *testing.T, m model, names ...string) (model, action) {
	t.Helper()
	var a action
	for _, name := range names {
		text := ""
		if len([]rune(name)) == 1 {
			text = name
		}
		if name == "space" {
			text = " "
		}
		m, a = m.press(keyPress{name: name, text: text})
	}
	return m, a
}

func pressed(t *testing.T, m model, names ...string) model {
	t.Helper()
	m, _ = press(t, m, names...)
	return m
}

// ports are those that are shown, from the top of the list.
func ports(m model) (list []uint16) {
	for _, i := range m.shown {
		list = append(list, m.rows[i].record.Port)
	}
	return list
}

// TestGap holds that readings which were left out are told until a key is pressed, on
// the smallest terminal, too.
func TestGap(t *testing.T) {
	m := begun(Style{})
	at := start().Add(130 * time.Second)
	m = m.apply(Batch{At: at, Since: start().Add(time.Second)}).tick(at.Add(time.Hour))
	const want = "\ngap of 2 min until 07:02:10: what came and went is not shown\n"
	if got := render(m, 60, 15); !strings.Contains(got, want) {
		t.Errorf("no gap in\n%s", got)
	}
	m = m.apply(Batch{At: at.Add(time.Hour)})
	if got := render(m, 60, 15); !strings.Contains(got, want) {
		t.Errorf("the next reading took the gap away:\n%s", got)
	}
	if got := render(pressed(t, m, "j"), 60, 15); strings.Contains(got, "gap") {
		t.Errorf("still after a key:\n%s", got)
	}
}

// TestEmpty checks what is said of a list without rows: there may be sockets that were
// not asked for.
func TestEmpty(t *testing.T) {
	for _, test := range []struct {
		scope Scope
		given string
		want  string
	}{
		{Scope{}, "", "no socket waits for anything; a shows every state"},
		{Scope{All: true}, "", "there are no sockets"},
		{Scope{}, "nginx", "no socket matches nginx"},
		{Scope{All: true}, "port=80 ngi\x1bnx", `no socket matches port=80 ngi\x1bnx`},
	} {
		m := newModel(Style{}, test.scope, test.given, kill.Protected{}).resize(80, 24).apply(Batch{At: start(), Scope: test.scope, Full: true})
		if got := render(m, 80, 24); !strings.Contains(got, "      "+test.want+"\n") {
			t.Errorf("%+v %q: no %q in\n%s", test.scope, test.given, test.want, got)
		}
	}
}
