package audit

import (
	"slices"
	"strings"
	"testing"

	"porthole/internal/machine"
	"porthole/internal/record"
)

// with makes a socket: a TCP listener on port, held by exe as user, and open
// to all unless change says otherwise.
func with(port uint16, service, exe, user string, change ...func(*record.Record)) record.Record {
	r := record.Record{Kind: record.KindSocket, Proto: "tcp", Addr: "0.0.0.0", Port: port, State: "listen", Exposure: "all", Service: service,
		NetNS: 1, Processes: &[]record.Process{{PID: 100, Exe: exe, User: user}}}
	for _, c := range change {
		c(&r)
	}
	return r
}

func at(addr, exposure string) func(*record.Record) {
	return func(r *record.Record) { r.Addr, r.Exposure = addr, exposure }
}

func flagged(flag string) func(*record.Record) {
	return func(r *record.Record) { r.Flags = []string{flag} }
}

func queue(n, backlog uint32) func(*record.Record) {
	return func(r *record.Record) { r.RecvQ, r.Backlog = new(n), new(backlog) }
}

func group(n uint64) func(*record.Record) {
	return func(r *record.Record) { r.ReuseportGroup = n }
}

func in(state string) func(*record.Record) { return func(r *record.Record) { r.State = state } }

// runs sets what the process calls itself and its arguments, by blanks.
func runs(name, cmdline string) func(*record.Record) {
	return func(r *record.Record) {
		p := &(*r.Processes)[0]
		p.Name, p.Cmdline = name, strings.Fields(cmdline)
	}
}

// common says that people commonly run the service on the port, which IANA registered
// for another.
func common(r *record.Record) { r.ServiceBy, r.IANA = record.ByCommon, "another" }

// refuted is common, where the holder shows that it is not that.
func refuted(r *record.Record) {
	r.Service, r.ServiceBy, r.Commonly, r.IANA = "", "", r.Service, "another"
}

func ofUID(uid int) func(*record.Record) {
	return func(r *record.Record) { (*r.Processes)[0].User, (*r.Processes)[0].UID = "", new(uid) }
}

// remarkedBy is an answer with a remark.
func remarkedBy(rule string) func(*record.Record) {
	return func(r *record.Record) {
		r.Verified = &record.Verified{Outcome: record.OutcomeIdentified, Service: "x", Transport: "plain", Evidence: "greeting", Asked: "198.18.0.7:1",
			Remarks: []record.Remark{{Rule: rule, Text: "what is wrong"}}}
	}
}

func plaintext(r *record.Record) { r.Plaintext, r.Secure = new(true), "something" }

func hidden(r *record.Record) { r.Processes, r.Hidden = &[]record.Process{}, "permission" }

func kernels(what string) func(*record.Record) {
	return func(r *record.Record) {
		r.Processes, r.Hidden, r.Kernel = &[]record.Process{}, "kernel", what
		r.Service, r.ServiceBy, r.IANA = "", "", r.Service
	}
}

func elsewhere(r *record.Record) { r.NetNS = 2 }

func many(n int, r record.Record) (list []record.Record) {
	for range n {
		list = append(list, r)
	}
	return list
}

var loopback = at("127.0.0.1", "loopback")

// TestRules checks that each rule finds what it is for, with its severity, and not
// what is similar.
func TestRules(t *testing.T) {
	type records = []record.Record
	ports := machine.Ports{Known: true, FirstUnprivileged: 1024, Ephemeral: machine.Range{First: 32768, Last: 60999}, Reserved: []machine.Range{{First: 40000, Last: 40010}}}
	lowered := ports
	lowered.FirstUnprivileged = 80
	redis := with(6379, "redis", "/usr/bin/redis-server", "redis")
	for _, test := range []struct {
		rule, name string
		machine    Machine
		want       string // severities, by blanks
	}{
		{"internal-exposed", "a cache", Machine{Sockets: records{redis}}, "high"},
		{"internal-exposed", "on loopback", Machine{Sockets: records{with(6379, "redis", "/usr/bin/redis-server", "redis", loopback)}}, ""},
		{"internal-exposed", "to neighbours", Machine{Sockets: records{with(6379, "redis", "/usr/bin/redis-server", "redis", at("10.0.0.1", "local"))}}, "medium"},
		{"internal-exposed", "on another port", Machine{Sockets: records{with(7000, "", "/usr/bin/redis-server", "redis")}}, "high"},
		{"internal-exposed", "by its number alone", Machine{Sockets: records{with(6379, "redis", "/usr/bin/other", "me")}}, "medium"},
		{"internal-exposed", "hidden", Machine{Sockets: records{with(6379, "redis", "", "", hidden)}}, "medium"},
		{"internal-exposed", "the kernel's", Machine{Sockets: records{with(6379, "redis", "", "", kernels("mptcp endpoint"))}}, ""},
		{"internal-exposed", "published for a container", Machine{Sockets: records{with(5432, "postgresql", "/usr/bin/docker-proxy", "root")}}, "high"},
		{"internal-exposed", "in a container's own network", Machine{NetNS: 1, Sockets: records{with(5432, "postgresql", "/usr/lib/postgresql/17/bin/postgres", "70", elsewhere)}}, "medium"},
		{"internal-exposed", "java by its port", Machine{Sockets: records{with(9092, "kafka", "/usr/bin/java", "kafka")}}, "high"},
		{"internal-exposed", "java elsewhere", Machine{Sockets: records{with(8443, "https-alt", "/usr/bin/java", "web")}}, ""},
		{"internal-exposed", "the docker engine", Machine{Sockets: records{with(2375, "docker", "/usr/bin/dockerd", "root")}}, "high"},
		{"internal-exposed", "a debugger", Machine{Sockets: records{with(9229, "node-inspect", "/usr/bin/node", "web")}}, "high"},
		{"internal-exposed", "a web server", Machine{Sockets: records{with(443, "https", "/usr/sbin/nginx", "root")}}, ""},
		{"internal-exposed", "a connection", Machine{Sockets: records{with(6379, "redis", "/usr/bin/redis-server", "redis", in("established"))}}, ""},
		{"internal-exposed", "Debian's redis", Machine{Sockets: records{with(6380, "", "/usr/bin/redis-check-rdb", "redis", runs("redis-server", "/usr/bin/redis-server"))}}, "high"},
		{"internal-exposed", "the other end of that link", Machine{Sockets: records{with(6380, "", "/usr/bin/redis-check-rdb", "redis", runs("redis-check-rdb", "redis-check-rdb x"))}}, ""},
		{"internal-exposed", "a class of Java", Machine{Sockets: records{with(7000, "", "/usr/bin/java", "c", runs("java", "java -cp x org.apache.cassandra.service.CassandraDaemon"))}}, "high"},
		{"internal-exposed", "another class on its number", Machine{Sockets: records{with(9092, "kafka", "/usr/bin/java", "c", runs("java", "java -jar shop.jar"))}}, ""},
		{"internal-exposed", "a language model", Machine{Sockets: records{with(8000, "http-alt", "/usr/bin/python3.11", "ai", runs("vllm", "python3 /usr/bin/vllm serve"))}}, "high"},
		{"internal-exposed", "a language model by its number", Machine{Sockets: records{with(11434, "ollama", "", "", hidden)}}, "medium"},
		{"internal-exposed", "something on the number of a store", Machine{Sockets: records{with(9000, "minio", "/usr/bin/python3.11", "me", common, runs("python3", "python3 -m http.server 9000"))}}, ""},
		{"internal-exposed", "the same, with the label of a list", Machine{Sockets: records{with(9000, "minio", "/usr/bin/other", "me", refuted)}}, ""},
		{"internal-exposed", "hidden, on a common number", Machine{Sockets: records{with(9000, "minio", "", "", common, hidden)}}, "medium"},
		{"internal-exposed", "a web server on a common number", Machine{Sockets: records{with(9000, "minio", "/usr/sbin/nginx", "root", common)}}, ""},
		{"internal-exposed", "published, on a common number", Machine{Sockets: records{with(9000, "minio", "/usr/bin/docker-proxy", "root", common)}}, "medium"},
		{"internal-exposed", "not known who can reach it", Machine{Sockets: records{with(6379, "redis", "/usr/bin/redis-server", "redis", at("0.0.0.0", ""))}}, "medium"},
		{"plaintext-exposed", "telnet", Machine{Sockets: records{with(23, "telnet", "/usr/sbin/telnetd", "root", plaintext)}}, "medium"},
		{"plaintext-exposed", "http", Machine{Sockets: records{with(80, "http", "/usr/sbin/nginx", "root", plaintext)}}, "low"},
		{"plaintext-exposed", "on loopback", Machine{Sockets: records{with(23, "telnet", "/usr/sbin/telnetd", "root", plaintext, loopback)}}, ""},
		{"plaintext-exposed", "encrypted", Machine{Sockets: records{with(22, "ssh", "/usr/sbin/sshd", "root")}}, ""},
		{"process-mismatch", "remarked", Machine{Sockets: records{with(5432, "", "/usr/bin/postgres", "postgres", remarkedBy("process-mismatch"))}}, "high"},
		{"debugger", "remarked", Machine{Sockets: records{with(5005, "", "/usr/bin/java", "web", remarkedBy("debugger"))}}, "high"},
		{"no-credentials", "for all", Machine{Sockets: records{with(6379, "redis", "/usr/bin/redis-server", "redis", remarkedBy("no-credentials"))}}, "high"},
		{"no-credentials", "on loopback", Machine{Sockets: records{with(6379, "redis", "/usr/bin/redis-server", "redis", loopback, remarkedBy("no-credentials"))}}, "low"},
		{"no-credentials", "another remark", Machine{Sockets: records{with(6379, "redis", "/usr/bin/redis-server", "redis", remarkedBy("tls-old"))}}, ""},
		{"no-credentials", "not verified", Machine{Sockets: records{redis}}, ""},
		{"tls-missing", "for all", Machine{Sockets: records{with(993, "imaps", "/usr/sbin/dovecot", "root", remarkedBy("tls-missing"))}}, "high"},
		{"tls-missing", "on loopback", Machine{Sockets: records{with(993, "imaps", "/usr/sbin/dovecot", "root", loopback, remarkedBy("tls-missing"))}}, "low"},
		{"cert-expired", "on loopback", Machine{Sockets: records{with(443, "https", "/usr/sbin/nginx", "root", loopback, remarkedBy("cert-expired"))}}, "high"},
		{"number-mismatch", "remarked", Machine{Sockets: records{with(443, "https", "/usr/sbin/sshd", "root", remarkedBy("number-mismatch"))}}, "medium"},
		{"cert-expires", "remarked", Machine{Sockets: records{with(443, "https", "/usr/sbin/nginx", "root", remarkedBy("cert-expires"))}}, "medium"},
		{"cert-not-yet", "remarked", Machine{Sockets: records{with(443, "https", "/usr/sbin/nginx", "root", remarkedBy("cert-not-yet"))}}, "medium"},
		{"cert-weak", "remarked", Machine{Sockets: records{with(443, "https", "/usr/sbin/nginx", "root", remarkedBy("cert-weak"))}}, "medium"},
		{"tls-old", "remarked", Machine{Sockets: records{with(443, "https", "/usr/sbin/nginx", "root", remarkedBy("tls-old"))}}, "medium"},
		{"starttls-missing", "remarked", Machine{Sockets: records{with(143, "imap", "/usr/sbin/dovecot", "root", remarkedBy("starttls-missing"))}}, "medium"},
		{"cert-self-signed", "remarked", Machine{Sockets: records{with(443, "https", "/usr/sbin/nginx", "root", remarkedBy("cert-self-signed"))}}, "low"},
		{"exe-temporary", "in /tmp", Machine{Sockets: records{with(4444, "", "/tmp/x", "www")}}, "high"},
		{"exe-temporary", "in memory", Machine{Sockets: records{with(4444, "", "/memfd:x (deleted)", "www")}}, "high"},
		{"exe-temporary", "two ports of one program", Machine{Sockets: records{with(4444, "", "/tmp/x", "www"), with(4445, "", "/tmp/x", "www")}}, "high"},
		{"exe-temporary", "a folder of such a name", Machine{Sockets: records{with(80, "", "/opt/tmp/x", "www")}}, ""},
		{"exe-writable", "by another", Machine{Sockets: records{redis}, Executables: map[int]machine.Executable{100: {Writable: "uid 1000 can write to /usr/bin"}}}, "high"},
		{"exe-writable", "by nobody", Machine{Sockets: records{redis}, Executables: map[int]machine.Executable{100: {}}}, ""},
		{"exe-deleted", "by its link", Machine{Sockets: records{with(80, "http", "/usr/sbin/nginx (deleted)", "root")}}, "medium"},
		{"exe-deleted", "replaced", Machine{Sockets: records{redis}, Executables: map[int]machine.Executable{100: {Deleted: true}}}, "medium"},
		{"exe-deleted", "there", Machine{Sockets: records{redis}, Executables: map[int]machine.Executable{100: {}}}, ""},
		{"exe-deleted", "in memory only", Machine{Sockets: records{with(4444, "", "/memfd:x (deleted)", "www")}}, ""},
		{"service-mismatch", "something on the database's port", Machine{Sockets: records{with(5432, "postgresql", "/usr/bin/python3.11", "me", loopback)}}, "medium"},
		{"service-mismatch", "something on a number that is only common", Machine{Sockets: records{with(9000, "minio", "/usr/bin/python3.11", "me", common)}}, ""},
		{"service-mismatch", "something on a number that IANA names otherwise", Machine{Sockets: records{with(11211, "", "/usr/bin/python3.11", "me", func(r *record.Record) { r.IANA = "memcache" })}}, "medium"},
		{"service-mismatch", "a tunnel", Machine{Sockets: records{with(5432, "postgresql", "/usr/bin/ssh", "me", runs("ssh", "ssh -L 5432:db:5432 host"))}}, ""},
		{"service-mismatch", "stunnel", Machine{Sockets: records{with(6379, "redis", "/usr/bin/stunnel4", "me")}}, ""},
		{"service-mismatch", "varnish", Machine{Sockets: records{with(9200, "elasticsearch", "/usr/sbin/varnishd", "me")}}, ""},
		{"service-mismatch", "Debian's redis", Machine{Sockets: records{with(6379, "redis", "/usr/bin/redis-check-rdb", "redis", runs("redis-server", "/usr/bin/redis-server"))}}, ""},
		{"service-mismatch", "RabbitMQ", Machine{Sockets: records{with(5672, "amqp", "/usr/lib/erlang/erts/bin/beam.smp", "rabbitmq", runs("beam.smp", "beam.smp -sname rabbit@host"))}}, ""},
		{"service-mismatch", "another version", Machine{Sockets: records{with(25, "smtp", "/usr/sbin/exim4", "mail")}}, ""},
		{"service-mismatch", "a forwarder", Machine{Sockets: records{with(5432, "postgresql", "/usr/bin/docker-proxy", "root")}}, ""},
		{"service-mismatch", "a service that this table does not know", Machine{Sockets: records{with(8080, "http-alt", "/usr/bin/x", "me")}}, ""},
		{"service-mismatch", "hidden", Machine{Sockets: records{with(5432, "postgresql", "", "", hidden)}}, ""},
		{"shared-address", "two programs", Machine{Sockets: records{with(80, "http", "/usr/sbin/nginx", "root", group(7)), with(80, "http", "/tmp/x", "root", group(7))}}, "high"},
		{"shared-address", "two users", Machine{Sockets: records{with(80, "http", "/usr/sbin/nginx", "root", group(7)), with(80, "http", "/usr/sbin/nginx", "me", group(7))}}, "high"},
		{"shared-address", "two users without a name", Machine{Sockets: records{with(80, "http", "/usr/bin/x", "", group(7), ofUID(54321)), with(80, "http", "/usr/bin/x", "", group(7), ofUID(54322))}}, "high"},
		{"shared-address", "one user without a name", Machine{Sockets: records{with(80, "http", "/usr/bin/x", "", group(7), ofUID(54321)), with(80, "http", "/usr/bin/x", "", group(7), ofUID(54321))}}, ""},
		{"shared-address", "workers", Machine{Sockets: records{with(80, "http", "/usr/sbin/nginx", "root", group(7)), with(80, "http", "/usr/sbin/nginx", "root", group(7))}}, ""},
		{"shared-address", "two groups", Machine{Sockets: records{with(80, "http", "/usr/sbin/nginx", "root", group(7)), with(81, "", "/tmp/x", "root", group(8))}}, ""},
		{"shared-address", "multicast", Machine{Sockets: records{with(5353, "mdns", "/usr/sbin/avahi-daemon", "avahi", group(7)), with(5353, "mdns", "/opt/chrome", "me", group(7))}}, ""},
		{"shadowed-loopback", "another owner", Machine{Sockets: records{redis, with(6379, "redis", "/usr/bin/other", "me", loopback)}}, "medium"},
		{"shadowed-loopback", "IPv4 below [::]", Machine{Sockets: records{with(80, "http", "/usr/sbin/nginx", "root", at("::", "all")), with(80, "http", "/usr/bin/other", "me", loopback)}}, "medium"},
		{"shadowed-loopback", "IPv6 only", Machine{Sockets: records{with(80, "http", "/usr/sbin/nginx", "root", at("::", "all"), func(r *record.Record) { r.V6Only = new(true) }), with(80, "http", "/usr/bin/other", "me", loopback)}}, ""},
		{"shadowed-loopback", "the same owner", Machine{Sockets: records{redis, with(6379, "redis", "/usr/bin/redis-server", "redis", loopback)}}, ""},
		{"shadowed-loopback", "another namespace", Machine{Sockets: records{redis, with(6379, "redis", "/usr/bin/other", "me", loopback, elsewhere)}}, ""},
		{"accept-queue-full", "full", Machine{Sockets: records{with(80, "http", "/usr/sbin/nginx", "root", queue(129, 128))}}, "medium"},
		{"accept-queue-full", "room for none", Machine{Sockets: records{with(80, "http", "/usr/sbin/nginx", "root", queue(0, 0))}}, ""},
		{"accept-queue-full", "busy", Machine{Sockets: records{with(80, "http", "/usr/sbin/nginx", "root", queue(90, 128))}}, ""},
		{"close-wait", "a leak", Machine{Sockets: append(many(50, with(6379, "redis", "/usr/bin/redis-server", "redis", in("close-wait"))), redis)}, "medium"},
		{"close-wait", "a few", Machine{Sockets: append(many(49, with(6379, "redis", "/usr/bin/redis-server", "redis", in("close-wait"))), redis)}, ""},
		{"close-wait", "of another program", Machine{Sockets: append(many(50, with(6379, "redis", "/usr/bin/other", "me", in("close-wait"))), redis)}, ""},
		{"root-needless", "dns as root", Machine{Sockets: records{with(53, "domain", "/usr/sbin/dnsmasq", "root", flagged("needless-root"))}}, "low"},
		{"root-needless", "sshd", Machine{Sockets: records{with(22, "ssh", "/usr/sbin/sshd", "root", flagged("needless-root"))}}, ""},
		{"root-needless", "no flag", Machine{Sockets: records{with(53, "domain", "/usr/sbin/dnsmasq", "root")}}, ""},
		{"privileged-nonroot", "for nothing", Machine{Sockets: records{with(999, "", "/usr/bin/x", "me", flagged("non-root"))}}, "low"},
		{"privileged-nonroot", "for a service", Machine{Sockets: records{with(80, "http", "/usr/bin/caddy", "caddy", flagged("non-root"))}}, ""},
		{"privileged-nonroot", "root", Machine{Sockets: records{with(999, "", "/usr/bin/x", "root", flagged("needless-root"))}}, ""},
		{"port-start-lowered", "to 80", Machine{Ports: lowered}, "low"},
		{"port-start-lowered", "as usual", Machine{Ports: ports}, ""},
		{"port-start-lowered", "not known", Machine{}, ""},
		{"ephemeral-listener", "inside", Machine{Ports: ports, Sockets: records{with(33000, "", "/usr/bin/x", "me")}}, "low"},
		{"ephemeral-listener", "below", Machine{Ports: ports, Sockets: records{with(8080, "", "/usr/bin/x", "me")}}, ""},
		{"ephemeral-listener", "reserved", Machine{Ports: ports, Sockets: records{with(40005, "", "/usr/bin/x", "me")}}, ""},
		{"ephemeral-listener", "UDP", Machine{Ports: ports, Sockets: records{with(33000, "", "/usr/bin/x", "me", func(r *record.Record) { r.Proto, r.State = "udp", "bound" })}}, ""},
		{"ephemeral-listener", "another namespace's range is not known", Machine{NetNS: 1, Ports: ports, Sockets: records{with(33000, "", "/usr/bin/x", "me", elsewhere)}}, ""},
	} {
		t.Run(test.rule+"/"+test.name, func(t *testing.T) {
			var got []string
			for _, f := range test.machine.Audit() {
				if f.Rule == test.rule {
					got = append(got, f.Severity)
				}
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("severities %q, want %q", got, test.want)
			}
		})
	}
}

// TestEveryRule checks that the table of rules is complete, and that each finding
// has all of its fields.
func TestEveryRule(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range Rules() {
		if seen[r.ID] || r.Title == "" || r.Advice == "" || !slices.Contains(record.Severities(), r.Severity) {
			t.Errorf("the rule %+v is not complete, or not the only one of its name", r)
		}
		seen[r.ID] = true
	}
	m := Machine{Ports: machine.Ports{Known: true, FirstUnprivileged: 0, Ephemeral: machine.Range{First: 1, Last: 65535}},
		Sockets: []record.Record{with(23, "telnet", "/tmp/x (deleted)", "root", plaintext, flagged("needless-root"), queue(9, 3))}}
	for _, f := range m.Audit() {
		if f.Kind != record.KindFinding || f.Rule == "" || f.Severity == "" || f.Title == "" || f.Evidence == "" || f.Advice == "" {
			t.Errorf("a finding that is not complete: %+v", f.Finding)
		}
	}
}

func TestOrder(t *testing.T) {
	m := Machine{Ports: machine.Ports{Known: true, FirstUnprivileged: 1024, Ephemeral: machine.Range{First: 32768, Last: 60999}},
		Sockets: []record.Record{with(33000, "", "/usr/bin/x", "me"), with(6379, "redis", "/usr/bin/redis-server", "r"), with(2375, "docker", "/usr/bin/dockerd", "root")}}
	var got []string
	for _, f := range m.Audit() {
		got = append(got, f.Severity+" "+f.Endpoint())
	}
	want := []string{"high tcp/0.0.0.0:2375", "high tcp/0.0.0.0:6379", "low tcp/0.0.0.0:33000"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestEvidence checks the words for what was found.
func TestEvidence(t *testing.T) {
	v6only := func(r *record.Record) { r.V6Only = new(true) }
	for _, test := range []struct {
		socket record.Record
		want   string
	}{
		{with(6379, "redis", "/usr/bin/redis-check-rdb", "redis", runs("redis-server", "redis-server")), "redis is a cache; held by redis-server (/usr/bin/redis-check-rdb) as redis; it listens on every IPv4 address (0.0.0.0)"},
		{with(6379, "redis", "/usr/bin/redis-server (deleted)", "", ofUID(999), at("::", "all")), "redis is a cache; held by /usr/bin/redis-server as 999; it listens on every address (::)"},
		{with(6379, "redis", "/usr/bin/redis-server", "redis", at("::", "all"), v6only), "redis is a cache; held by /usr/bin/redis-server as redis; it listens on every IPv6 address (::)"},
		{with(9000, "minio", "", "", common, hidden), "port 9000: minio is common there; IANA registered it for another; minio is a store of objects; held by a process that is hidden (permission); it listens on every IPv4 address (0.0.0.0)"},
	} {
		findings := Machine{Sockets: []record.Record{test.socket}}.Audit()
		i := slices.IndexFunc(findings, func(f record.Record) bool { return f.Rule == "internal-exposed" })
		if i < 0 || findings[i].Evidence != test.want {
			t.Errorf("%v, want %q", findings, test.want)
		}
	}
}

// TestTemporary: a memfd is a memfd, and a file in /tmp a file.
func TestTemporary(t *testing.T) {
	for exe, want := range map[string]string{
		"/memfd:payload (deleted)": `x (7), run by www, has no file: it runs from memory alone (memfd "payload")`,
		"/tmp/x":                   "/tmp/x (7), run by www, lies in a directory for temporary files",
	} {
		r := with(4444, "", exe, "www", runs("x", "x"))
		(*r.Processes)[0].PID = 7
		findings := Machine{Sockets: []record.Record{r}}.Audit()
		if len(findings) != 1 || findings[0].Evidence != want {
			t.Errorf("%v, want %q", findings, want)
		}
	}
}

// TestPlaintextGuess: neither what is merely common on a number nor what is behind a
// forwarder is said to be there.
func TestPlaintextGuess(t *testing.T) {
	byNumber := func(r *record.Record) { r.ServiceBy = record.ByIANA }
	for _, test := range []struct {
		exe    string
		change func(*record.Record)
		want   string
	}{
		{"/usr/bin/python3.11", common, "port 8000: http-alt is common there; IANA registered it for another; http-alt sends everything in plain text; held by"},
		{"/usr/sbin/haproxy", byNumber, "port 8000: IANA registered it for http-alt; http-alt sends everything in plain text; held by"},
		{"/usr/sbin/nginx", byNumber, "http-alt sends everything in plain text; held by"},
	} {
		findings := Machine{Sockets: []record.Record{with(8000, "http-alt", test.exe, "me", plaintext, test.change)}}.Audit()
		i := slices.IndexFunc(findings, func(f record.Record) bool { return f.Rule == "plaintext-exposed" })
		if i < 0 || !strings.HasPrefix(findings[i].Evidence, test.want) {
			t.Errorf("%v, want %q", findings, test.want)
		}
	}
}

// TestHolder checks how those are named whom no process is known for.
func TestHolder(t *testing.T) {
	nobody := func(r *record.Record) { hidden(r); r.Hidden = "no-owner" }
	for _, test := range []struct {
		socket record.Record
		want   string
	}{
		{with(1, "", "/usr/bin/x", "me"), "/usr/bin/x as me"},
		{with(1, "", "", "", hidden), "a process that is hidden (permission)"},
		{with(1, "", "", "", nobody), "no process that was found"},
		{with(1, "", "", "", kernels("vxlan vx0")), "the kernel (vxlan vx0)"},
	} {
		if got := holder(test.socket); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}
