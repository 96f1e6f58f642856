package sockets

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"porthole/internal/firewall"
	"porthole/internal/netlink"
)

// addressOwners tells which namespace has an address. Networks inside of containers use
// the addresses of those outside again: where several have it, it is the one that a
// namespace has a veth to.
type addressOwners struct {
	own     *netnsInfo   // the caller's
	others  []*netnsInfo // by inode
	only    map[netip.Addr]*netnsInfo
	several map[netip.Addr][]*netnsInfo
	beside  map[*netnsInfo]map[*netnsInfo]bool // those that one has veths to, as far as it was asked
	asked   int
}

func newAddressOwners(set *netnsSet) *addressOwners {
	o := &addressOwners{
		own: set.own(), only: make(map[netip.Addr]*netnsInfo), several: make(map[netip.Addr][]*netnsInfo),
		beside: make(map[*netnsInfo]map[*netnsInfo]bool),
	}
	for _, s := range set.latest() {
		if s == o.own || s.inode != 0 && s.inode == o.own.inode {
			o.own = s // as it was read last
		} else {
			o.others = append(o.others, s)
		}
		for _, a := range s.addrs {
			o.add(s, a.Addr)
		}
	}
	slices.SortFunc(o.others, func(a, b *netnsInfo) int { return cmp.Compare(a.inode, b.inode) })
	return o
}

// add may be told of an address twice, as the kernel's table may have it twice.
func (o *addressOwners) add(s *netnsInfo, a netip.Addr) {
	list := o.several[a]
	switch other := o.only[a]; {
	case other == s:
	case len(list) > 0:
		if list[len(list)-1] != s {
			o.several[a] = append(list, s)
		}
	case other == nil:
		o.only[a] = s
	default:
		delete(o.only, a)
		o.several[a] = []*netnsInfo{other, s}
	}
}

// of is the namespace of an address that a rule or a proxy of another one leads to; nil if
// nobody has it, and if it cannot be told who of several is meant.
func (o *addressOwners) of(ctx context.Context, from *netnsInfo, a netip.Addr) *netnsInfo {
	if only := o.only[a]; only != nil || from == nil {
		return only
	}
	list := o.several[a]
	if slices.Contains(list, from) { // its own address comes first
		return from
	}
	if list == nil {
		return nil
	}
	beside, known := o.beside[from]
	if !known {
		beside = o.lookBeside(ctx, from)
		o.beside[from] = beside
	}
	var owner *netnsInfo
	for _, s := range list {
		if beside[s] && owner != nil {
			return nil
		} else if beside[s] {
			owner = s
		}
	}
	return owner
}

// lookBeside finds the namespaces that one has veths to; nil if that cannot be told.
func (o *addressOwners) lookBeside(ctx context.Context, from *netnsInfo) (beside map[*netnsInfo]bool) {
	look := func() (err error) {
		beside, err = o.besideHere(ctx, from)
		return err
	}
	if from == o.own { // which takes no privileges
		if look() != nil {
			return nil
		}
	} else if visit([]netns{from.netns}, func(int) error { return look() })[0] != nil {
		return nil
	}
	return beside
}

// asksMost is about how many pairs of namespaces are looked at, as other users can make as
// many as they like.
const asksMost = 1 << 14

// besideHere is lookBeside on a thread in the namespace.
func (o *addressOwners) besideHere(ctx context.Context, from *netnsInfo) (map[*netnsInfo]bool, error) {
	peers, err := firewall.ReadPeers(ctx)
	if err != nil || len(peers) == 0 {
		return nil, err
	}
	conn, err := netlink.Dial(netlink.Route)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	beside := make(map[*netnsInfo]bool)
	for s := range o.around(from) {
		if len(beside) == len(peers) || o.asked == asksMost {
			break
		}
		o.asked++
		id, err := s.idHere(ctx, conn)
		if isShortage(err) || errors.Is(err, fs.ErrPermission) {
			return nil, err
		}
		if err == nil && peers[id] { // with another error it is gone
			beside[s] = true
		}
	}
	if len(beside) < len(peers) && o.asked == asksMost {
		return nil, nil
	}
	return beside, nil
}

// around yields the namespaces but one in the order in which they are likely to have a
// link to it: the caller's, then those that were made at about the same time.
func (o *addressOwners) around(from *netnsInfo) iter.Seq[*netnsInfo] {
	return func(yield func(*netnsInfo) bool) {
		if from != o.own && !yield(o.own) {
			return
		}
		low, found := slices.BinarySearchFunc(o.others, from.inode, func(s *netnsInfo, inode uint64) int { return cmp.Compare(s.inode, inode) })
		high := low
		if found {
			high++
		}
		for low--; low >= 0 || high < len(o.others); low, high = low-1, high+1 {
			if low >= 0 && !yield(o.others[low]) {
				return
			}
			if high < len(o.others) && !yield(o.others[high]) {
				return
			}
		}
	}
}

// idHere is the id of a namespace in that of a connection (ip-netns(8)); -1 if it
// has none there.
func (n netns) idHere(ctx context.Context, conn *netlink.Conn) (id int, err error) {
	fd, err := n.open()
	if err != nil {
		return -1, err
	}
	defer unix.Close(fd)
	// Meanwhile the process may have moved to another namespace, or its PID been reused.
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Ino != n.inode {
		return -1, fmt.Errorf("%w: it is gone", errRefused)
	}
	const header = 4 // struct rtgenmsg, padded
	body := netlink.AppendAttribute(make([]byte, header), unix.NETNSA_FD, binary.NativeEndian.AppendUint32(nil, uint32(fd)))
	id = -1
	err = conn.Do(ctx, netlink.Request{Type: unix.RTM_GETNSID, Body: body}, func(m netlink.Message) error {
		if m.Type != unix.RTM_NEWNSID || len(m.Body) < header {
			return nil
		}
		return netlink.Attributes(m.Body[header:], func(kind uint16, value []byte) error {
			if kind == unix.NETNSA_NSID && len(value) >= 4 {
				id = int(int32(binary.NativeEndian.Uint32(value)))
			}
			return nil
		})
	})
	return id, err
}
