// Package explain says in plain sentences who is on a port of this machine,
// and what a new server would meet there.
//
// The one call to start with is [Machine.Explain]. It is a pure function of what
// the caller gathered; [TryBind] and [FirstFree] ask the kernel by binding.
// What it promises: every sentence rests on a fact that the record carries,
// too, and what is not known is left out rather than guessed.
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
	Executables map[int]machine.Executable // by process number
	Ports       machine.Ports              // of the network namespace NetNS
	NetNS       uint64                     // the caller's own; 0 not known
	Now         time.Time
	Fits        func(record.Record) (fits, judged bool)                         // whether a holder is what its port is registered for
	Bind        func(proto string, port uint16) (outcome string, reason string) // tries it
}

// Explain tells of one port. label is a record with what the registry says.
func (w Machine) Explain(label record.Record) record.Record {
	q := question{Machine: w, label: label}
	for _, r := range w.Sockets {
		switch {
		case r.Proto != label.Proto || r.Port != label.Port:
		case r.Waits():
			q.here = append(q.here, r)
		default:
			q.connections = append(q.connections, r)
		}
	}
	x := &record.Explanation{Sockets: q.here, Connections: len(q.connections)}
	for _, p := range q.holders() {
		x.Holders = append(x.Holders, q.about(p))
	}
	bind := q.bind()
	x.Bind = &bind
	x.Says = q.sentences(x)
	x.Tree = tree(q.holders())
	out := label
	out.Kind, out.Explanation = record.KindExplanation, x
	return out
}

// question is one port with what was found on it.
type question struct {
	Machine
	label       record.Record
	here        []record.Record // that wait on it
	connections []record.Record // that have it as their local port
}

// holders are the processes on the port, each once.
func (q question) holders() (list []record.Process) {
	for _, r := range q.here {
		for _, p := range r.Holders() {
			if !slices.ContainsFunc(list, func(have record.Process) bool { return have.PID == p.PID }) {
				list = append(list, p)
			}
		}
	}
	return list
}

// about gathers what else belongs to a holder.
func (q question) about(p record.Process) record.Holder {
	file := q.Executables[p.PID]
	h := record.Holder{PID: p.PID, Deleted: file.Deleted, Changed: file.Changed, Writable: file.Writable}
	for _, r := range q.Sockets {
		if !r.Waits() || r.Proto == q.label.Proto && r.Port == q.label.Port {
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

// stopsWith tells whether stopping p's service takes other with it: it is of
// the same unit or container, or p started it.
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
