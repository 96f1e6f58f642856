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
		{PID: 800, Name: "nginx", Exe: "/usr/sbin/nginx", Cmdline: []string{"nginx", "-g", "daemon off;"}, User: "root", Unit: "web.service", Dir: "/srv", Memory: 12_345_678, State: "sleeping", Started: new(now().Add(-75 * time.Hour)), BindRight: "root", Parents: []record.Parent{init}},
		{PID: 801, Name: "nginx", Exe: "/usr/sbin/nginx", User: "www", Unit: "web.service", BindRight: "inherited", Parents: []record.Parent{{PID: 800, Name: "nginx"}, init}},
	}
}

func socket(addr string, port uint16, exposure string, processes []record.Process, change ...func(*record.Record)) record.Record {
	r := record.Record{Kind: record.KindSocket, Proto: "tcp", Addr: addr, Port: port, State: "listen", Exposure: exposure, NetNS: 1, Service: "x", ServiceBy: record.ByIANA, Processes: &processes}
	for _, c := range change {
		c(&r)
	}
	return r
}

func in(state string) func(*record.Record) { return func(r *record.Record) { r.State = state } }

func machineOf(records ...record.Record) Machine {
	return Machine{
		Sockets: records, NetNS: 1, Now: now(),
		Ports:  machine.Ports{Known: true, FirstUnprivileged: 1024, Ephemeral: machine.Range{First: 32768, Last: 60999}, Reserved: []machine.Range{{First: 40000, Last: 40010}}},
		Fits:   func(record.Record) (bool, bool) { return true, true },
		IsInit: func(int) bool { return false },
		Bind:   func(string, uint16, bool) *record.Bind { return tried(record.BindFree) },
	}
}

// tried is what came of binding, if all of it had one outcome.
func tried(outcome string) *record.Bind {
	b := &record.Bind{Outcome: outcome}
	for _, reuse := range []bool{true, false} {
		b.Tries = append(b.Tries, tries(reuse, outcome, outcome, outcome)...)
	}
	return b
}

// tries are the outcomes of IPv4, of [::] with IPv4, and of IPv6.
func tries(reuse bool, v4, both, v6 string) []record.BindTry {
	return []record.BindTry{
		{Addr: "0.0.0.0", ReuseAddr: reuse, Outcome: v4}, {Addr: "::", ReuseAddr: reuse, Outcome: both}, {Addr: "::", V6Only: true, ReuseAddr: reuse, Outcome: v6},
		{Addr: "127.0.0.1", ReuseAddr: reuse, Outcome: v4}, {Addr: "::1", V6Only: true, ReuseAddr: reuse, Outcome: v6},
	}
}

func label(port uint16, service string) record.Record {
	return record.Record{Proto: "tcp", Port: port, Class: "registered", Service: service, ServiceBy: record.ByIANA}
}

// own is the network namespace of these tests.
func own() Namespace { return Namespace{NetNS: 1} }

// text is a card as a reader sees it.
func text(x *record.Explanation) string {
	lines := []string{x.Status}
	for _, row := range x.Card {
		for i, line := range row.Lines {
			if i == 0 {
				line = row.Label + ": " + line
			}
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// TestCard checks a complete card, with its sentences and the tree.
func TestCard(t *testing.T) {
	cgi := []record.Process{{PID: 900, Name: "cgi", Parents: []record.Parent{{PID: 801}, {PID: 800}}}}
	backend := []record.Process{{PID: 950, Name: "php-fpm", Unit: "web.service"}}
	w := machineOf(
		socket("0.0.0.0", 80, "all", nginx()),
		socket("0.0.0.0", 443, "all", nginx()),
		socket("127.0.0.1", 9000, "loopback", backend),
		socket("127.0.0.1", 9001, "loopback", cgi),
		socket("192.0.2.1", 80, "public", nginx(), in("established")),
		socket("0.0.0.0", 80, "all", cgi, func(r *record.Record) { r.NetNS = 2 }),
	)
	w.Executables = map[int]machine.Executable{800: {Deleted: true}, 801: {Writable: "uid 7 can write to /usr"}}
	w.Bind = func(string, uint16, bool) *record.Bind { return tried(record.BindInUse) }
	w.Findings = []record.Record{{Proto: "tcp", Port: 80, NetNS: 1, Finding: &record.Finding{Rule: "exe-deleted", Severity: "medium", Title: "it was removed"}},
		{Proto: "tcp", Port: 443, NetNS: 1, Finding: &record.Finding{Rule: "of-another", Severity: "high", Title: "no"}}}
	r := w.Explain(label(80, "http"), own())
	want := strings.TrimSpace(`
open to the network
held by: nginx (800), root: nginx -g daemon off;
started 3 days ago, in /srv, 12 MB
and 1 worker (nginx, www)
of the unit web.service
reach: every IPv4 address (0.0.0.0): any host with a route, unless a firewall is in between
low port: allowed: root; www: handed down, or bound before the right was dropped
in use: 1 connection
holds: also tcp/0.0.0.0:443
to stop: systemctl stop web.service; that ends tcp/127.0.0.1:9000 of php-fpm (950) and tcp/127.0.0.1:9001 of cgi (900), too
new bind: refused by 0.0.0.0:80: every address
audit: medium: it was removed (exe-deleted)
also: in other network namespaces (--netns all): cgi (900) in net:2`)
	if diff := cmp.Diff(want, text(r.Explanation)); diff != "" {
		t.Error(diff)
	}
	says := []string{
		"It is held by nginx (800) and nginx (801), of the unit web.service.",
		"Process 800 started on 2026-11-20 at 04:00:00 UTC, 3 days ago, as root, now a child of systemd (1), from /usr/sbin/nginx, in the folder /srv, with 12 MB of memory.",
		"1 other holder was started from there.",
		"The executable of process 800 was removed or replaced: the process runs a file that is no longer there.",
		"Uid 7 can write to /usr, from which process 801 runs.",
		"What the number says: IANA registered it for http. The holder fits.",
		"Bound to every IPv4 address (0.0.0.0): any host with a route, unless a firewall is in between.",
		"Process 800 may hold the privileged port as root.",
		"Process 801 may hold the privileged port because the socket was passed to it, or bound before it gave up the right.",
		"1 connection uses it now.",
		"The same processes also wait on tcp/0.0.0.0:443.",
		"Stopping its service also stops tcp/127.0.0.1:9000 of php-fpm (950) and tcp/127.0.0.1:9001 of cgi (900).",
		"Others hold it in other network namespaces (--netns all): cgi (900) in net:2.",
	}
	if diff := cmp.Diff(says, r.Says); diff != "" {
		t.Error(diff)
	}
	tree := []string{"systemd (1)", "└─ nginx (800)  root  web.service  nginx -g daemon off;", "   └─ nginx (801)  www  web.service"}
	if diff := cmp.Diff(tree, r.Tree); diff != "" {
		t.Error(diff)
	}
	if r.Kind != record.KindExplanation || len(r.Sockets) != 1 || r.Connections != 1 || len(r.Explanation.Holders) != 2 || r.NetNS != 1 || r.NetNSName != "" {
		t.Errorf("%+v", r.Explanation)
	}
}

// TestLines checks single lines: each is there where it is true, and only there.
func TestLines(t *testing.T) {
	group := func(r *record.Record) { r.ReuseportGroup = 7 }
	unreadable := func(r *record.Record) {
		r.Processes, r.Hidden, r.UID = &[]record.Process{}, "permission", new(54321)
	}
	fromSocketUnit := func(r *record.Record) { r.Unit = "ssh.socket" }
	published := func(r *record.Record) { r.Published = "172.17.0.2:80 docker:web" }
	udp := func(r *record.Record) { r.Proto = "udp" }
	toDevice := func(r *record.Record) { r.Device, r.Exposure = "lo", "loopback" }
	v6only := func(r *record.Record) { r.V6Only = new(true) }
	queued := func(n uint32) func(*record.Record) {
		return func(r *record.Record) { r.RecvQ, r.Backlog = new(n), new(uint32(5)) }
	}
	peer := func(r *record.Record) { r.State, r.RemoteAddr, r.RemotePort = "established", "192.0.2.9", 443 }
	refuted := func(r *record.Record) { r.Service, r.ServiceBy, r.Commonly, r.IANA = "", "", "minio", "cslistener" }
	contained := []record.Process{{PID: 5, Name: "x", Container: "docker:web"}}
	nameless := []record.Process{{PID: 5, Name: "x", UID: new(54321)}}
	curl := []record.Process{{PID: 7, Name: "curl"}}
	var many []record.Record
	for i := range 711 {
		many = append(many, socket("10.0."+string(rune('0'+i%10))+"."+string(rune('0'+i/10%10))+string(rune('0'+i/100)), 8080, "local", nginx()))
	}
	here := socket("0.0.0.0", 8080, "all", nginx())
	for _, test := range []struct {
		words      string
		there, not []record.Record
		port       uint16
	}{
		{"free\nnumber: IANA registered it for x", nil, []record.Record{here}, 8080},
		{"held by: not known, but 54321 made the socket: it belongs to a process that cannot be inspected from here; root sees it, unless", []record.Record{socket("0.0.0.0", 8080, "all", nil, unreadable)}, []record.Record{here}, 8080},
		{"held by: not known: no process has it; the kernel itself holds it", []record.Record{socket("0.0.0.0", 8080, "all", nil, unreadable, func(r *record.Record) { r.Hidden = "no-owner" })}, []record.Record{here}, 8080},
		{"passed on by ssh.socket", []record.Record{socket("0.0.0.0", 8080, "all", nginx(), fromSocketUnit)}, []record.Record{here}, 8080},
		{"in the container docker:web", []record.Record{socket("0.0.0.0", 8080, "all", contained)}, []record.Record{here}, 8080},
		{"to stop: docker stop web", []record.Record{socket("0.0.0.0", 8080, "all", contained)}, []record.Record{here}, 8080},
		{"leads to 172.17.0.2:80 docker:web", []record.Record{socket("0.0.0.0", 8080, "all", nginx(), published)}, []record.Record{here}, 8080},
		{"x (5), 54321", []record.Record{socket("0.0.0.0", 8080, "all", nameless)}, []record.Record{here}, 8080},
		{"this machine only\n", []record.Record{socket("127.0.0.1", 8080, "loopback", nginx())}, []record.Record{here}, 8080},
		{"open to the local network\n", many[:1], []record.Record{here}, 8080},
		{"addresses, among them 10.0.0.00, 10.0.1.00 and 10.0.2.00: hosts on the local network", many, many[:3], 8080},
		{"every IPv4 address (0.0.0.0) by the device lo: this machine only", []record.Record{socket("0.0.0.0", 8080, "all", nginx(), toDevice)}, []record.Record{here}, 8080},
		{"every IPv6 address (::)", []record.Record{socket("::", 8080, "all", nginx(), v6only)}, []record.Record{socket("::", 8080, "all", nginx())}, 8080},
		{"who can reach it is not known", []record.Record{socket("0.0.0.0", 8080, "", nginx())}, []record.Record{here}, 8080},
		{"2 sockets share an address of it by SO_REUSEPORT", []record.Record{socket("0.0.0.0", 8080, "all", nginx(), group), socket("0.0.0.0", 8080, "all", nginx(), group)}, []record.Record{here}, 8080},
		{"1 connection in TIME_WAIT, for a minute at most", []record.Record{socket("127.0.0.1", 8080, "loopback", nil, in("time-wait"))}, []record.Record{here}, 8080},
		{"bound by: curl (7)", []record.Record{socket("127.0.0.1", 8080, "loopback", curl, in("bound-inactive"))}, []record.Record{here}, 8080},
		{"used by: curl (7)\nthe local port of a connection to 192.0.2.9:443", []record.Record{socket("127.0.0.1", 8080, "loopback", curl, peer)}, []record.Record{here}, 8080},
		{"the accept queue of tcp/0.0.0.0:8080 is full: 6 wait, and the backlog is 5", []record.Record{socket("0.0.0.0", 8080, "all", nginx(), queued(6))}, []record.Record{socket("0.0.0.0", 8080, "all", nginx(), queued(5))}, 8080},
		{"held, but its queue is full", []record.Record{socket("0.0.0.0", 8080, "all", nginx(), queued(6))}, []record.Record{socket("0.0.0.0", 8080, "all", nginx(), queued(6)), here}, 8080},
		{"It is privileged", nil, []record.Record{here}, 80},
		{"It is within ip_local_port_range", nil, []record.Record{here}, 32768},
		{"It is in ip_local_reserved_ports", nil, []record.Record{here}, 40000},
		{"It was not tried with SO_REUSEADDR, since", []record.Record{socket("0.0.0.0", 8080, "all", nginx(), udp)}, []record.Record{here}, 8080},
		{"number: minio is common there; IANA registered it for cslistener", []record.Record{socket("0.0.0.0", 9000, "all", curl, refuted)}, []record.Record{here}, 9000},
	} {
		said := func(records []record.Record) bool {
			l := label(test.port, "x")
			if test.port == 9000 {
				l = record.Record{Proto: "tcp", Port: 9000, Service: "minio", ServiceBy: record.ByCommon, IANA: "cslistener"}
			}
			w := machineOf(records...)
			if len(records) > 0 && records[0].Proto == "udp" {
				l.Proto = "udp"
				w.Bind = func(string, uint16, bool) *record.Bind {
					return &record.Bind{Outcome: record.BindInUse, Tries: tries(false, record.BindInUse, record.BindInUse, record.BindInUse)}
				}
			}
			if len(records) > 0 {
				l.Port = records[0].Port
			}
			r := w.Explain(l, own())
			return strings.Contains(text(r.Explanation)+"\n"+strings.Join(slices.Concat(r.Says, r.Bind.Meets), "\n"), test.words)
		}
		if !said(test.there) {
			t.Errorf("%q is not said", test.words)
		}
		if said(test.not) {
			t.Errorf("%q is said where it is not so", test.words)
		}
	}
}

// TestStates checks what is said of holders that serve nobody.
func TestStates(t *testing.T) {
	for state, want := range map[string]string{"stopped": "held, but stopped", "traced": "held, but stopped", "disk-sleep": "open to the network", "zombie": "open to the network", "sleeping": "open to the network"} {
		w := machineOf(socket("0.0.0.0", 8080, "all", []record.Process{{PID: 7, Name: "x", State: state}}))
		r := w.Explain(label(8080, "x"), own())
		trouble := slices.ContainsFunc(r.Card, func(row record.CardRow) bool {
			return row.Label == "trouble" && strings.HasPrefix(row.Lines[0], "x (7) ")
		})
		if r.Status != want || trouble != (state != "sleeping") {
			t.Errorf("%s: %s", state, text(r.Explanation))
		}
	}
}

// TestStarted checks that only a parent that takes in no orphans is said to have
// started a process.
func TestStarted(t *testing.T) {
	for _, test := range []struct {
		parent record.Parent
		init   bool
		want   string
	}{
		{record.Parent{PID: 812, Name: "bash"}, false, "started 1 minute ago by bash (812)"},
		{record.Parent{PID: 1, Name: "sh"}, false, "started 1 minute ago, now a child of sh (1)"},
		{record.Parent{PID: 812, Name: "node"}, true, "started 1 minute ago, now a child of node (812)"},
		{record.Parent{PID: 812, Name: "containerd-shim"}, false, "started 1 minute ago, now a child of containerd-shim (812)"},
	} {
		w := machineOf(socket("0.0.0.0", 8080, "all", []record.Process{{PID: 7, Name: "x", Started: new(now().Add(-time.Minute)), Parents: []record.Parent{test.parent}}}))
		w.IsInit = func(pid int) bool { return test.init && pid == 812 }
		if got := text(w.Explain(label(8080, "x"), own()).Explanation); !strings.Contains(got, test.want+"\n") {
			t.Errorf("%v: want %q in\n%s", test.parent, test.want, got)
		}
	}
}

// TestNamespaces checks the order of network namespaces, and what each answer is about.
func TestNamespaces(t *testing.T) {
	at := func(netns uint64, name string) func(*record.Record) {
		return func(r *record.Record) { r.NetNS, r.NetNSName = netns, name }
	}
	w := machineOf(
		socket("0.0.0.0", 8080, "all", nginx(), at(9, "")), socket("0.0.0.0", 8080, "all", nginx(), at(4, "blue")),
		socket("0.0.0.0", 8080, "all", nginx(), at(1, "")), socket("0.0.0.0", 8081, "all", nginx(), at(5, "of-another-port")),
	)
	// A user who may not read their inodes sees two namespaces by their processes.
	w.Sockets = append(w.Sockets, socket("0.0.0.0", 8082, "all", nginx()[:1], at(0, "pid:812")), socket("127.0.0.1", 8082, "loopback", nginx()[:1], at(0, "pid:900")))
	hidden := w.Namespaces("tcp", 8082)
	if want := []Namespace{{1, ""}, {0, "pid:812"}, {0, "pid:900"}}; !slices.Equal(hidden, want) {
		t.Fatalf("%v, want %v", hidden, want)
	}
	if r := w.Explain(label(8082, "x"), hidden[2]); r.Status != "this machine only" || len(r.Sockets) != 1 || r.Bind != nil {
		t.Errorf("%s", text(r.Explanation))
	}
	if r := w.Explain(label(8082, "x"), hidden[0]); r.Status != "free" {
		t.Errorf("%s", text(r.Explanation))
	}
	namespaces := w.Namespaces("tcp", 8080)
	if want := []Namespace{{1, ""}, {4, "blue"}, {9, "net:9"}}; !slices.Equal(namespaces, want) {
		t.Errorf("%v, want %v", namespaces, want)
	}
	r := w.Explain(label(8080, "x"), namespaces[1])
	if r.Bind != nil || r.NetNSName != "blue" || r.Status != "open to its own network" || len(r.Sockets) != 1 || !strings.Contains(text(r.Explanation), "not tried") {
		t.Errorf("%s", text(r.Explanation))
	}
	w.EachNetNS = true
	if r := w.Explain(label(8080, "x"), own()); strings.Contains(text(r.Explanation), "other network namespaces") {
		t.Errorf("others are mentioned that have a card: %s", text(r.Explanation))
	}
	w.EachNetNS = false
	if !w.Waits("tcp", 8080) || w.Waits("tcp", 8081) || w.Waits("udp", 8080) {
		t.Error("what waits here is not known")
	}
	if r := w.Explain(label(8081, "x"), own()); r.Status != "free" || !strings.Contains(text(r.Explanation), "nginx (800) in of-another-port") {
		t.Errorf("%s", text(r.Explanation))
	}
}

// TestSocket checks that one socket is explained, and no other of its port.
func TestSocket(t *testing.T) {
	blue := socket("127.0.0.1", 8080, "loopback", []record.Process{{PID: 7, Name: "x"}}, func(r *record.Record) { r.NetNS, r.NetNSName = 4, "blue" })
	w := machineOf(socket("0.0.0.0", 8080, "all", nginx()), blue)
	r := w.ExplainSocket(label(8080, "x"), blue)
	if len(r.Sockets) != 1 || len(r.Explanation.Holders) != 1 || r.Explanation.Holders[0].PID != 7 || r.Status != "this machine only" || r.NetNSName != "blue" || strings.Contains(text(r.Explanation), "nginx") {
		t.Errorf("%s", text(r.Explanation))
	}
	connection := socket("127.0.0.1", 8080, "loopback", []record.Process{{PID: 8, Name: "y"}}, in("established"))
	if r := w.ExplainSocket(label(8080, "x"), connection); len(r.Sockets) != 0 || r.Connections != 1 || r.Explanation.Holders[0].Role != record.HoldsConnection {
		t.Errorf("%s", text(r.Explanation))
	}
}

func TestFits(t *testing.T) {
	w := machineOf(socket("0.0.0.0", 5432, "all", nginx(), func(r *record.Record) { r.IANA = "postgresql" }))
	for _, test := range []struct {
		fits, known bool
		want        string
	}{
		{true, true, "What the number says: IANA registered it for postgresql. The holder fits."},
		{false, true, "What the number says: IANA registered it for postgresql. The holder is not known for that."},
		{false, false, "What the number says: IANA registered it for postgresql."},
	} {
		w.Fits = func(record.Record) (bool, bool) { return test.fits, test.known }
		if r := w.Explain(label(5432, "postgresql"), own()); !slices.Contains(r.Says, test.want) {
			t.Errorf("%q is missing from %q", test.want, r.Says)
		}
	}
	if r := w.Explain(label(5432, ""), own()); !slices.Contains(r.Says, "No service is known for the number.") {
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

func TestBytes(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 kB", 999_999: "999 kB", 21_400_000: "21 MB", 1_500_000_000: "1.5 GB", 64_000_000_000: "64 GB"} {
		if got := bytes(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

// TestKernelHolds: what the kernel holds by itself is said to be its own.
func TestKernelHolds(t *testing.T) {
	vxlan := record.Record{Kind: record.KindSocket, Proto: "udp", Addr: "0.0.0.0", Port: 4789, State: "bound", Hidden: "kernel", Kernel: "vxlan vx0", Processes: &[]record.Process{}}
	pt := port{listeners: []record.Record{vxlan}}
	if got := pt.who(&record.Explanation{}); got != "The kernel itself holds it, for vxlan vx0." {
		t.Errorf("it says %q", got)
	}
	pt.listeners[0].Kernel, pt.listeners[0].Hidden = "", "no-owner"
	if got := pt.who(&record.Explanation{}); strings.Contains(got, "for vxlan") {
		t.Errorf("without a name it says %q", got)
	}
}

// TestMemoryAlone: the card says of a program without a file that it has none.
func TestMemoryAlone(t *testing.T) {
	for exe, want := range map[string]bool{"/memfd:payload (deleted)": true, "/memfd:payload": false, "/usr/bin/x": false, "": false} {
		w := machineOf(socket("0.0.0.0", 22, "all", []record.Process{{PID: 9, Name: "x", Exe: exe}}))
		got := text(w.Explain(label(22, "ssh"), own()).Explanation)
		if strings.Contains(got, `from memory alone (memfd "payload")`) != want {
			t.Errorf("%q:\n%s", exe, got)
		}
	}
}
