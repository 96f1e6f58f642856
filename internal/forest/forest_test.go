package forest

import (
	"fmt"
	"strings"
	"testing"

	"porthole/internal/record"
)

func socket(port uint16, holders ...record.Process) *record.Record {
	return &record.Record{Port: port, Processes: &holders}
}

func process(pid int, name string, parents ...record.Parent) record.Process {
	return record.Process{PID: pid, Name: name, Parents: parents}
}

// draw is the forest as text, with the ports of its sockets.
func draw(records ...*record.Record) string {
	var out strings.Builder
	for _, l := range Lines(records, func(*record.Record) string { return "(hidden)" }) {
		port := ""
		if l.Socket >= 0 {
			port = fmt.Sprint(" ", records[l.Socket].Port)
		}
		fmt.Fprintf(&out, "%s%s\n", l.Text, port)
	}
	return out.String()
}

func TestLines(t *testing.T) {
	systemd := record.Parent{PID: 1, Name: "systemd"}
	master := process(900, "nginx", systemd)
	worker := process(901, "nginx", record.Parent{PID: 900, Name: "nginx"}, systemd)
	other := process(902, "nginx", record.Parent{PID: 900, Name: "nginx"}, systemd)
	sshd := process(812, "sshd", systemd)
	dev := process(77, "node", record.Parent{PID: 70, Name: "bash"}, record.Parent{PID: 60, Name: "tmux"})
	const want = `systemd (1)
├─ sshd (812) 22
└─ nginx (900) 80
   │ 443
   ├─ nginx (901) 9001
   └─ nginx (902)
tmux (60)
└─ bash (70)
   └─ node (77) 3000
(hidden) 5353
 5354
`
	got := draw(socket(22, sshd), socket(80, worker, master, other), socket(443, master, worker, other), socket(3000, dev), socket(9001, worker), socket(5353), socket(5354))
	if got != want {
		t.Errorf("got\n%s\nnot\n%s", got, want)
	}
}

// TestLinesOnce checks that a process whose parents changed between two looks is
// drawn once, and that nothing goes in circles.
func TestLinesOnce(t *testing.T) {
	a, b := record.Parent{PID: 2, Name: "a"}, record.Parent{PID: 3, Name: "b"}
	got := draw(socket(1, process(4, "c", b, a)), socket(2, process(2, "a", b)), socket(3, process(3, "b", record.Parent{PID: 4, Name: "c"})), socket(4, process(4, "c")))
	const want = "a (2) 2\n└─ b (3) 3\n   └─ c (4) 1\n       4\n"
	if got != want {
		t.Errorf("got\n%s\nnot\n%s", got, want)
	}
}

// TestLinesShared checks that a socket of two processes of which none started the
// other is below both.
func TestLinesShared(t *testing.T) {
	if got, want := draw(socket(53, process(5, "one"), process(6, "two"))), "one (5) 53\ntwo (6) 53\n"; got != want {
		t.Errorf("got\n%s\nnot\n%s", got, want)
	}
}
