//go:build !windows

package sockets

// defaultFirstUnprivileged is where ports become free for all when the system
// does not say otherwise: IPPORT_RESERVED of netinet/in.h, PROT_SOCK of
// Linux's net/sock.h.
const defaultFirstUnprivileged = 1024
