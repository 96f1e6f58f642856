package sockets

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"

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
