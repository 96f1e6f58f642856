package killjob

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"porthole/internal/record"
	"porthole/registry"
)

func held(proto, addr string, port uint16, by ...record.Process) record.Record {
	return record.Record{Kind: record.KindSocket, Proto: proto, Addr: addr, Port: port, State: "listen", Processes: &by}
}

func process(pid int, name string) record.Process {
	return record.Process{PID: pid, Name: name, Started: new(time.Now())}
}

// TestNew: what is typed must mean one port, in whatever way it is written.
func TestNew(t *testing.T) {
	for typed, ok := range map[string]bool{
		"80": true, "T:80": true, "T:80,U:80": true, "http": true, "no-such-name": true,
		"80-81": false, "80,81": false, "T:80,81": false, "T:80,U:81": false, "-": false, "": false, "99999": false,
	} {
		if _, err := New(new(registry.Registry), typed, "tcp", "udp"); (err == nil) != ok {
			t.Errorf("%q: %v", typed, err)
		}
	}
	if _, err := New(new(registry.Registry), "80-81", "tcp"); err == nil {
		t.Error("two ports of one protocol")
	}
}

// TestAsked: a word that is a program's name and a service's means the program, and
// the service only where no such program holds anything.
func TestAsked(t *testing.T) {
	program := held("tcp", "127.0.0.1", 7000, process(10, "redis"))
	number := held("tcp", "127.0.0.1", 6379, process(11, "other"))
	udp := held("udp", "127.0.0.1", 7001, process(12, "redis"))
	for _, test := range []struct {
		typed string
		all   []record.Record
		want  string
	}{
		{"redis", []record.Record{program, number}, "tcp/127.0.0.1:7000"},
		{"redis", []record.Record{number}, "tcp/127.0.0.1:6379"},
		{"redis", []record.Record{udp, number}, "tcp/127.0.0.1:6379"},
		{"6379", []record.Record{program, number}, "tcp/127.0.0.1:6379"},
		{"red", []record.Record{program, number}, ""},
		{"all", []record.Record{program, number}, ""},
		{"common", []record.Record{program, number}, ""},
		{"*", []record.Record{program, number}, ""},
		{"red*", []record.Record{program, number}, ""},
		{"all", []record.Record{held("tcp", "127.0.0.1", 7000, process(10, "all")), number}, "tcp/127.0.0.1:7000"},
	} {
		j, err := New(new(registry.Registry), test.typed, "tcp")
		if err != nil {
			t.Fatal(err)
		}
		j.sockets = test.all
		got := ""
		for _, r := range j.held() {
			got += r.Endpoint()
		}
		if got != test.want {
			t.Errorf("%s is %q, want %q", test.typed, got, test.want)
		}
	}
}

// TestTargets checks who is signalled, and why nobody is.
func TestTargets(t *testing.T) {
	hidden := func(why string) record.Record {
		r := held("tcp", "0.0.0.0", 80)
		r.Hidden = why
		return r
	}
	server := held("tcp", "0.0.0.0", 80, process(1<<22+1, "server")) // no process has that number
	foreign := held("tcp", "0.0.0.0", 80, process(os.Getpid(), "x")) // which lives in this namespace
	foreign.NetNS = 1
	for about, test := range map[string]struct {
		here, others []record.Record
		want         string // of the error; "" none
	}{
		"a server":             {here: []record.Record{server}},
		"beside a hidden one":  {here: []record.Record{server, hidden("permission")}, want: "cannot be seen from here; root sees it, unless"},
		"hidden":               {here: []record.Record{hidden("permission")}, want: "cannot be seen from here; root sees it, unless"},
		"the kernel":           {here: []record.Record{hidden("kernel")}, want: "no process to signal (kernel)"},
		"nobody":               {want: "nothing holds 80"},
		"in another namespace": {others: []record.Record{server}, want: "nsenter --target 4194305 --net porthole kill 80"},
		"of another namespace": {others: []record.Record{foreign}, want: fmt.Sprintf("does, and kill %d ends it", os.Getpid())},
		"process 1":            {here: []record.Record{held("tcp", "0.0.0.0", 80, process(1, "init"))}, want: "keeps the whole system running"},
		"this process":         {here: []record.Record{held("tcp", "0.0.0.0", 80, process(os.Getpid(), "porthole"))}, want: "porthole itself"},
		"its parent":           {here: []record.Record{held("tcp", "0.0.0.0", 80, process(os.Getppid(), "sh"))}, want: "is not signalled"},
	} {
		j, err := New(new(registry.Registry), "80", "tcp")
		if err != nil {
			t.Fatal(err)
		}
		j.sockets, j.others = test.here, test.others
		targets, err := j.Targets()
		switch {
		case test.want == "" && (err != nil || len(targets) != 1 || targets[0].Process.PID != 1<<22+1):
			t.Errorf("%s: %v, %v", about, targets, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || targets != nil):
			t.Errorf("%s: %v, %v; want %q", about, targets, err, test.want)
		}
	}
}

// TestSeveralPorts: what stands for several ports ends nobody.
func TestSeveralPorts(t *testing.T) {
	for _, typed := range []string{"all", "*", "http*", "well-known"} {
		j, err := New(new(registry.Registry), typed, "tcp", "udp")
		if err != nil {
			t.Fatal(err)
		}
		j.sockets = []record.Record{held("tcp", "0.0.0.0", 80, process(1<<22+1, "server"))}
		targets, err := j.Targets()
		if want := fmt.Sprintf("%q is more than one port; name one", typed); targets != nil || err == nil || err.Error() != want {
			t.Errorf("%v, %v; want %s", targets, err, want)
		}
	}
}

// TestHiddenName: a program whose name is hidden may be the one that was asked for.
func TestHiddenName(t *testing.T) {
	j, err := New(new(registry.Registry), "server", "tcp")
	if err != nil {
		t.Fatal(err)
	}
	unseen := held("tcp", "0.0.0.0", 80)
	unseen.Hidden = "permission"
	j.sockets = []record.Record{unseen}
	_, err = j.Targets()
	if want := "the holders of 1 socket are hidden, and root sees more, unless"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v; want %q", err, want)
	}
}

// TestStill: somebody else at the same place keeps the port from being free, another
// place does not.
func TestStill(t *testing.T) {
	j, err := New(new(registry.Registry), "server", "tcp")
	if err != nil {
		t.Fatal(err)
	}
	j.sockets = []record.Record{held("tcp", "0.0.0.0", 80, process(10, "server")), held("tcp", "0.0.0.0", 90, process(11, "x"))}
	places := j.endpoints()
	for _, test := range []struct {
		now  record.Record
		want string
	}{
		{held("tcp", "0.0.0.0", 80, process(12, "other")), "other (12)"},
		{held("tcp", "0.0.0.0", 80), "a process that is not known"},
		{held("tcp", "127.0.0.1", 80, process(12, "other")), ""},
		{held("tcp", "0.0.0.0", 81, process(10, "server")), ""},
		{held("udp", "0.0.0.0", 80, process(10, "server")), ""},
	} {
		j.sockets = []record.Record{test.now}
		got := ""
		if still := j.still(places); len(still) > 0 {
			got = holdersOf(still)
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.now.Endpoint(), got, test.want)
		}
	}
	many := []record.Record{held("tcp", "0.0.0.0", 80, process(1, "a"), process(2, "b")), held("tcp", "::", 80, process(2, "b"), process(3, "c"))}
	if got := holdersOf(many); got != "a (1), b (2) and c (3)" {
		t.Errorf("%q", got)
	}
}
