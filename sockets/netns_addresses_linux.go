package sockets

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"porthole/internal/netlink"
	"porthole/sockets/internal/procfs"
)

// ownAddr is an address of a namespace.
type ownAddr struct {
	netip.Addr
	link uint32 // the index of its interface; 0 if it is not known
}

// readAddrs reads the addresses of the calling thread's namespace but those of loopback.
func readAddrs(ctx context.Context) (list []ownAddr, err error) {
	conn, err := netlink.Dial(netlink.Route)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	request := netlink.Request{Type: unix.RTM_GETADDR, Body: make([]byte, unix.SizeofIfAddrmsg)}
	err = netlink.Retry(func() error {
		list = nil
		return conn.Dump(ctx, request, func(m netlink.Message) error {
			if m.Type != unix.RTM_NEWADDR || len(m.Body) < unix.SizeofIfAddrmsg {
				return nil
			}
			a, err := parseAddr(m.Body)
			if a.IsValid() && !a.IsLoopback() {
				list = append(list, a)
			}
			return err
		})
	})
	return list, err
}

// parseAddr reads a struct ifaddrmsg and its attributes (rtnetlink(7)). Where an
// interface leads to a single peer, IFA_ADDRESS is the address of that.
func parseAddr(b []byte) (a ownAddr, err error) {
	a.link = binary.NativeEndian.Uint32(b[4:])
	err = netlink.Attributes(b[unix.SizeofIfAddrmsg:], func(kind uint16, value []byte) error {
		if kind == unix.IFA_LOCAL || kind == unix.IFA_ADDRESS && !a.IsValid() {
			addr, _ := netip.AddrFromSlice(value)
			a.Addr = addr.Unmap()
		}
		return nil
	})
	return a, err
}

// outOfReach reports whether a row may wait where nobody gets through, also without
// rules: on an address whose interface is down, or on every address where no interface
// with one of its family is up. If not, there is no need to read interfaces and routes.
func (n *netnsInfo) outOfReach(ctx context.Context, rows []row) bool {
	if len(n.addrs) == 0 { // isolated, or they could not be read
		return false
	}
	type bound struct {
		at     netip.Addr
		v6only bool
	}
	inReach, links := make(map[bound]bool), make(linkStates)
	return slices.ContainsFunc(rows, func(r row) bool {
		b := bound{r.Local.Addr().WithZone("").Unmap(), r.V6Only == TristateYes}
		if !r.outward() || inReach[b] {
			return false
		}
		inReach[b] = n.mayReach(ctx, links, b.at, b.v6only)
		return !inReach[b]
	})
}

// mayReach reports whether something may come in to a socket that is bound to an address.
func (n *netnsInfo) mayReach(ctx context.Context, links linkStates, at netip.Addr, v6only bool) bool {
	found, up := false, false
	for _, a := range n.addrs {
		takes := a.Addr == at
		if at.IsUnspecified() {
			takes = a.Is4() == at.Is4() || a.Is4() && !v6only
		}
		found = found || takes
		if up = takes && links.receives(ctx, a.link); up {
			break
		}
	}
	// An address that is not the namespace's is that of a multicast group, or a broadcast
	// address.
	return up || !found && !at.IsUnspecified()
}

// linkStates is whether interfaces of the calling thread's namespace are up and
// receive from elsewhere, by index, as far as they were asked for.
type linkStates map[uint32]bool

// receives is true also if that cannot be read.
func (l linkStates) receives(ctx context.Context, index uint32) bool {
	receives, known := l[index]
	if !known {
		var err error
		receives, err = linkReceives(ctx, index)
		receives = receives || err != nil
		l[index] = receives
	}
	return receives
}

// linkReceives asks for one interface, as a host may have thousands.
func linkReceives(ctx context.Context, index uint32) (receives bool, err error) {
	conn, err := netlink.Dial(netlink.Route)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	body := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(body[4:], index)
	err = conn.Do(ctx, netlink.Request{Type: unix.RTM_GETLINK, Body: body}, func(m netlink.Message) error {
		if m.Type != unix.RTM_NEWLINK || len(m.Body) < unix.SizeofIfInfomsg {
			return nil
		}
		flags := binary.NativeEndian.Uint32(m.Body[8:])
		kind, err := linkKind(m.Body[unix.SizeofIfInfomsg:])
		receives = flags&unix.IFF_UP != 0 && flags&unix.IFF_LOOPBACK == 0 && kind != "dummy"
		return err
	})
	return receives, err
}

// linkKind is the kind of an interface, such as "dummy"; "" for a device.
func linkKind(attributes []byte) (kind string, err error) {
	err = netlink.Attributes(attributes, func(id uint16, value []byte) error {
		if id != unix.IFLA_LINKINFO {
			return nil
		}
		return netlink.Attributes(value, func(id uint16, value []byte) error {
			if id == unix.IFLA_INFO_KIND {
				kind = netlink.Text(value)
			}
			return nil
		})
	})
	return kind, err
}

// namespaceAddrs reads the addresses of a namespace but loopback ones.
func namespaceAddrs(tables string) ([]netip.Addr, error) {
	var addrs []netip.Addr
	for _, file := range [...]struct {
		name  string
		parse func(io.Reader) ([]netip.Addr, error)
	}{{"fib_trie", procfs.ParseLocalRoutes}, {"if_inet6", procfs.ParseInet6}} {
		f, err := os.Open(filepath.Join(tables, file.name))
		if errors.Is(err, os.ErrNotExist) && file.name == "if_inet6" {
			continue // a kernel without IPv6
		}
		if err != nil {
			return nil, err
		}
		found, err := file.parse(f)
		f.Close()
		if err != nil {
			return nil, err
		}
		for _, a := range found {
			if !a.IsLoopback() {
				addrs = append(addrs, a)
			}
		}
	}
	return addrs, nil
}

// withoutLinks is addresses of which no more is known.
func withoutLinks(addrs ...netip.Addr) (list []ownAddr) {
	for _, a := range addrs {
		list = append(list, ownAddr{Addr: a})
	}
	return list
}
