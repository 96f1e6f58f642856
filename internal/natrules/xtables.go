package natrules

import (
	"encoding/binary"
	"net/netip"
)

// match takes a condition of iptables (enum nft_match_attributes).
func (m *machine) match(f fields) {
	name, info := f.text(1), f[3]
	order := binary.NativeEndian
	switch name {
	case "tcp", "udp":
		// struct xt_tcp, xt_udp: source and destination ports from and to, then
		// for tcp three bytes of flags, then what is inverted.
		const invertedSource, invertedDestination = 1, 2
		at := 8
		if name == "tcp" {
			at += 3
		}
		if len(info) <= at || info[at]&invertedDestination != 0 {
			m.unclear = true
			return
		}
		m.ports = narrow(m.ports, []span{{order.Uint16(info[4:]), order.Uint16(info[6:])}})
	case "multiport":
		m.multiport(info)
	}
}

// multiport reads struct xt_multiport_v1: which side, how many, 15 ports, 15
// flags that say where a range begins, whether it is inverted.
func (m *machine) multiport(info []byte) {
	const sources, most = 0, 15
	const flagsAt, invertAt = 2 + 2*most, 2 + 3*most
	switch {
	case len(info) <= invertAt:
		m.unclear = true
		return
	case info[0] == sources:
		return
	}
	spans := []span{}
	count := min(int(info[1]), most)
	at := func(i int) uint16 { return binary.NativeEndian.Uint16(info[2+2*i:]) }
	for i := 0; i < count; i++ {
		s := span{at(i), at(i)}
		if info[flagsAt+i] != 0 && i+1 < count {
			i++
			s.last = at(i)
		}
		spans = append(spans, s)
	}
	m.unclear = m.unclear || info[invertAt] != 0
	m.ports = narrow(m.ports, spans)
}

// target is the end of a rule of iptables (enum nft_target_attributes): DNAT
// with struct nf_nat_ipv4_multi_range_compat in revision 0, nf_nat_range in 1
// and nf_nat_range2 in 2. Addresses and ports are in network order.
func (m *machine) target(f fields) {
	const mapAddress, mapPort, shift = 1, 2, 32 // NF_NAT_RANGE_*
	info := f[3]
	revision, _ := f.number(2)
	if f.text(1) != "DNAT" || len(info) < 4 {
		return
	}
	addrLen, ports, v4 := 16, 36, false
	if revision == 0 {
		info, addrLen, ports, v4 = info[4:], 4, 12, true
	}
	if len(info) < ports+4 {
		return
	}
	flags := binary.NativeEndian.Uint32(info)
	low, high := info[4:4+addrLen], info[4+addrLen:4+2*addrLen]
	if flags&mapAddress == 0 || string(low) != string(high) {
		return
	}
	to, _ := netip.AddrFromSlice(low)
	if !v4 && string(low[4:]) == string(make([]byte, 12)) {
		to, _ = netip.AddrFromSlice(low[:4]) // union nf_inet_addr
	}
	var first, last uint16
	if flags&mapPort != 0 {
		first, last = binary.BigEndian.Uint16(info[ports:]), binary.BigEndian.Uint16(info[ports+2:])
	}
	shifted := flags&shift != 0
	if shifted && len(info) >= ports+6 {
		base := binary.BigEndian.Uint16(info[ports+4:])
		m.ports = narrow(m.ports, []span{{base, base + (last - first)}})
	}
	m.lead(to, first, last, shifted)
}
