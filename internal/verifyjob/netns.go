package verifyjob

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"

	"porthole/internal/machine"
	"porthole/internal/record"
	"porthole/scanner/verify"
)

// netns is a network namespace with the groups that are asked in it.
type netns struct {
	own    bool // it is that of this process
	handle machine.NetNSHandle
	err    error        // why it cannot be entered
	addrs  []netip.Addr // that others could reach, those of IPv4 first
	groups []*group
}

// newNetNS finds a way into the namespace with that inode, which r is in; 0 is that of this process.
func newNetNS(inode uint64, r *record.Record, pids []int) *netns {
	s := &netns{own: inode == 0}
	s.err = s.find(inode, r, pids)
	return s
}

func (s *netns) find(inode uint64, r *record.Record, pids []int) (err error) {
	if !s.own {
		if s.handle, err = machine.FindNetNS(inode, r.NetNSName, pids); err != nil {
			return err
		}
	}
	return s.do(func() (err error) {
		s.addrs, err = ownAddrs()
		return err
	})
}

// do calls f inside the namespace.
func (s *netns) do(f func() error) error {
	if s.own {
		return f()
	}
	return s.handle.Do(f)
}

// ownAddrs are the addresses of the namespace of this thread but those of loopback
// and of links.
func ownAddrs() (list []netip.Addr, err error) {
	addrs, err := net.InterfaceAddrs()
	for _, a := range addrs {
		prefix, perr := netip.ParsePrefix(a.String())
		if addr := prefix.Addr().Unmap(); perr == nil && !addr.IsLoopback() && !addr.IsLinkLocalUnicast() && !addr.IsMulticast() {
			list = append(list, addr)
		}
	}
	slices.SortStableFunc(list, func(a, b netip.Addr) int { return a.BitLen() - b.BitLen() })
	return list, err
}

// addrOf is an address whose connections come to a socket, and not to another one that is
// bound to that address alone. For a socket on every address it is not loopback, if there
// is another: servers may trust loopback more.
func (s *netns) addrOf(r *record.Record, bound Bound) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(r.Addr)
	if err != nil || addr.IsMulticast() {
		return addr, false
	}
	if !addr.IsUnspecified() {
		return addr, true
	}
	for _, own := range append(slices.Clone(s.addrs), netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()) {
		if own.BitLen() == addr.BitLen() && !bound.has(r, own) {
			return own, true
		}
	}
	if addr.Is4() || r.V6Only == nil || *r.V6Only || bound.has(r, netip.IPv4Unspecified()) {
		return addr, false
	}
	for _, own := range s.addrs {
		if own.Is4() && !bound.has(r, own) { // no address of IPv6 is left
			return own, true
		}
	}
	return addr, false
}

// ask asks the groups, and calls done after each answer.
func (s *netns) ask(ctx context.Context, v verify.Verifier, done func()) {
	byTarget := make(map[verify.Target]*group)
	var targets []verify.Target
	for _, g := range s.groups {
		if byTarget[g.asked] != nil { // they are bound to different interfaces
			g.leaveOut("another socket waits at the same address")
			continue
		}
		byTarget[g.asked] = g
		targets = append(targets, g.asked)
	}
	if !s.own {
		v.Dial, v.ListenPacket = s.dial, s.listenPacket
	}
	for service, err := range v.VerifyAll(ctx, slices.Values(targets)) {
		if errors.Is(err, verify.ErrBadTarget) {
			byTarget[service.Target].leaveOut(err.Error())
			continue
		}
		if err == nil {
			byTarget[service.Target].answered(service)
			done()
		}
	}
}

func (s *netns) dial(ctx context.Context, network, address string) (conn net.Conn, err error) {
	err = s.do(func() (err error) {
		conn, err = new(net.Dialer).DialContext(ctx, network, address)
		return err
	})
	return conn, err
}

func (s *netns) listenPacket(ctx context.Context, network, address string) (conn net.PacketConn, err error) {
	err = s.do(func() (err error) {
		conn, err = new(net.ListenConfig).ListenPacket(ctx, network, address)
		return err
	})
	return conn, err
}
