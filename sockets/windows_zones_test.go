package sockets

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"
)

// mibRow writes a row of a table of Windows: addresses with scope and port, then
// numbers.
func mibRow(ends []netip.AddrPort, scopes []uint32, numbers ...uint32) (b []byte) {
	for i, end := range ends {
		addr := end.Addr().As16()
		b = binary.LittleEndian.AppendUint32(append(b, addr[:]...), scopes[i])
		b = append(binary.BigEndian.AppendUint16(b, end.Port()), 0, 0)
	}
	for _, n := range numbers {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return b
}

func mibTable(rows ...[]byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(rows)))
	for _, r := range rows {
		b = append(b, r...)
	}
	return b
}

func TestScopes(t *testing.T) {
	const listen, established = 2, 5 // MIB_TCP_STATE
	local, peer := netip.MustParseAddrPort("[fe80::1]:139"), netip.MustParseAddrPort("[fe80::9]:50000")
	none, all := netip.AddrPortFrom(netip.IPv6Unspecified(), 0), netip.MustParseAddrPort("[::]:445")
	tcp, err := parseTCP6Table(mibTable(
		mibRow([]netip.AddrPort{all, none}, []uint32{0, 0}, listen, 4),
		mibRow([]netip.AddrPort{local, none}, []uint32{12, 0}, listen, 4),
		mibRow([]netip.AddrPort{local, none}, []uint32{17, 0}, listen, 4),
		mibRow([]netip.AddrPort{local, peer}, []uint32{12, 12}, established, 4),
	))
	if err != nil || len(tcp) != 3 {
		t.Fatalf("%v, %v", tcp, err)
	}
	udp, err := parseUDP6Table(mibTable(mibRow([]netip.AddrPort{local}, []uint32{12}, 900)))
	if err != nil || len(udp) != 1 {
		t.Fatalf("%v, %v", udp, err)
	}
	rowOf := func(proto string, local, remote netip.AddrPort, pid int) row {
		return row{Socket: Socket{Proto: proto, Local: local, Remote: remote}, pids: []int{pid}}
	}
	rows := []row{
		rowOf("tcp", all, netip.AddrPort{}, 4), rowOf("tcp", local, netip.AddrPort{}, 4), rowOf("tcp", local, netip.AddrPort{}, 4),
		rowOf("tcp", local, peer, 4), rowOf("udp", local, netip.AddrPort{}, 900), rowOf("udp", local, netip.AddrPort{}, 901),
	}
	addScopes(rows, append(tcp, udp...))
	for i, want := range []string{
		"[::]:445 invalid AddrPort", "[fe80::1%12]:139 invalid AddrPort", "[fe80::1%17]:139 invalid AddrPort",
		"[fe80::1%12]:139 [fe80::9%12]:50000", "[fe80::1%12]:139 invalid AddrPort", "[fe80::1]:139 invalid AddrPort",
	} {
		if got := rows[i].Local.String() + " " + rows[i].Remote.String(); got != want {
			t.Errorf("row %d is %s, want %s", i, got, want)
		}
	}
	for _, b := range [][]byte{nil, {9}, mibTable(make([]byte, 55)), binary.LittleEndian.AppendUint32(nil, 1<<31)} {
		if got, err := parseTCP6Table(b); !errors.Is(err, errTable) {
			t.Errorf("%d bytes are read as %v", len(b), got)
		}
	}
}

func FuzzScopes(f *testing.F) {
	f.Add(mibTable(make([]byte, 56)))
	f.Fuzz(func(t *testing.T, b []byte) {
		parseTCP6Table(b)
		parseUDP6Table(b)
	})
}
