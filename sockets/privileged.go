package sockets

import "fmt"

// defaultFirstUnprivileged is where ports become free for all when the system
// does not say otherwise: IPPORT_RESERVED of netinet/in.h, PROT_SOCK of
// Linux's net/sock.h.
const defaultFirstUnprivileged = 1024

// markPrivileged sets Privileged on the rows that wait on a port below the
// first free one of their network namespace. A limit that cannot be read is taken
// as the default and given back as a warning.
func markPrivileged(rows []row, firstUnprivileged func() (uint16, error)) error {
	first, err := firstUnprivileged()
	if err != nil {
		err = fmt.Errorf("sockets: privileged ports: %w; taking %d as the first unprivileged port", err, first)
	}
	for i := range rows {
		s, first := &rows[i].Socket, first
		if here := rows[i].binding; here != nil {
			first = here.firstUnprivileged
		}
		port := s.Local.Port()
		s.Privileged = s.State.Waits() && port != 0 && port < first
	}
	return err
}
