// Package explain says which processes hold a port of this machine, who can reach
// it, and what a new server would meet there.
//
// [Machine.Explain] is a pure function of what the caller has collected. [TryBind]
// and [FirstFree] ask the kernel, by binding. The answer is a card of a few rows,
// which is read at a glance, and all of it in sentences. What is not known is left
// out or said to be unknown, never guessed.
package explain

import (
	"cmp"
	"slices"
	"strings"
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
	Findings    []record.Record            // of an audit of this machine
	Now         time.Time
	EachNetNS   bool // each network namespace is explained, so that none needs to mention others

	Outside func(proto string, port uint16, netns uint64) *record.Outside // what the firewall does with connections; nil if that is not known

	IsInit func(pid int) bool                                          // as [machine.IsInit]
	Fits   func(record.Record) (fits, known bool)                      // as audit.Fits
	Bind   func(proto string, port uint16, waitedOn bool) *record.Bind // as [TryBind], in NetNS
}

// Namespace is a network namespace.
type Namespace struct {
	NetNS uint64
	Name  string // "" is the namespace of this process
}

// has reports whether a socket is in it.
func (n Namespace) has(r record.Record) bool {
	if n.Name == "" {
		return r.InNetNS(n.NetNS)
	}
	return r.NetNSText() == n.Name
}

// Namespaces lists the network namespaces in which a port is in use: that of this process
// first, even if the port is not in use there, then the others by name.
func (m Machine) Namespaces(proto string, port uint16) []Namespace {
	own := Namespace{NetNS: m.NetNS}
	out := []Namespace{own}
	for _, r := range m.Sockets {
		n := Namespace{r.NetNS, r.NetNSText()}
		if r.Proto != proto || r.Port != port || r.InNetNS(m.NetNS) {
			continue
		}
		if !slices.ContainsFunc(out, func(have Namespace) bool { return have.Name == n.Name }) {
			out = append(out, n)
		}
	}
	slices.SortFunc(out[1:], func(a, b Namespace) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// Waits reports whether a socket waits on a port in the network namespace of this
// process.
func (m Machine) Waits(proto string, port uint16) bool {
	return slices.ContainsFunc(m.Sockets, func(r record.Record) bool {
		return r.Proto == proto && r.Port == port && r.Waits() && r.InNetNS(m.NetNS)
	})
}

// Explain explains one port in one network namespace. The label is a record of the
// port with what the registry says of it.
func (m Machine) Explain(label record.Record, in Namespace) record.Record {
	pt := port{Machine: m, label: label, namespace: in, own: in.Name == ""}
	for _, r := range m.Sockets {
		switch {
		case r.Proto != label.Proto || r.Port != label.Port:
		case in.has(r):
			pt.add(r)
		default:
			pt.elsewhere = append(pt.elsewhere, r)
		}
	}
	return pt.explain()
}

// ExplainSocket explains one socket, and its port only as far as that has to do with
// it.
func (m Machine) ExplainSocket(label, socket record.Record) record.Record {
	pt := port{Machine: m, label: label, namespace: Namespace{socket.NetNS, socket.NetNSText()}}
	if pt.own = socket.InNetNS(m.NetNS); pt.own {
		pt.namespace = Namespace{NetNS: m.NetNS}
	}
	pt.add(socket)
	return pt.explain()
}

// port is the port to explain, and its sockets.
type port struct {
	Machine
	label       record.Record
	namespace   Namespace       // the network namespace that is looked at
	own         bool            // it is that of this process
	listeners   []record.Record // the sockets that wait on it
	connections []record.Record // the other sockets with this local port
	elsewhere   []record.Record // those of other network namespaces
}

func (pt *port) add(r record.Record) {
	if r.Waits() {
		pt.listeners = append(pt.listeners, r)
	} else {
		pt.connections = append(pt.connections, r)
	}
}

func (pt port) explain() record.Record {
	x := &record.Explanation{Sockets: pt.listeners, Connections: len(pt.connections)}
	holders := pt.holders()
	for _, h := range holders {
		x.Holders = append(x.Holders, pt.details(h))
	}
	if pt.own {
		x.Bind = pt.Bind(pt.label.Proto, pt.label.Port, len(pt.listeners) > 0)
		x.Bind.Meets = pt.meets(x.Bind)
	}
	outside := pt.outside()
	if outside != nil {
		x.Accepted, x.Opener = outside.Accepted, outside.Opener
	}
	x.Status = pt.status(x)
	x.Card = pt.card(x, outside)
	x.Says = pt.sentences(x, outside)
	x.Tree = tree(holders)
	out := pt.label
	out.Kind, out.Explanation = record.KindExplanation, x
	if outside != nil {
		out.Reach = outside.Reach
	}
	out.NetNS, out.NetNSName = pt.namespace.NetNS, pt.namespace.Name
	if len(pt.listeners) > 0 { // whose holder outweighs the number
		first := pt.listeners[0]
		out.Service, out.ServiceBy, out.Commonly, out.IANA = first.Service, first.ServiceBy, first.Commonly, first.IANA
	}
	return out
}

// holder is a process that holds the port, and how.
type holder struct {
	record.Process
	role string // as [record.Holder] has it
}

// holders returns the processes that hold the port, each once: those that wait first.
func (pt port) holders() (list []holder) {
	add := func(r record.Record, role string) {
		for _, p := range r.Holders() {
			if !slices.ContainsFunc(list, func(have holder) bool { return have.PID == p.PID }) {
				list = append(list, holder{p, role})
			}
		}
	}
	for _, r := range pt.listeners {
		if r.Proto == "tcp" && r.State == "bound" {
			add(r, record.HoldsBound)
		} else {
			add(r, record.HoldsWaiting)
		}
	}
	for _, r := range pt.connections {
		if notListening(r) {
			add(r, record.HoldsBound)
		} else {
			add(r, record.HoldsConnection)
		}
	}
	return list
}

// notListening reports whether a socket is bound and neither waits nor is connected.
func notListening(r record.Record) bool { return r.State == "bound-inactive" || r.State == "closed" }

func processes(list []holder) (out []record.Process) {
	for _, h := range list {
		out = append(out, h.Process)
	}
	return out
}

// details collects what is known of a holder.
func (pt port) details(of holder) record.Holder {
	file := pt.Executables[of.PID]
	h := record.Holder{
		PID: of.PID, Name: of.Name, Role: of.role, Adopted: Adopted(of.Process, pt.IsInit),
		Deleted: file.Deleted, Changed: file.Changed, Writable: file.Writable,
	}
	for _, r := range pt.Sockets {
		if !r.Waits() || r.Proto == pt.label.Proto && r.Port == pt.label.Port {
			continue
		}
		held, stopped := false, ""
		for _, other := range r.Holders() {
			held = held || other.PID == of.PID
			if stopped == "" && stopsWith(other, of.Process) {
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

// stopsWith reports whether another process ends, or may end, when p is stopped: it is of
// the same unit or container, or p started it and it is not known to be of another unit.
func stopsWith(other, p record.Process) bool {
	switch {
	case p.Container != "":
		return other.Container == p.Container
	case isService(p.Unit) && other.Unit != "":
		return other.Unit == p.Unit
	default:
		return slices.ContainsFunc(other.Parents, func(parent record.Parent) bool { return parent.PID == p.PID && p.PID != 1 })
	}
}

// Adopted reports whether the parent of a process may be one that takes in orphans,
// so that it need not have started it: process 1 of a PID namespace, which isInit tells,
// or one of the programs that ask for it (PR_SET_CHILD_SUBREAPER).
func Adopted(p record.Process, isInit func(pid int) bool) bool {
	if len(p.Parents) == 0 {
		return false
	}
	parent := p.Parents[0]
	reapers := []string{"systemd", "init", "containerd-shim", "conmon", "tini", "docker-init", "dumb-init", "catatonit", "s6-svscan", "runit", "runsvdir", "bwrap", "crun", "podman"}
	isReaper := func(name string) bool { return strings.HasPrefix(parent.Name, name) }
	return parent.PID == 1 || slices.ContainsFunc(reapers, isReaper) || isInit(parent.PID)
}
