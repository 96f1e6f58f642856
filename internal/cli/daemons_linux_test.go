package cli

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"porthole/internal/netlab"
	"porthole/internal/record"
	"porthole/internal/report"
)

// daemon is a real server, as Debian has it.
type daemon struct {
	name    string
	files   map[string]string // made in its folder; DIR stands for that
	command string            // by blanks; DIR stands for its folder
	port    uint16
	service string   // and who says so
	rules   []string // of the findings about its port, with their severity
}

// daemons lists servers that are known under other names than that of their
// executable, change their root, or stand for others.
func daemons() []daemon {
	haproxy := "global\n chroot DIR/jail\n user nobody\ndefaults\n mode tcp\n timeout client 9s\n timeout server 9s\n timeout connect 9s\nlisten a\n bind 127.0.0.1:5432\n server b 127.0.0.1:1\n"
	unbound := "server:\n chroot: \"DIR\"\n directory: \"DIR\"\n username: \"nobody\"\n pidfile: \"\"\n interface: 127.0.0.1\n use-syslog: no\n logfile: \"\"\n"
	nginx := "daemon off;\npid DIR/pid;\nerror_log /dev/null;\nevents {}\nhttp {\n access_log off;\n server { listen 80; }\n}\n"
	stunnel := "foreground = yes\npid =\nclient = yes\n[r]\naccept = 127.0.0.1:6379\nconnect = 127.0.0.1:1\n"
	return []daemon{
		{"redis", nil, "redis-server --port 6379 --bind 0.0.0.0 --protected-mode no --dir DIR", 6379, "redis registered", []string{"high internal-exposed", "medium plaintext-exposed"}},
		{"redis on another port", nil, "redis-server --port 6380 --bind 0.0.0.0 --protected-mode no --dir DIR", 6380, "redis holder", []string{"high internal-exposed"}},
		{"haproxy in a jail", map[string]string{"cfg": haproxy, "jail/": ""}, "haproxy -db -f DIR/cfg", 5432, "postgresql registered", nil},
		{"unbound in a jail", map[string]string{"conf": unbound}, "unbound -d -c DIR/conf", 53, "domain registered", nil},
		{"nginx", map[string]string{"conf": nginx}, "nginx -c DIR/conf", 80, "http registered", []string{"low plaintext-exposed"}},
		{"memcached", nil, "memcached -u nobody -l 0.0.0.0 -p 11211 -U 0", 11211, "memcached registered", []string{"high internal-exposed", "medium plaintext-exposed"}},
		{"stunnel", map[string]string{"conf": stunnel}, "stunnel4 DIR/conf", 6379, "redis registered", nil},
		{"varnish", map[string]string{"v/": ""}, "varnishd -F -a 127.0.0.1:5672 -T none -b 127.0.0.1:1 -n DIR/v", 5672, "amqp registered", nil},
		{"gunicorn", map[string]string{"shop.py": "def app(e, s):\n    s('200 OK', [])\n    return []\n"}, "/usr/bin/gunicorn --chdir DIR -b 127.0.0.1:9000 shop:app", 9000, " ", nil},
		{"node", map[string]string{"server.js": "require('http').createServer().listen(9000, '0.0.0.0')\n"}, "node DIR/server.js", 9000, " ", nil},
	}
}

// start runs a daemon in a namespace until the test ends, and returns when something
// waits on its port.
func (d daemon) start(t *testing.T, n *netlab.Namespace) {
	t.Helper()
	dir := t.TempDir()
	for folder := dir; folder != os.TempDir() && folder != "/"; folder = filepath.Dir(folder) {
		if err := os.Chmod(folder, 0o755); err != nil { // for a daemon that gives up root
			t.Fatal(err)
		}
	}
	for name, text := range d.files {
		var err error
		if folder, ok := strings.CutSuffix(name, "/"); ok {
			err = os.Mkdir(filepath.Join(dir, folder), 0o755)
		} else {
			err = os.WriteFile(filepath.Join(dir, name), []byte(strings.ReplaceAll(text, "DIR", dir)), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	words := strings.Fields(strings.ReplaceAll(d.command, "DIR", dir))
	if _, err := exec.LookPath(words[0]); err != nil {
		t.Skip(err)
	}
	cmd := n.Command(words[0], words[1:]...)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	cmd.WaitDelay = time.Second // for workers that keep the pipe
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
		}
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // workers, too
	})
	deadline := time.After(20 * time.Second)
	for {
		if len(d.sockets(t, n)) > 0 {
			return
		}
		select {
		case err := <-ended:
			ended <- err
			t.Skipf("it does not run here: %v\n%s", err, &out)
		case <-deadline:
			t.Skipf("it does not listen on port %d\n%s", d.port, &out)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// sockets lists what waits on the daemon's port.
func (d daemon) sockets(t *testing.T, n *netlab.Namespace) []record.Record {
	t.Helper()
	return portholeIn(t, n, "list", "--netns", "self", "--proto", "tcp", "--port", fmt.Sprint(d.port))
}

// portholeIn runs porthole in a namespace, and returns its records.
func portholeIn(t *testing.T, n *netlab.Namespace, args ...string) []record.Record {
	t.Helper()
	binary, err := exec.LookPath("porthole")
	if err != nil {
		t.Fatal(err)
	}
	cmd := n.Command(binary, append(args, "-q", "-o", "jsonl")...)
	out, err := cmd.Output()
	if err != nil && cmd.ProcessState.ExitCode() != exitFindings {
		t.Fatalf("porthole %s: %v", strings.Join(args, " "), err)
	}
	saved, err := report.ReadSaved(bytes.NewReader(out))
	if err != nil {
		t.Fatalf("porthole %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return saved.Records
}

// TestDaemons audits real servers: what is found is true, and nothing else is found.
func TestDaemons(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("daemons change their user and their root")
	}
	for _, d := range daemons() {
		t.Run(d.name, func(t *testing.T) {
			lab := netlab.Require(t, netlab.Config{})
			d.start(t, lab.Target())
			r := d.sockets(t, lab.Target())[0]
			if got := r.Service + " " + r.ServiceBy; got != d.service {
				t.Errorf("its service is %q, want %q", got, d.service)
			}
			rules := make(map[string]string)
			for _, f := range portholeIn(t, lab.Target(), "audit", "--netns", "self") {
				// Whether a port is low depends on the lab.
				if f.Finding != nil && f.Port == d.port && f.Proto == "tcp" && f.Rule != "root-needless" {
					rules[f.Severity+" "+f.Rule] = f.Evidence
				}
			}
			if got := slices.Sorted(maps.Keys(rules)); !slices.Equal(got, d.rules) {
				t.Errorf("findings %q, want %q: %q", got, d.rules, rules)
			}
		})
	}
}
