// Package kill decides which processes have to end so that ports become free, and
// says what else ends with them.
//
// It sends no signal and reads nothing: [Targets] is a pure function of the
// sockets that the caller has listed.
package kill

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"porthole/internal/record"
)

// Target is a process that has to end so that ports become free.
type Target struct {
	Process record.Process
	Holds   []string // the endpoints that are to become free, as of [record.Record.Endpoint]
	Also    []string // the other endpoints that it waits on
	Stops   []string // those of processes that it started, which may end with it, with the process: "tcp/[::]:80 of nginx (81)"
	Restart string   // who may start it again, and what stops it for good; "" nobody that is known
	Refusal string   // why it is never signalled; "" if it may be
}

// Protected are the processes that are never signalled, beside process 1.
type Protected struct {
	Self      int   // PID of this process
	Ancestors []int // PIDs of those that started it: a shell, a terminal, sshd
}

// Refusal is why a process is never signalled, "" if it may be.
func (s Protected) Refusal(p record.Process) string {
	switch {
	case p.PID == 1:
		return "process 1 keeps the whole system running"
	case p.PID == s.Self:
		return "this is porthole itself"
	case slices.Contains(s.Ancestors, p.PID):
		return "porthole runs below it, and would end with it"
	case p.Started == nil:
		return "its start time is not known, so another process could have its PID by now"
	}
	return ""
}

// Targets returns the processes that hold the asked sockets, by PID. A process
// that another of them started is left out, since it ends with that one; a parent
// that is never signalled does not count. All has the machine's sockets.
func Targets(asked, all []record.Record, protected Protected) (list []Target) {
	for _, t := range holders(asked, protected) {
		p := t.Process
		for _, r := range all {
			if !r.Waits() || slices.Contains(t.Holds, r.Endpoint()) {
				continue
			}
			for _, other := range r.Holders() {
				switch {
				case other.PID == p.PID:
					t.Also = append(t.Also, r.Endpoint())
				case other.StartedByAny([]record.Process{p}):
					t.Stops = append(t.Stops, r.Endpoint()+" of "+Name(other))
				}
			}
		}
		t.Also, t.Stops = unique(t.Also), unique(t.Stops)
		t.Restart = restart(p, asked)
		list = append(list, t)
	}
	return list
}

// holders returns the holders of the asked sockets that no other holder started.
func holders(asked []record.Record, protected Protected) (list []Target) {
	byPID := make(map[int]*Target)
	var mortal []record.Process
	for _, r := range asked {
		for _, p := range r.Holders() {
			t := byPID[p.PID]
			if t == nil {
				t = &Target{Process: p, Refusal: protected.Refusal(p)}
				byPID[p.PID] = t
				if t.Refusal == "" {
					mortal = append(mortal, p)
				}
			}
			t.Holds = append(t.Holds, r.Endpoint())
		}
	}
	for _, t := range byPID {
		t.Holds = unique(t.Holds)
		if !t.Process.StartedByAny(mortal) {
			list = append(list, *t)
		}
	}
	slices.SortFunc(list, func(a, b Target) int { return cmp.Compare(a.Process.PID, b.Process.PID) })
	return list
}

// restart says who may start a process again. What the unit file or the runtime
// was told is not known, so it is never more than "may".
func restart(p record.Process, asked []record.Record) string {
	for _, r := range asked {
		if strings.HasSuffix(r.Unit, ".socket") {
			return fmt.Sprintf("systemd keeps the socket for %s and starts it again; systemctl stop %s frees the port", r.Unit, r.Unit)
		}
	}
	if runtime, name, ok := strings.Cut(p.Container, ":"); ok {
		switch runtime {
		case "docker", "podman":
			return fmt.Sprintf("%s may start it again; %s stop %s stops it for good", runtime, runtime, name)
		case "kubernetes", "containerd":
			return fmt.Sprintf("%s may start it again (%s)", runtime, name)
		}
	}
	if strings.HasSuffix(p.Unit, ".service") && !strings.HasPrefix(p.Unit, "user@") {
		return fmt.Sprintf("systemd may start it again; systemctl stop %s stops it for good", p.Unit)
	}
	if len(p.Parents) > 0 && supervises(p.Parents[0].Name) {
		return fmt.Sprintf("%s (%d) started it and may start it again", p.Parents[0].Name, p.Parents[0].PID)
	}
	return ""
}

// supervises reports whether a program is known to start its children again.
func supervises(program string) bool {
	switch path.Base(program) {
	case "supervisord", "runsv", "s6-supervise", "supervise", "monit", "circusd", "nodemon", "PM2", "pm2", "foreman", "overmind",
		"air", "watchexec", "entr", "dockerd", "containerd-shim", "conmon", "launchd":
		return true
	}
	return false
}

// Name is a process as messages name it: "nginx (812)".
func Name(p record.Process) string { return fmt.Sprintf("%s (%d)", cmp.Or(p.Name, "?"), p.PID) }

func unique(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}
