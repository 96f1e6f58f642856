package cli

import (
	"context"

	"porthole/internal/audit"
	"porthole/internal/label"
	"porthole/internal/machine"
	"porthole/internal/reach"
	"porthole/sockets"
)

// inspection is what audit and explain look at.
type inspection struct {
	audit.Machine
	sockets []sockets.Socket
	judge   *reach.Judge // who gets through past the firewalls
}

// readMachine reads what audit and explain look at.
func (c console) readMachine(ctx context.Context) (m inspection, warnings []error, err error) {
	services, err := c.services()
	if err != nil {
		return m, nil, err
	}
	snap, err := (&sockets.Lister{All: true, Firewalls: sockets.FirewallsAll}).List(ctx)
	if err != nil {
		return m, nil, err
	}
	m.NetNS = machine.NetNS()
	m.sockets, m.judge = snap.Sockets, reach.New(snap.Namespaces)
	m.Executables = make(map[int]machine.Executable)
	known := make(label.Processes)
	who := m.judge.Sockets(pointers(snap.Sockets))
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
