package netlab

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// Listen opens a TCP listener on each address: one of this side's, or 0.0.0.0
// or [::] for all of that protocol. The listeners accept at once, throw away
// what they are sent, say nothing, and close when the other end does. They
// stay until the lab is closed. Thousands of them cost a descriptor each and one
// thread. Listen opens all of them or none.
func (n *Namespace) Listen(addrs ...netip.AddrPort) error {
	return n.serve(addrs, func(addr netip.AddrPort) (int, socket, error) {
		fd, err := listenTCP(addr)
		return fd, socket{kind: listener}, err
	})
}

// Respond opens a UDP socket on each address, as [Namespace.Listen] does for
// TCP, that answers every datagram with reply, or with its own content if
// reply is nil. An answer comes from the address that was asked.
func (n *Namespace) Respond(reply []byte, addrs ...netip.AddrPort) error {
	return n.serve(addrs, func(addr netip.AddrPort) (int, socket, error) {
		fd, err := listenUDP(addr)
		return fd, socket{kind: responder, reply: reply}, err
	})
}

// serve opens a socket on each address inside the namespace and hands all of
// them to the server.
func (n *Namespace) serve(addrs []netip.AddrPort, open func(netip.AddrPort) (int, socket, error)) error {
	sockets := make(map[int]socket, len(addrs))
	err := n.Do(func() error {
		for _, addr := range addrs {
			if !addr.IsValid() || addr.Port() == 0 {
				return fmt.Errorf("netlab: listen on %v: an address and a port from 1 to 65535 are needed", addr)
			}
			fd, s, err := open(addr)
			if err != nil {
				return fmt.Errorf("netlab: listen on %v on the %s side: %w", addr, n.name, err)
			}
			sockets[fd] = s
		}
		return nil
	})
	if err == nil {
		err = n.hand(sockets)
	}
	if err != nil {
		for fd := range sockets {
			unix.Close(fd)
		}
	}
	return err
}

// hand gives the sockets to the server, which it starts if there is none.
func (n *Namespace) hand(sockets map[int]socket) (err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return fmt.Errorf("netlab: the %s side: %w", n.name, os.ErrClosed)
	}
	if n.server == nil {
		if n.server, err = newServer(); err != nil {
			n.server = nil
			return fmt.Errorf("netlab: start the listeners: %w", err)
		}
	}
	return n.server.add(sockets)
}

func listenTCP(addr netip.AddrPort) (fd int, err error) {
	return openSocket(addr, unix.SOCK_STREAM, func(fd int) error {
		o := addressOptions(addr)
		return errors.Join(
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
			// Lets OpenEverything hand it connections to any address and port.
			unix.SetsockoptInt(fd, o.level, o.transparent, 1),
		)
	}, func(fd int) error { return unix.Listen(fd, 1<<16-1) })
}

func listenUDP(addr netip.AddrPort) (fd int, err error) {
	return openSocket(addr, unix.SOCK_DGRAM, func(fd int) error {
		o := addressOptions(addr)
		return errors.Join(
			unix.SetsockoptInt(fd, o.level, o.free, 1),
			unix.SetsockoptInt(fd, o.level, o.info, 1),
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 4<<20),
		)
	}, func(int) error { return nil })
}

// openSocket makes a socket that is bound to addr, after prepare and before
// ready.
func openSocket(addr netip.AddrPort, kind int, prepare, ready func(fd int) error) (fd int, err error) {
	var to unix.Sockaddr = &unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()}
	family := unix.AF_INET6
	if addr.Addr().Is4() {
		to = &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}
		family = unix.AF_INET
	}
	fd, err = unix.Socket(family, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if family == unix.AF_INET6 {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
	}
	for _, step := range []func(int) error{prepare, func(fd int) error { return unix.Bind(fd, to) }, ready} {
		if err == nil {
			err = step(fd)
		}
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// options are numbers for setsockopt, of ip(7) and ipv6(7).
type options struct {
	level       int
	transparent int // take connections to any address and port
	free        int // bind any address
	info        int // tell which address was asked
}

func addressOptions(addr netip.AddrPort) options {
	if addr.Addr().Is6() {
		return options{unix.IPPROTO_IPV6, unix.IPV6_TRANSPARENT, unix.IPV6_FREEBIND, unix.IPV6_RECVPKTINFO}
	}
	return options{unix.IPPROTO_IP, unix.IP_TRANSPARENT, unix.IP_FREEBIND, unix.IP_PKTINFO}
}
