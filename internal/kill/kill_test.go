package kill

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/record"
)

func process(pid int, name string, parents ...int) record.Process {
	p := record.Process{PID: pid, Name: name, Started: new(time.Unix(1700000000, 0))}
	for _, parent := range parents {
		p.Parents = append(p.Parents, record.Parent{PID: parent})
	}
	return p
}

func listener(port uint16, holders ...record.Process) record.Record {
	return record.Record{Kind: record.KindSocket, Proto: "tcp", Addr: "0.0.0.0", Port: port, State: "listen", Processes: &holders}
}

// TestTargets holds that a worker ends with its master, and that what else ends
// is said.
func TestTargets(t *testing.T) {
	master, worker := process(800, "nginx", 1), process(801, "nginx", 800, 1)
	helper, stranger := process(802, "cgi", 801, 800, 1), process(900, "sshd", 1)
	web := listener(80, master, worker)
	all := []record.Record{web, listener(443, master, worker), listener(9000, helper), listener(22, stranger)}
	got := Targets(all[:1], all, Protected{Self: 5, Ancestors: []int{4, 3}})
	want := []Target{{
		Process: master, Holds: []string{"tcp/0.0.0.0:80"}, Also: []string{"tcp/0.0.0.0:443"},
		Stops: []string{"tcp/0.0.0.0:443 of nginx (801)", "tcp/0.0.0.0:9000 of cgi (802)"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestSpared holds that process 1, this process and its ancestors are refused,
// and that a child of process 1 is a target of its own beside it.
func TestSpared(t *testing.T) {
	unknown := record.Process{PID: 7, Name: "x"}
	r := listener(22, process(1, "systemd"), process(5, "porthole", 4), process(4, "bash", 1), process(6, "sshd", 1), unknown)
	refused := make(map[int]bool)
	for _, target := range Targets([]record.Record{r}, nil, Protected{Self: 5, Ancestors: []int{4, 1}}) {
		refused[target.Process.PID] = target.Refusal != ""
	}
	if diff := cmp.Diff(map[int]bool{1: true, 4: true, 5: true, 6: false, 7: true}, refused); diff != "" {
		t.Error(diff)
	}
}

// TestRestart holds that a supervisor is named where one is known, and only there.
func TestRestart(t *testing.T) {
	service := process(10, "a")
	service.Unit = "web.service"
	session := process(11, "a")
	session.Unit = "user@1000.service"
	contained := process(12, "a")
	contained.Container = "docker:web"
	supervised := process(13, "a")
	supervised.Parents = []record.Parent{{PID: 9, Name: "supervisord"}}
	plain := process(14, "a")
	plain.Parents = []record.Parent{{PID: 9, Name: "bash"}}
	fromSocket := listener(22, process(15, "a"))
	fromSocket.Unit = "ssh.socket"
	for words, r := range map[string]record.Record{
		"systemctl stop web.service": listener(1, service), "docker stop web": listener(1, contained),
		"supervisord (9) started it": listener(1, supervised), "systemctl stop ssh.socket": fromSocket,
	} {
		if got := Targets([]record.Record{r}, nil, Protected{})[0].Restart; !strings.Contains(got, words) {
			t.Errorf("%q is not in %q", words, got)
		}
	}
	for _, r := range []record.Record{listener(1, session), listener(1, plain)} {
		if got := Targets([]record.Record{r}, nil, Protected{})[0].Restart; got != "" {
			t.Errorf("%v: %q", r.Holders(), got)
		}
	}
}
