package sockets

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strconv"
)

// Windows gives the interface of a link-local address beside the address, and gopsutil
// leaves it out. It is read here from the same tables.

// scoped is an IPv6 socket of Windows with the indexes of its interfaces.
type scoped struct {
	socket
	local, remote uint32
}

// socket is what a row of gopsutil has, to find it by.
type socket struct {
	proto         string
	local, remote netip.AddrPort
	pid           int
}

var errTable = errors.New("a table of sockets is cut off")

// parseTCP6Table reads an MIB_TCP6TABLE_OWNER_PID of tcpmib.h: the number of rows,
// and for each two addresses with their scopes and ports, the state and the PID.
// Ports are in network byte order.
func parseTCP6Table(b []byte) ([]scoped, error) {
	const size = 56
	return parseTable(b, size, func(row []byte) scoped {
		return scoped{
			socket{"tcp", endpointOf(row[0:]), endpointOf(row[24:]), int(binary.LittleEndian.Uint32(row[52:]))},
			binary.LittleEndian.Uint32(row[16:]), binary.LittleEndian.Uint32(row[40:]),
		}
	})
}

// parseUDP6Table reads an MIB_UDP6TABLE_OWNER_PID of udpmib.h, which has no peers.
func parseUDP6Table(b []byte) ([]scoped, error) {
	const size = 28
	return parseTable(b, size, func(row []byte) scoped {
		return scoped{socket{"udp", endpointOf(row), netip.AddrPort{}, int(binary.LittleEndian.Uint32(row[24:]))}, binary.LittleEndian.Uint32(row[16:]), 0}
	})
}

func parseTable(b []byte, size int, read func(row []byte) scoped) (rows []scoped, err error) {
	if len(b) < 4 {
		return nil, errTable
	}
	n, b := binary.LittleEndian.Uint32(b), b[4:]
	if uint64(n)*uint64(size) > uint64(len(b)) {
		return nil, errTable
	}
	for ; n > 0; n, b = n-1, b[size:] {
		if s := read(b[:size]); s.socket.local.Addr().IsLinkLocalUnicast() {
			rows = append(rows, s)
		}
	}
	return rows, nil
}

// endpointOf reads an address, a scope and a port. An address without a port is no
// peer, as in a row.
func endpointOf(b []byte) netip.AddrPort {
	addr, port := netip.AddrFrom16([16]byte(b)), binary.BigEndian.Uint16(b[20:])
	if port == 0 && addr.IsUnspecified() {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(addr, port)
}

// addScopes gives the link-local addresses of rows their zone: the index of the
// interface, as netstat writes it there. Several sockets that differ in nothing
// else take theirs in turn.
func addScopes(rows []row, list []scoped) {
	known := make(map[socket][]scoped, len(list))
	for _, s := range list {
		known[s.socket] = append(known[s.socket], s)
	}
	for i := range rows {
		r := &rows[i]
		if len(r.pids) == 0 || !r.Local.Addr().IsLinkLocalUnicast() || r.Local.Addr().Zone() != "" {
			continue
		}
		key := socket{r.Proto, r.Local, r.Remote, r.pids[0]}
		if found := known[key]; len(found) > 0 {
			r.Local, r.Remote = withScope(r.Local, found[0].local), withScope(r.Remote, found[0].remote)
			known[key] = found[1:]
		}
	}
}

// withScope adds a zone to a link-local address; index 0 is unknown.
func withScope(ap netip.AddrPort, index uint32) netip.AddrPort {
	if index == 0 || !ap.Addr().Is6() || !ap.Addr().IsLinkLocalUnicast() {
		return ap
	}
	return netip.AddrPortFrom(ap.Addr().WithZone(strconv.FormatUint(uint64(index), 10)), ap.Port())
}
