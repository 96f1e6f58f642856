package program

import (
	"strings"
	"testing"

	"porthole/internal/record"
	"porthole/registry"
)

func process(exe, name, cmdline string) record.Process {
	p := record.Process{Exe: exe, Name: name}
	if cmdline != "" {
		p.Cmdline = strings.Split(cmdline, "|")
	}
	return p
}

// TestIdentify checks the names of what a process runs, the likeliest first, and its
// runtime.
func TestIdentify(t *testing.T) {
	for _, test := range []struct {
		exe, name, cmdline string
		want               string // runtime: names
	}{
		{"/usr/bin/redis-check-rdb", "redis-server", "/usr/bin/redis-server 127.0.0.1:6379", ": redis-server redis-check-rdb"},
		{"/usr/sbin/nginx", "nginx", "nginx: master process /usr/sbin/nginx -g daemon on;", ": nginx"},
		{"/usr/sbin/exim4", "exim4", "/usr/sbin/exim4|-bd", ": exim"},
		{"/usr/sbin/sshd", "sshd", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", ": sshd"},
		{"/usr/bin/ssh (deleted)", "ssh", "ssh|-L|5432:db:5432|host", ": ssh"},
		{"/usr/bin/python3.11", "python3", "python3|-m|http.server|9000", "python: http http.server"},
		{"/usr/bin/python3.11", "python3", "python3|-m|vllm.entrypoints.openai.api_server|--port|8000", "python: vllm vllm.entrypoints.openai.api_server"},
		{"/usr/bin/python3.11", "jupyter-lab", "/usr/bin/python3|/usr/bin/jupyter-lab|--ip=0.0.0.0", "python: jupyter-lab"},
		{"/usr/bin/python3.11", "python3", "python3|-u|/opt/x/__main__.py", "python: x"},
		{"/usr/bin/python3.11", "python3", "python3|/usr/lib/python3/dist-packages/ray/dashboard/dashboard.py", "python: ray"},
		{"/usr/bin/python3.11", "python3", "python3|-c|import socket", "python:"},
		{"/usr/bin/python3.11", "python3", "python3|/srv/app.py", "python:"},
		{"/usr/bin/python3.11", "gunicorn", "gunicorn: master [airflow.www.app:create_app]", "python: airflow gunicorn"},
		{"/usr/bin/python3.11", "gunicorn", "/usr/bin/python3|/usr/bin/gunicorn|-b|127.0.0.1:8000|mlflow.server:app", "python: gunicorn mlflow"},
		{"/usr/bin/uwsgi-core", "uwsgi", "uwsgi|--http|:8080", ": uwsgi uwsgi-core"},
		{"/usr/lib/jvm/bin/java", "java", "java|-Xmx1g|-cp|/x/*|org.apache.zookeeper.server.quorum.QuorumPeerMain|zoo.cfg", "java: zookeeper quorum quorumpeermain"},
		{"/usr/lib/jvm/bin/java", "java", "java|-jar|/opt/kafka_2.13-3.7.0.jar", "java: kafka"},
		{"/usr/lib/jvm/bin/java", "java", "java|-jar|start.jar", "java:"},
		{"/usr/bin/node", "node", "node|/usr/share/node_modules/.bin/vite|--host", "node: vite"},
		{"/usr/bin/node", "MainThread", "node|/srv/shop/node_modules/@acme/shop/bin/x.js", "node: shop"},
		{"/usr/bin/node", "node", "node|server.js", "node:"},
		{"/usr/lib/erlang/bin/beam.smp", "beam.smp", "/usr/lib/erlang/bin/beam.smp|-W|w|--|-root|/usr/lib/erlang|-sname|rabbit@host|-s|x", "beam.smp: rabbitmq-server"},
		{"/bin/busybox", "httpd", "busybox|httpd|-p|80", "busybox: httpd"},
		{"/bin/busybox", "telnetd", "/usr/sbin/telnetd|-F", "busybox: telnetd"},
		{"/usr/bin/dash", "sh", "sh|/opt/start.sh", "dash:"},
		{`C:\Program Files\MySQL\mysqld.exe`, "mysqld.exe", "", ": mysqld"},
		{"", "", "", ":"},
	} {
		p := Identify(process(test.exe, test.name, test.cmdline))
		if got := strings.TrimSpace(p.Runtime + ": " + strings.Join(p.Names, " ")); got != test.want {
			t.Errorf("%v is %q, want %q", test, got, test.want)
		}
	}
}

// TestOffers checks which program fits which service, and which stands for another.
func TestOffers(t *testing.T) {
	for _, test := range []struct {
		service, exe, name, cmdline string
		offers, forwards            bool
		internal                    string
	}{
		{"redis", "/usr/bin/redis-check-rdb", "redis-server", "", true, false, "redis"},
		{"redis", "/usr/bin/stunnel4", "stunnel4", "", false, true, ""},
		{"postgresql", "/usr/bin/ssh", "ssh", "", false, true, ""},
		{"postgresql", "/usr/bin/python3.11", "python3", "python3|x.py", false, false, ""},
		{"kafka", "/usr/bin/java", "java", "", true, false, ""},
		{"kafka", "/usr/bin/java", "java", "java|kafka.Kafka", true, false, "kafka"},
		{"kafka", "/usr/bin/java", "java", "java|-jar|shop.jar", false, false, ""},
		{"jdwp", "/usr/bin/java", "java", "java|-jar|shop.jar", true, false, ""},
		{"ray", "/usr/bin/xray", "xray", "", false, false, ""},
		{"ssh", "/usr/sbin/sshd", "sshd", "", true, true, ""},
		{"ollama", "/usr/bin/ollama", "ollama", "ollama|serve", true, false, "ollama"},
		{"minio", "/usr/bin/python3.11", "python3", "python3|-m|http.server|9000", false, false, ""},
		{"erlang-dist", "/usr/lib/erlang/bin/beam.smp", "beam.smp", "beam.smp|-sname|rabbit@h", true, false, "rabbitmq"},
	} {
		s, ok := Named(test.service)
		p := Identify(process(test.exe, test.name, test.cmdline))
		internal, _ := p.Internal()
		if !ok || p.Offers(s) != test.offers || p.Forwards() != test.forwards || internal.Name != test.internal {
			t.Errorf("%v: offers %v, forwards %v, internal %q", test, p.Offers(s), p.Forwards(), internal.Name)
		}
	}
	if _, ok := Named("no-such-service"); ok {
		t.Error("a service of no name is known")
	}
}

func TestHas(t *testing.T) {
	for word, want := range map[string]bool{"b": true, "ab": true, "abc": true, "a": false, "bc": false, "": false} {
		if has("ab abc b", word) != want {
			t.Errorf("%q", word)
		}
	}
}

// TestCatalogueNames checks that each service is named as the registry does, so that
// a number leads to it, but for those that are known by their programs alone, since
// they have no number of their own.
func TestCatalogueNames(t *testing.T) {
	const byProgram = "vllm llama-cpp chroma weaviate mlflow airflow"
	seen := make(map[string]bool)
	var r registry.Registry
	for _, s := range catalogue() {
		n := 0
		for range r.Named(s.Name) {
			n++
		}
		if known := n > 0; known == has(byProgram, s.Name) {
			t.Errorf("the registry has %s: %v", s.Name, known)
		}
		if seen[s.Name] {
			t.Errorf("%s is there twice", s.Name)
		}
		seen[s.Name] = true
		for name := range strings.FieldsSeq(s.programs) {
			if got := plain(name); got != name && !has(runtimes, name) {
				t.Errorf("%s: %q is never found, since a process is called %q", s.Name, name, got)
			}
		}
	}
}
