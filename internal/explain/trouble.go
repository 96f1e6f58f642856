package explain

import (
	"fmt"
	"slices"

	"porthole/internal/record"
)

// troubles says why the holders serve nobody.
func (pt port) troubles() (out []string) {
	words := map[string]string{
		"stopped":    "is stopped (T): it takes no connection until it gets SIGCONT",
		"traced":     "was stopped by a debugger (t): it takes no connection until that lets it go on",
		"disk-sleep": "waits for a device (D): it may not answer",
		"zombie":     "has ended, and only other threads of it may go on (Z)",
	}
	for _, h := range pt.holders() {
		if why := words[h.State]; why != "" && h.role == record.HoldsWaiting {
			out = append(out, name(h.Process)+" "+why)
		}
	}
	for _, r := range pt.listeners {
		if queueFull(r) {
			out = append(out, fmt.Sprintf("the accept queue of %s is full: %d wait, and the backlog is %d; new connections are dropped", r.Endpoint(), *r.RecvQ, *r.Backlog))
		}
	}
	return out
}

// queueFull reports whether the kernel drops new connections: it queues one more than
// the backlog (sk_acceptq_is_full in net/sock.h).
func queueFull(r record.Record) bool {
	return r.State == "listen" && r.RecvQ != nil && r.Backlog != nil && *r.RecvQ > *r.Backlog
}

// troubleStatus is the trouble in a few words, if it is that of every socket.
func (pt port) troubleStatus() string {
	waiting, stopped := 0, 0
	for _, h := range pt.holders() {
		if h.role == record.HoldsWaiting {
			waiting++
			if h.State == "stopped" || h.State == "traced" {
				stopped++
			}
		}
	}
	full := !slices.ContainsFunc(pt.listeners, func(r record.Record) bool { return !queueFull(r) })
	switch {
	case waiting > 0 && stopped == waiting:
		return "held, but stopped"
	case full:
		return "held, but its queue is full"
	default:
		return ""
	}
}
