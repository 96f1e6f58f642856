package explain

import (
	"strings"
	"testing"

	"porthole/internal/record"
)

// TestStop checks how a port is given up: never by ending process 1 of the machine.
func TestStop(t *testing.T) {
	systemd := record.Process{PID: 1, Name: "systemd"}
	sshd := record.Process{PID: 700, Name: "sshd", Unit: "ssh.service", Parents: []record.Parent{{PID: 1, Name: "systemd"}}}
	fromSocket := func(r *record.Record) { r.Unit = "ssh.socket" }
	for _, test := range []struct {
		want    string
		holders []record.Process
		change  func(*record.Record)
	}{
		{"systemctl stop ssh.socket ssh.service", []record.Process{systemd, sshd}, fromSocket},
		{"systemctl stop ssh.socket", []record.Process{systemd}, fromSocket},
		{"systemctl stop ssh.service", []record.Process{sshd}, nil},
		{"systemctl --user stop shop.service", []record.Process{{PID: 9, Name: "x", Unit: "shop.service", Cgroup: "/user.slice/user-1000.slice/user@1000.service/app.slice/shop.service"}}, nil},
		{"node (1) is process 1: all of its PID namespace ends with it", []record.Process{{PID: 1, Name: "node"}}, nil},
		{"node (812) is process 1: all of its PID namespace ends with it", []record.Process{{PID: 812, Name: "node"}}, nil},
		{"podman stop web", []record.Process{{PID: 9, Name: "x", Container: "podman:web"}}, nil},
		{"stop the container cri-o:web", []record.Process{{PID: 9, Name: "x", Container: "cri-o:web"}}, nil},
		{"end x (9)", []record.Process{{PID: 9, Name: "x"}}, nil},
	} {
		changes := []func(*record.Record){func(*record.Record) {}}
		if test.change != nil {
			changes = append(changes, test.change)
		}
		w := machineOf(socket("0.0.0.0", 22, "all", test.holders, changes...))
		w.IsInit = func(pid int) bool { return pid == 812 }
		if got := text(w.Explain(label(22, "ssh"), own()).Explanation); !strings.Contains(got, "to stop: "+test.want+"\n") {
			t.Errorf("want %q in\n%s", test.want, got)
		}
	}
}

// TestSocketUnit checks that the service is the holder of a socket that systemd hands
// to it, and no worker.
func TestSocketUnit(t *testing.T) {
	systemd := record.Process{PID: 1, Name: "systemd", User: "root"}
	sshd := record.Process{PID: 700, Name: "sshd", User: "root", Unit: "ssh.service", Parents: []record.Parent{{PID: 1, Name: "systemd"}}}
	fromSocket := func(r *record.Record) { r.Unit = "ssh.socket" }
	for want, holders := range map[string][]record.Process{
		"held by: sshd (700), root\npassed on by ssh.socket\n":  {systemd, sshd},
		"held by: systemd (1), root\npassed on by ssh.socket\n": {systemd},
	} {
		if got := text(machineOf(socket("0.0.0.0", 22, "all", holders, fromSocket)).Explain(label(22, "ssh"), own()).Explanation); !strings.Contains(got, want) {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
}

// TestStopsWithParent: a session lives on when the server that started it ends, and what
// it holds is not held by the server.
func TestStopsWithParent(t *testing.T) {
	server := []record.Process{{PID: 100, Name: "sshd"}}
	session := []record.Process{{PID: 139, Name: "sshd", Parents: []record.Parent{{PID: 100, Name: "sshd"}}}}
	connection := socket("198.18.0.1", 22, "", session, func(r *record.Record) {
		r.State, r.RemoteAddr, r.RemotePort = "established", "198.18.0.2", 40000
	})
	forwarded := socket("127.0.0.1", 6380, "loopback", session)
	for unit, want := range map[string]string{
		"":            "holds: nothing else\nto stop: end sshd (100); with it may end tcp/127.0.0.1:6380 of sshd (139)\n",
		"ssh.service": "holds: nothing else\nto stop: systemctl stop ssh.service\n",
	} {
		server[0].Unit = unit
		session[0].Unit = map[bool]string{true: "session-1.scope"}[unit != ""]
		w := machineOf(socket("0.0.0.0", 22, "all", server), connection, forwarded)
		if got := text(w.Explain(label(22, "ssh"), own()).Explanation); !strings.Contains(got, want) {
			t.Errorf("unit %q:\n%s\nwant:\n%s", unit, got, want)
		}
	}
}
