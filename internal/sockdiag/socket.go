// Package sockdiag speaks NETLINK_SOCK_DIAG, by which Linux tells its TCP and
// UDP sockets (sock_diag(7), linux/inet_diag.h, linux/netlink.h).
//
// Start with [Open] and [Conn.Dump]. Numbers are in the byte order of the
// machine; addresses and ports are in network order.
package sockdiag

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"porthole/internal/netlink"
)

const typeByFamily = 20 // SOCK_DIAG_BY_FAMILY of linux/sock_diag.h

// Sizes and numbers of linux/inet_diag.h.
const (
	idLen      = 48         // struct inet_diag_sockid
	requestLen = 8 + idLen  // struct inet_diag_req_v2
	socketLen  = 24 + idLen // struct inet_diag_msg

	requestProtocol = 3 // INET_DIAG_REQ_PROTOCOL

	attrShutdown = 8  // INET_DIAG_SHUTDOWN, u8
	attrV6Only   = 11 // INET_DIAG_SKV6ONLY, u8
	attrMark     = 15 // INET_DIAG_MARK, u32
	attrULP      = 19 // INET_DIAG_ULP_INFO, nested
	attrCgroup   = 21 // INET_DIAG_CGROUP_ID, u64

	ulpName = 1 // INET_ULP_INFO_NAME, text
)

// Families and protocols that can be asked for (linux/socket.h, linux/in.h).
const (
	IPv4 = 2  // AF_INET
	IPv6 = 10 // AF_INET6

	TCP     = 6
	UDP     = 17
	UDPLite = 136
	MPTCP   = 262
)

// States, as bits of [Request.States] (net/tcp_states.h).
const (
	Established   = 1 << 1
	Close         = 1 << 7 // of UDP: not connected
	Listen        = 1 << 10
	BoundInactive = 1 << 13 // bound, neither listening nor connected; Linux 6.8 and later
	AllStates     = 1<<13 - 1
)

// Request asks for all sockets of one family and protocol in some states.
type Request struct {
	Family   uint8
	Protocol uint16
	States   uint32 // bit n for state n of net/tcp_states.h: Listen, Close, …
}

// netlink is the request as a message that asks for a dump.
func (r Request) netlink() netlink.Request {
	order := binary.NativeEndian
	body := make([]byte, requestLen, requestLen+netlink.AttributeLen+4)
	body[0], body[1] = r.Family, uint8(r.Protocol)
	order.PutUint32(body[4:], r.States)
	if r.Protocol > 0xff {
		// The old field has a byte only (MPTCP is 262).
		body = netlink.AppendAttribute(body, requestProtocol, order.AppendUint32(nil, uint32(r.Protocol)))
	}
	return netlink.Request{Type: typeByFamily, Body: body}
}

// Socket is one answer: struct inet_diag_msg and the attributes behind it.
type Socket struct {
	Family        uint8
	State         uint8 // of net/tcp_states.h; UDP uses ESTABLISHED and CLOSE
	Local, Remote netip.AddrPort
	Device        uint32 // index of the interface that it is bound to; 0 none
	Cookie        uint64 // the kernel's own number for the socket

	// RecvQ and SendQ are bytes waiting; of a listener they are the
	// connections that wait and the most that may.
	RecvQ, SendQ uint32
	UID          uint32
	Inode        uint32 // 0: no descriptor, as in TIME_WAIT

	V6Only   bool
	Shutdown uint8  // 1 reading ended, 2 writing ended
	Mark     uint32 // SO_MARK, told to CAP_NET_ADMIN only
	Cgroup   uint64 // id of the cgroup v2 that made it; 0 unknown
	ULP      string // upper layer protocol ("mptcp", "tls"), told to CAP_NET_ADMIN only
}

// decode reads struct inet_diag_msg and its attributes into s.
func (s *Socket) decode(b []byte) error {
	if len(b) < socketLen {
		return fmt.Errorf("%w: socket of %d bytes, want %d", netlink.ErrShort, len(b), socketLen)
	}
	order := binary.NativeEndian
	*s = Socket{Family: b[0], State: b[1]}
	id, rest := b[4:4+idLen], b[4+idLen:socketLen]
	switch s.Family {
	case IPv4:
		s.Local = addrPort(netip.AddrFrom4([4]byte(id[4:8])), id[0:2])
		s.Remote = addrPort(netip.AddrFrom4([4]byte(id[20:24])), id[2:4])
	case IPv6:
		s.Local = addrPort(netip.AddrFrom16([16]byte(id[4:20])), id[0:2])
		s.Remote = addrPort(netip.AddrFrom16([16]byte(id[20:36])), id[2:4])
	default:
		return fmt.Errorf("socket of address family %d, want %d or %d", s.Family, IPv4, IPv6)
	}
	s.Device = order.Uint32(id[36:])
	s.Cookie = uint64(order.Uint32(id[40:])) | uint64(order.Uint32(id[44:]))<<32
	s.RecvQ, s.SendQ = order.Uint32(rest[4:]), order.Uint32(rest[8:])
	s.UID, s.Inode = order.Uint32(rest[12:]), order.Uint32(rest[16:])
	return netlink.Attributes(b[socketLen:], s.attribute)
}

func addrPort(a netip.Addr, port []byte) netip.AddrPort {
	return netip.AddrPortFrom(a, binary.BigEndian.Uint16(port))
}

// attribute takes one attribute. Those that are unknown or of another size
// than today's are passed over: kernels add to both.
func (s *Socket) attribute(kind uint16, value []byte) error {
	order := binary.NativeEndian
	switch {
	case kind == attrShutdown && len(value) == 1:
		s.Shutdown = value[0]
	case kind == attrV6Only && len(value) == 1:
		s.V6Only = value[0] != 0
	case kind == attrMark && len(value) == 4:
		s.Mark = order.Uint32(value)
	case kind == attrCgroup && len(value) == 8:
		s.Cgroup = order.Uint64(value)
	case kind == attrULP:
		return netlink.Attributes(value, func(kind uint16, value []byte) error {
			if kind == ulpName {
				s.ULP = netlink.Text(value)
			}
			return nil
		})
	}
	return nil
}
