// Package explain says in sentences which processes hold a port of this machine,
// and whether a new server could bind it.
//
// [Machine.Explain] is a pure function of what the caller has collected. [TryBind]
// and [FirstFree] ask the kernel, by binding. Every sentence states a fact that the
// record has as well. What is not known is left out, never guessed.
package explain

import (
	"slices"
	"time"

	"porthole/internal/machine"
	"porthole/internal/record"
)

// Machine is what is known of the machine.
type Machine struct {
	Sockets     []record.Record            // of all states
	Executables map[int]machine.Executable // by PID
	Ports       machine.Ports              // of the network namespace NetNS
	NetNS       uint64                     // that of this process; 0 if not known
	Now         time.Time
	Fits        func(record.Record) (fits, known bool)                          // as audit.Fits
	Bind        func(proto string, port uint16) (outcome string, reason string) // as [TryBind]
}

// Explain explains one port. The label is a record of the port with what the
// registry says of it.
func (m Machine) Explain(label record.Record) record.Record {
	pt := port{Machine: m, label: label}
	for _, r := range m.Sockets {
		switch {
		case r.Proto != label.Proto || r.Port != label.Port:
		case r.Waits():
			pt.listeners = append(pt.listeners, r)
		default:
			pt.connections = append(pt.connections, r)
		}
	}
	x := &record.Explanation{Sockets: pt.listeners, Connections: len(pt.connections)}
	for _, p := range pt.holders() {
		x.Holders = append(x.Holders, pt.holder(p))
	}
	bind := pt.bind()
	x.Bind = &bind
	x.Says = pt.sentences(x)
	x.Tree = tree(pt.holders())
	out := label
	out.Kind, out.Explanation = record.KindExplanation, x
	return out
}

// port is the port to explain, and its sockets.
type port struct {
	Machine
	label       record.Record
	listeners   []record.Record // the sockets that wait on it
	connections []record.Record // the other sockets with this local port
}

// holders returns the processes that hold the port, each once.
func (pt port) holders() (list []record.Process) {
	for _, r := range pt.listeners {
		for _, p := range r.Holders() {
			if !slices.ContainsFunc(list, func(have record.Process) bool { return have.PID == p.PID }) {
				list = append(list, p)
			}
		}
	}
	return list
}

// holder collects what is known of a holder.
func (pt port) holder(p record.Process) record.Holder {
	file := pt.Executables[p.PID]
	h := record.Holder{PID: p.PID, Deleted: file.Deleted, Changed: file.Changed, Writable: file.Writable}
	for _, r := range pt.Sockets {
		if !r.Waits() || r.Proto == pt.label.Proto && r.Port == pt.label.Port {
			continue
		}
		held, stopped := false, ""
		for _, other := range r.Holders() {
			held = held || other.PID == p.PID
			if stopped == "" && stopsWith(other, p) {
				stopped = name(other)
			}
		}
		switch {
		case held:
			h.Also = append(h.Also, r.Endpoint())
		case stopped != "":
			h.Stops = append(h.Stops, r.Endpoint()+" of "+stopped)
		}
	}
	slices.Sort(h.Also)
	h.Also = slices.Compact(h.Also)
	slices.Sort(h.Stops)
	h.Stops = slices.Compact(h.Stops)
	return h
}

// stopsWith reports whether another process ends when the service of p is stopped:
// it is of the same unit or container, or p started it.
func stopsWith(other, p record.Process) bool {
	switch {
	case p.Container != "":
		return other.Container == p.Container
	case isService(p.Unit) && other.Unit == p.Unit:
		return true
	default:
		return slices.ContainsFunc(other.Parents, func(parent record.Parent) bool { return parent.PID == p.PID && p.PID != 1 })
	}
}
