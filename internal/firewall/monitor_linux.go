package firewall

import (
	"errors"

	"golang.org/x/sys/unix"

	"porthole/internal/netlink"
)

// monitor is the sockets on which the kernel tells of changes in one namespace.
// Without CAP_NET_ADMIN it tells of no rules.
type monitor struct{ sockets []int }

// Groups of linux/netfilter/nfnetlink.h and linux/rtnetlink.h, as bits.
const (
	groupRules = 1 << (7 - 1)      // NFNLGRP_NFTABLES
	groupLinks = 1 | 1<<4 | 1<<6 | // RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE
		1<<7 | 1<<8 | 1<<10 | 1<<(19-1) // RTMGRP_IPV4_RULE, RTMGRP_IPV6_IFADDR, RTMGRP_IPV6_ROUTE, RTNLGRP_IPV6_RULE
)

// openMonitor listens in the calling thread's namespace.
func openMonitor() (n monitor) {
	for _, one := range []struct {
		family int
		groups uint32
	}{{netlink.Netfilter, groupRules}, {netlink.Route, groupLinks}} {
		fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, one.family)
		if err != nil {
			continue
		}
		if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: one.groups}); err != nil {
			unix.Close(fd)
			continue
		}
		n.sockets = append(n.sockets, fd)
	}
	return n
}

// changed reports whether the kernel told of a change since the last call.
func (n monitor) changed() (found bool) {
	var first [1]byte // what has changed is read anew
	for _, fd := range n.sockets {
		for {
			_, _, err := unix.Recvfrom(fd, first[:], unix.MSG_TRUNC)
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if errors.Is(err, unix.EAGAIN) {
				break
			}
			found = true // also ENOBUFS: there were more than the socket holds
			if err != nil && !errors.Is(err, unix.ENOBUFS) {
				break
			}
		}
	}
	return found
}

func (n monitor) close() {
	for _, fd := range n.sockets {
		unix.Close(fd)
	}
}
