package sockets

import "fmt"

// defaultFirstUnprivileged is where ports become free for all when the system
// does not say otherwise: IPPORT_RESERVED of netinet/in.h, PROT_SOCK of
// Linux's net/sock.h.
const defaultFirstUnprivileged = 1024

// markPrivileged sets Privileged on the rows that wait on a port below the first
// unprivileged one of their network namespace. If that cannot be read, the default is
// used, and the error is a warning.
func markPrivileged(rows []row, firstUnprivileged func() (uint16, error)) error {
	first, err := firstUnprivileged()
	if err != nil {
		err = fmt.Errorf("sockets: privileged ports: %w; taking %d as the first unprivileged port", err, first)
	}
	for i := range rows {
		s, first := &rows[i].Socket, first
		if binding := rows[i].binding; binding != nil {
			first = binding.firstUnprivileged
		}
		port := s.Local.Port()
		s.Privileged = s.State.Waits() && port != 0 && port < first
	}
	return err
}
