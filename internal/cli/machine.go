package cli

import (
	"context"

	"porthole/internal/audit"
	"porthole/internal/label"
	"porthole/internal/machine"
	"porthole/sockets"
)

// readMachine reads what audit and explain look at.
func (c console) readMachine(ctx context.Context) (m audit.Machine, warnings []error, err error) {
	services, err := c.services()
	if err != nil {
		return m, nil, err
	}
	snap, err := (&sockets.Lister{All: true}).List(ctx)
	if err != nil {
		return m, nil, err
	}
	m.NetNS = machine.NetNS()
	m.Executables = make(map[int]machine.Executable)
	known := make(label.Processes)
	for _, s := range snap.Sockets {
		m.Sockets = append(m.Sockets, *label.Socket(services, s, known))
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
