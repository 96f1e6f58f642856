package explain

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/machine"
	"porthole/internal/record"
)

func now() time.Time { return time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC) }

// nginx is a master with a worker, of a unit, started three days ago.
func nginx() []record.Process {
	init := record.Parent{PID: 1, Name: "systemd"}
	return []record.Process{
		{PID: 800, Name: "nginx", Exe: "/usr/sbin/nginx", Cmdline: []string{"nginx", "-g", "daemon off;"}, User: "root", Unit: "web.service", Started: new(now().Add(-75 * time.Hour)), BindRight: "root", Parents: []record.Parent{init}},
		{PID: 801, Name: "nginx", Exe: "/usr/sbin/nginx", User: "www", Unit: "web.service", BindRight: "inherited", Parents: []record.Parent{{PID: 800, Name: "nginx"}, init}},
	}
}

func socket(addr string, port uint16, exposure string, processes []record.Process, change ...func(*record.Record)) record.Record {
	r := record.Record{Kind: record.KindSocket, Proto: "tcp", Addr: addr, Port: port, State: "listen", Exposure: exposure, NetNS: 1, Processes: &processes}
	for _, c := range change {
		c(&r)
	}
	return r
}

func in(state string) func(*record.Record) { return func(r *record.Record) { r.State = state } }

func world(records ...record.Record) Machine {
	return Machine{
		Sockets: records, NetNS: 1, Now: now(),
		Ports: machine.Ports{Known: true, FirstUnprivileged: 1024, Ephemeral: machine.Range{First: 32768, Last: 60999}, Reserved: []machine.Range{{First: 40000, Last: 40010}}},
		Fits:  func(record.Record) (bool, bool) { return true, true },
		Bind:  func(string, uint16) (string, string) { return record.BindFree, "" },
	}
}

func label(port uint16, service string) record.Record {
	return record.Record{Proto: "tcp", Port: port, Class: "registered", Service: service}
}

// TestHeld checks a complete explanation.
func TestHeld(t *testing.T) {
	cgi := []record.Process{{PID: 900, Name: "cgi", Parents: []record.Parent{{PID: 801}, {PID: 800}}}}
	backend := []record.Process{{PID: 950, Name: "php-fpm", Unit: "web.service"}}
	w := world(
		socket("0.0.0.0", 80, "all", nginx()),
		socket("0.0.0.0", 443, "all", nginx()),
		socket("127.0.0.1", 9000, "loopback", backend),
		socket("127.0.0.1", 9001, "loopback", cgi),
		socket("192.0.2.1", 80, "public", nginx(), in("established")),
	)
	w.Executables = map[int]machine.Executable{800: {Deleted: true}, 801: {Writable: "uid 7 can write to /usr"}}
	r := w.Explain(label(80, "http"))
	want := []string{
		"It is held by nginx (800) and nginx (801), of the unit web.service.",
		"Process 800 started on 2026-11-20 at 04:00:00 UTC, 3 days ago, as root, started by systemd (1), from /usr/sbin/nginx.",
		"1 other holder was started from there.",
		"The executable of process 800 was removed or replaced: the process runs a file that is no longer there.",
		"Uid 7 can write to /usr, from which process 801 runs.",
		"It is registered for http, which fits.",
		"On 0.0.0.0, which means every address, any host with a route can reach it, unless a firewall is in between.",
		"Process 800 may hold the privileged port as root.",
		"Process 801 may hold the privileged port because the socket was passed to it, or bound before it gave up the right.",
		"1 connection uses it now.",
		"The same processes also wait on tcp/0.0.0.0:443.",
		"Stopping its service also stops tcp/127.0.0.1:9000 of php-fpm (950) and tcp/127.0.0.1:9001 of cgi (900).",
	}
	if diff := cmp.Diff(want, r.Says); diff != "" {
		t.Error(diff)
	}
	tree := []string{"systemd (1)", "└─ nginx (800)  root  web.service  nginx -g daemon off;", "   └─ nginx (801)  www  web.service"}
	if diff := cmp.Diff(tree, r.Tree); diff != "" {
		t.Error(diff)
	}
	if r.Kind != record.KindExplanation || len(r.Sockets) != 1 || r.Connections != 1 || len(r.Explanation.Holders) != 2 {
		t.Errorf("%+v", r.Explanation)
	}
}

// TestSays checks single sentences: each is said where it is true, and only there.
func TestSays(t *testing.T) {
	group := func(r *record.Record) { r.ReuseportGroup = 7 }
	elsewhere := func(r *record.Record) { r.NetNS, r.NetNSName = 2, "blue" }
	unreadable := func(r *record.Record) { r.Processes, r.Hidden = &[]record.Process{}, "permission" }
	fromSocketUnit := func(r *record.Record) { r.Unit = "ssh.socket" }
	published := func(r *record.Record) { r.Published = "172.17.0.2:80 docker:web" }
	contained := []record.Process{{PID: 5, Name: "x", Container: "docker:web"}}
	here := socket("0.0.0.0", 8080, "all", nginx())
	for _, test := range []struct {
		words         string
		there, not    []record.Record
		port, notPort uint16
	}{
		{"Nobody waits on it, and it can be bound", nil, []record.Record{here}, 8080, 8080},
		{"this user may not inspect; root sees it", []record.Record{socket("0.0.0.0", 8080, "all", nil, unreadable)}, []record.Record{here}, 8080, 8080},
		{"passed on by ssh.socket", []record.Record{socket("0.0.0.0", 8080, "all", nginx(), fromSocketUnit)}, []record.Record{here}, 8080, 8080},
		{"in the container docker:web", []record.Record{socket("0.0.0.0", 8080, "all", contained)}, []record.Record{here}, 8080, 8080},
		{"and leads to 172.17.0.2:80 docker:web", []record.Record{socket("0.0.0.0", 8080, "all", nginx(), published)}, []record.Record{here}, 8080, 8080},
		{"All of this is in other network namespaces. In this one: nobody waits on it", []record.Record{socket("0.0.0.0", 8080, "all", nginx(), elsewhere)}, []record.Record{here}, 8080, 8080},
		{"in the network namespace blue", []record.Record{socket("0.0.0.0", 8080, "all", nginx(), elsewhere)}, []record.Record{here}, 8080, 8080},
		{"On 127.0.0.1, only this machine can reach it.", []record.Record{socket("127.0.0.1", 8080, "loopback", nginx())}, []record.Record{here}, 8080, 8080},
		{"2 sockets share an address of it by SO_REUSEPORT", []record.Record{socket("0.0.0.0", 8080, "all", nginx(), group), socket("0.0.0.0", 8080, "all", nginx(), group)}, []record.Record{here}, 8080, 8080},
		{"is refused because of the wildcard 0.0.0.0", []record.Record{here}, []record.Record{socket("127.0.0.1", 8080, "loopback", nginx())}, 8080, 8080},
		{"is refused because of 127.0.0.1; other single addresses are free", []record.Record{socket("127.0.0.1", 8080, "loopback", nginx())}, []record.Record{here}, 8080, 8080},
		{"1 connection is in TIME_WAIT", []record.Record{socket("127.0.0.1", 8080, "loopback", nil, in("time-wait"))}, []record.Record{here}, 8080, 8080},
		{"1 socket is bound to it, but not listening", []record.Record{socket("127.0.0.1", 8080, "loopback", nil, in("bound-inactive"))}, []record.Record{here}, 8080, 8080},
		{"1 connection has it as the local port", []record.Record{socket("127.0.0.1", 8080, "loopback", nil, in("established"))}, []record.Record{here}, 8080, 8080},
		{"It is privileged", nil, nil, 80, 1024},
		{"It is within ip_local_port_range", nil, nil, 32768, 32767},
		{"It is in ip_local_reserved_ports", nil, nil, 40000, 40011},
	} {
		said := func(records []record.Record, port uint16) bool {
			r := world(records...).Explain(label(port, "x"))
			return strings.Contains(strings.Join(slices.Concat(r.Says, r.Bind.Meets), "\n"), test.words)
		}
		if !said(test.there, test.port) {
			t.Errorf("%q is not said", test.words)
		}
		if said(test.not, test.notPort) {
			t.Errorf("%q is said where it is not so", test.words)
		}
	}
}

// TestOutcomes checks what is said of a port that nobody waits on.
func TestOutcomes(t *testing.T) {
	for outcome, words := range map[string]string{
		record.BindFree: "it can be bound", record.BindInUse: "in use", record.BindDenied: "may not bind", record.BindFailed: "could not be bound: no network",
	} {
		w := world()
		w.Bind = func(string, uint16) (string, string) { return outcome, "no network" }
		if r := w.Explain(label(8080, "")); !strings.Contains(r.Says[0], words) || r.Bind.Outcome != outcome {
			t.Errorf("%s: %q", outcome, r.Says)
		}
	}
}

func TestRegistered(t *testing.T) {
	w := world(socket("0.0.0.0", 5432, "all", nginx()))
	for _, test := range []struct {
		fits, known bool
		want        string
	}{
		{true, true, "It is registered for postgresql, which fits."},
		{false, true, "It is registered for postgresql, which does not fit the holder."},
		{false, false, "It is registered for postgresql."},
	} {
		w.Fits = func(record.Record) (bool, bool) { return test.fits, test.known }
		if r := w.Explain(label(5432, "postgresql")); !slices.Contains(r.Says, test.want) {
			t.Errorf("%q is missing from %q", test.want, r.Says)
		}
	}
	if r := w.Explain(label(5432, "")); !slices.Contains(r.Says, "No service is registered for it.") {
		t.Errorf("%q", r.Says)
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0 seconds", time.Second: "1 second", 59 * time.Second: "59 seconds", 119 * time.Second: "1 minute",
		23 * time.Hour: "23 hours", 47 * time.Hour: "1 day", 99 * 24 * time.Hour: "99 days",
	} {
		if got := age(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}
