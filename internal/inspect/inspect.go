// Package inspect reads what is known of this machine's sockets, as audit and
// explain look at it, and explains single ports of it.
package inspect

import (
	"context"
	"net"
	"net/netip"

	"porthole/internal/audit"
	"porthole/internal/label"
	"porthole/internal/machine"
	"porthole/internal/reach"
	"porthole/registry"
	"porthole/sockets"
)

// Machine is what audit and explain look at.
type Machine struct {
	audit.Machine
	Listed []sockets.Socket // the sockets before they were labelled
	Judge  *reach.Judge     // who gets through past the firewalls
}

// How is how the machine is read.
type How struct {
	NoBPF bool // see [sockets.Lister]
}

// Read reads this machine. The warnings say what could not be read.
func Read(ctx context.Context, services *registry.Registry, how How) (m Machine, warnings []error, err error) {
	snap, err := (&sockets.Lister{All: true, NoBPF: how.NoBPF, Firewalls: sockets.FirewallsAll}).List(ctx)
	if err != nil {
		return m, nil, err
	}
	m.NetNS = machine.NetNS()
	m.Listed, m.Judge = snap.Sockets, reach.New(snap.Namespaces)
	m.Executables = make(map[int]machine.Executable)
	known := make(label.Processes)
	who := m.Judge.Sockets(pointers(snap.Sockets))
	for i, s := range snap.Sockets {
		r := label.Socket(services, s, known)
		r.Reach = who[i]
		m.Sockets = append(m.Sockets, *r)
		for _, p := range s.Processes {
			if _, done := m.Executables[p.PID]; !done && s.State.Waits() {
				m.Executables[p.PID] = machine.ReadExecutable(p.PID, p.Exe, p.Started, p.UID)
			}
		}
	}
	warnings = snap.Warnings
	if m.Ports, err = machine.ReadPorts(); err != nil {
		warnings = append(warnings, err)
	}
	return m, warnings, nil
}

func pointers(list []sockets.Socket) []*sockets.Socket {
	out := make([]*sockets.Socket, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}

// ReadFirewall finds the rules of the firewall that deserve a look. It is not
// complete where there are too many to look for those that have no effect.
func (m *Machine) ReadFirewall(services *registry.Registry) (complete bool) {
	labelled := func(rules []reach.Rule) (out []audit.FirewallRule) {
		for _, r := range rules {
			out = append(out, audit.FirewallRule{Label: label.Number(services, r.Proto, r.Port), Text: r.Text, Stable: r.Stable, Ports: r.Ports, By: r.By})
		}
		return out
	}
	m.Firewall.Idle = labelled(m.Judge.Idle(m.Listed))
	shadowed, complete := m.Judge.Shadowed()
	m.Firewall.Shadowed = labelled(shadowed)
	return complete
}

// OwnAddrs are the addresses of this network namespace.
func OwnAddrs() (list []netip.Addr, err error) {
	addrs, err := net.InterfaceAddrs()
	for _, a := range addrs {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			list = append(list, prefix.Addr().WithZone("").Unmap())
		}
	}
	return list, err
}
