package ruleset

import "bytes"

// lowerMatch puts a match of iptables into expressions. The structs are those of
// linux/netfilter/xt_*.h.
func (r *Rule) lowerMatch(m *Match) []Expr {
	i := xtInfo(m.Info)
	switch m.Name {
	case "comment":
		return nil
	case "tcp":
		return lowerTCP(i)
	case "udp", "udplite":
		return lowerUDP(m.Name, i)
	case "multiport":
		return lowerMultiport(m.Rev, i)
	case "state":
		return lowerState(i)
	case "conntrack":
		return r.lowerConntrack(m.Rev, i)
	case "addrtype":
		return r.lowerAddrType(m.Rev, i)
	case "iprange":
		return r.lowerRange(m.Rev, i)
	case "mark", "connmark":
		return lowerMark(m, i)
	case "limit", "hashlimit", "connlimit":
		return lowerRate(m, i)
	case "recent":
		return lowerRecent(i)
	case "set":
		return r.lowerIPSet(m.Rev, i)
	case "pkttype":
		if i.short(8) {
			break
		}
		return equal(loadMeta(MetaPktType), nil, []byte{i.u8(0)}, i.u32(4) != 0)
	case "rpfilter":
		return lowerRPFilter(i)
	case "devgroup":
		return lowerDevGroup(i)
	case "helper": // an ordinary connection has none
		return never(i.u32(0) != 0)
	case "rt", "frag", "hbh", "dst", "mh", "srh": // an ordinary packet has no such header
		return never(false)
	case "icmp":
		return append(proto(1), unknown(m.Name)...)
	case "icmp6":
		return append(proto(58), unknown(m.Name)...)
	case "sctp":
		return append(proto(132), unknown(m.Name)...)
	case "esp":
		return append(proto(50), unknown(m.Name)...)
	case "ah":
		return append(proto(51), unknown(m.Name)...)
	case "dccp":
		return append(proto(33), unknown(m.Name)...)
	}
	return unknown(m.Name)
}

func lowerTCP(i xtInfo) []Expr {
	const invSource, invDest, invFlags = 1, 2, 4
	if i.short(12) {
		return unknown("tcp")
	}
	inv := i.u8(11)
	program := proto(6)
	program = append(program, within(sourcePort(), i.u16(0), i.u16(2), inv&invSource != 0)...)
	program = append(program, within(destPort(), i.u16(4), i.u16(6), inv&invDest != 0)...)
	if mask := i.u8(9); mask != 0 || inv&invFlags != 0 {
		flags := &Payload{Base: BaseTransport, Offset: 13, Len: 1, Source: NoRegister}
		program = append(program, equal(flags, []byte{mask}, []byte{i.u8(10)}, inv&invFlags != 0)...)
	}
	if i.u8(8) != 0 {
		program = append(program, unknown("tcp option")...)
	}
	return program
}

func lowerUDP(name string, i xtInfo) []Expr {
	const invSource, invDest = 1, 2
	if i.short(9) {
		return unknown(name)
	}
	n := byte(17)
	if name == "udplite" {
		n = 136
	}
	inv := i.u8(8)
	program := proto(n)
	program = append(program, within(sourcePort(), i.u16(0), i.u16(2), inv&invSource != 0)...)
	return append(program, within(destPort(), i.u16(4), i.u16(6), inv&invDest != 0)...)
}

// lowerMultiport reads struct xt_multiport and xt_multiport_v1.
func lowerMultiport(rev uint32, i xtInfo) []Expr {
	const most, source, dest = 15, 0, 1
	if i.short(32) || rev == 1 && i.short(48) || rev > 1 || i.u8(1) > most {
		return unknown("multiport")
	}
	set := &Set{KeyLen: 2, Flags: SetAnonymous}
	for n := 0; n < int(i.u8(1)); n++ {
		e := Element{Key: port(i.u16(2 + 2*n))}
		if ranged := rev == 1 && i.u8(32+n) != 0; ranged && n+1 < int(i.u8(1)) {
			n++
			e.Last = port(i.u16(2 + 2*n))
		}
		set.Elements = append(set.Elements, e)
	}
	not := rev == 1 && i.u8(47) != 0
	in := func(load Expr, not bool) []Expr { return []Expr{load, &Lookup{Set: set, Dest: NoRegister, Not: not}} }
	switch i.u8(0) {
	case source:
		return in(sourcePort(), not)
	case dest:
		return in(destPort(), not)
	default:
		return []Expr{&Any{Of: [][]Expr{in(sourcePort(), false), in(destPort(), false)}, Not: not}}
	}
}

// Bits of ct state in nftables and in iptables, which differ for the rare ones.
const (
	stateOrdinary  = 0x0f // invalid, established, related, new
	stateUntracked = 0x40 // of nftables, and of the state match

	xtStateSNAT      = 0x40 // of the conntrack match
	xtStateDNAT      = 0x80
	xtStateUntracked = 0x100

	statusSNAT = 1 << 4 // IPS_SRC_NAT
	statusDNAT = 1 << 5 // IPS_DST_NAT
)

func lowerState(i xtInfo) []Expr {
	if i.short(4) {
		return unknown("state")
	}
	return anyBit(loadCt(CtState), word(i.u32(0)&(stateOrdinary|stateUntracked)), false)
}

// conntrackInfo is struct xt_conntrack_mtinfo1 to 3 as far as it is read.
type conntrackInfo struct {
	xtInfo
	flags, inverted uint16
	state, status   uint16
}

func readConntrack(rev uint32, i xtInfo) (c conntrackInfo, ok bool) {
	c = conntrackInfo{xtInfo: i, flags: i.u16(146), inverted: i.u16(148)}
	switch {
	case rev == 1 && len(i) >= 152:
		c.state, c.status = uint16(i.u8(150)), uint16(i.u8(151))
	case (rev == 2 || rev == 3) && len(i) >= 154:
		c.state, c.status = i.u16(150), i.u16(152)
	default:
		return c, false
	}
	return c, true
}

func (r *Rule) lowerConntrack(rev uint32, i xtInfo) []Expr {
	const state, protocol, addresses, status, expires, ports, direction = 1 << 0, 1 << 1, 0x3c, 1 << 6, 1 << 7, 0xf00, 1 << 12
	c, ok := readConntrack(rev, i)
	if !ok {
		return unknown("conntrack")
	}
	not := func(flag uint16) bool { return c.inverted&flag != 0 }
	var program []Expr
	if c.flags&state != 0 {
		program = append(program, c.lowerState(not(state))...)
	}
	if c.flags&direction != 0 {
		program = append(program, equal(loadCt(CtDirection), nil, []byte{0}, not(direction))...)
	}
	if c.flags&protocol != 0 {
		program = append(program, equal(loadMeta(MetaL4Proto), nil, []byte{byte(i.u16(136))}, not(protocol))...)
	}
	if c.flags&addresses != 0 {
		program = append(program, c.lowerAddresses(r.v6())...)
	}
	if c.flags&ports != 0 {
		program = append(program, c.lowerPorts(rev)...)
	}
	if c.flags&status != 0 {
		program = append(program, anyBit(loadCt(CtStatus), word(uint32(c.status)), not(status))...)
	}
	if c.flags&expires != 0 {
		program = append(program, unknown("conntrack --ctexpire")...)
	}
	return program
}

func (c conntrackInfo) lowerState(not bool) []Expr {
	bits := uint32(c.state) & stateOrdinary
	if c.state&xtStateUntracked != 0 {
		bits |= stateUntracked
	}
	nat := uint32(0)
	if c.state&xtStateSNAT != 0 {
		nat |= statusSNAT
	}
	if c.state&xtStateDNAT != 0 {
		nat |= statusDNAT
	}
	plain := anyBit(loadCt(CtState), word(bits), not)
	if nat == 0 {
		return plain
	}
	return []Expr{&Any{Of: [][]Expr{anyBit(loadCt(CtState), word(bits), false), anyBit(loadCt(CtStatus), word(nat), false)}, Not: not}}
}

// lowerAddresses reads the four pairs of an address and its mask: original
// source, original destination, reply source, reply destination.
func (c conntrackInfo) lowerAddresses(v6 bool) (program []Expr) {
	length := 4
	if v6 {
		length = 16
	}
	for n := range 4 {
		flag := uint16(4) << n
		if c.flags&flag == 0 {
			continue
		}
		key := uint32(CtSrc)
		if n%2 == 1 {
			key = CtDst
		}
		load := &Ct{Key: key, Direction: uint8(n / 2), HasDirection: true, Source: NoRegister}
		at := n * 32
		program = append(program, equal(load, c.bytes(at+16, length), c.bytes(at, length), c.inverted&flag != 0)...)
	}
	return program
}

// lowerPorts reads the four ranges of ports, in the order of the addresses.
// Before revision 3 they are single ports in network order.
func (c conntrackInfo) lowerPorts(rev uint32) (program []Expr) {
	for n := range 4 {
		flag := uint16(1) << (8 + n)
		if c.flags&flag == 0 {
			continue
		}
		key := uint32(CtProtoSrc)
		if n%2 == 1 {
			key = CtProtoDst
		}
		load := &Ct{Key: key, Direction: uint8(n / 2), HasDirection: true, Source: NoRegister}
		first := c.be16(138 + 2*n)
		last := first
		if rev == 3 {
			first = c.u16(138 + 2*n)
			last = max(first, c.u16(154+2*n))
		}
		program = append(program, within(load, first, last, c.inverted&flag != 0)...)
	}
	return program
}

// lowerAddrType reads struct xt_addrtype_info and _v1. The types are the
// kernel's RTN_*.
func (r *Rule) lowerAddrType(rev uint32, i xtInfo) []Expr {
	if i.short(8) || rev == 0 && i.short(12) {
		return unknown("addrtype")
	}
	const notSource, notDest, in, out = 1, 2, 4, 8
	flags := i.u32(4)
	if rev == 0 {
		flags = 0
		if i.u32(4) != 0 {
			flags |= notSource
		}
		if i.u32(8) != 0 {
			flags |= notDest
		}
	}
	var program []Expr
	for _, side := range []struct {
		types uint16
		flag  uint32
		not   bool
	}{{i.u16(0), FibSource, flags&notSource != 0}, {i.u16(2), FibDest, flags&notDest != 0}} {
		if side.types == 0 {
			continue
		}
		const local = 1 << 2
		if r.v6() && side.types != local { // the kernel's rules for IPv6 are others
			program = append(program, unknown("addrtype")...)
			continue
		}
		fib := &Fib{Flags: side.flag, Result: FibResultType}
		if flags&in != 0 {
			fib.Flags |= FibIIF
		}
		if flags&out != 0 {
			fib.Flags |= FibOIF
		}
		set := &Set{KeyLen: 4, Flags: SetAnonymous}
		for t := range uint32(12) {
			if side.types&(1<<t) != 0 {
				set.Elements = append(set.Elements, Element{Key: word(t)})
			}
		}
		program = append(program, fib, &Lookup{Set: set, Dest: NoRegister, Not: side.not})
	}
	return program
}

func (r *Rule) lowerRange(rev uint32, i xtInfo) (program []Expr) {
	if rev != 1 || i.short(65) {
		return unknown("iprange")
	}
	length := 4
	if r.v6() {
		length = 16
	}
	flags := i.u8(64)
	for n, side := range []struct{ use, not byte }{{1, 16}, {2, 32}} {
		if flags&side.use != 0 {
			from, to := i.bytes(32*n, length), i.bytes(32*n+16, length)
			program = append(program, address(r.v6(), n == 1), &Range{Not: flags&side.not != 0, From: from, To: to})
		}
	}
	return program
}

func lowerMark(m *Match, i xtInfo) []Expr {
	if m.Rev != 1 || i.short(9) {
		return unknown(m.Name)
	}
	load := loadMeta(MetaMark)
	if m.Name == "connmark" {
		load = loadCt(CtMark)
	}
	return equal(load, word(i.u32(4)), word(i.u32(0)), i.u8(8) != 0)
}

// lowerRate reads the matches that count.
func lowerRate(m *Match, i xtInfo) []Expr {
	const scale, hashInvert, hashBytes, hashRate = 10000, 1 << 4, 1 << 5, 1 << 6
	switch {
	case m.Name == "limit" && !i.short(8):
		return []Expr{&Limit{Rate: scale, Unit: uint64(i.u32(0)), Burst: i.u32(4)}}
	case m.Name == "connlimit" && !i.short(24):
		return []Expr{&Connlimit{Count: i.u32(16), Over: i.u32(20)&1 == 0}}
	case m.Name == "hashlimit" && m.Rev == 1 && !i.short(50):
		mode := i.u32(16)
		return []Expr{&Limit{Rate: scale, Unit: uint64(i.u32(20)), Burst: i.u32(24), Over: mode&hashInvert != 0}}
	case m.Name == "hashlimit" && (m.Rev == 2 || m.Rev == 3) && !i.short(255+42):
		mode := i.u32(256 + 16)
		if mode&(hashBytes|hashRate) != 0 {
			break
		}
		return []Expr{&Limit{Rate: 1000000, Unit: i.u64(256), Burst: uint32(min(i.u64(256+8), 1<<32-1)), Over: mode&hashInvert != 0}}
	}
	return unknown(m.Name)
}

// lowerRecent reads struct xt_recent_mtinfo. To put a source on the list always
// succeeds; that it has been there several times of late is a limit, which an
// ordinary rate does not reach.
func lowerRecent(i xtInfo) []Expr {
	const set, ends = 1 << 1, 1 << 3 // XT_RECENT_SET, XT_RECENT_REMOVE
	hits, what, not := i.u32(4), i.u8(8), i.u8(9) != 0
	switch {
	case i.short(10), what&ends != 0:
	case what&set != 0 && not:
		return never(false)
	case what&set != 0:
		return nil
	case hits > 1:
		return []Expr{&Limit{Rate: uint64(hits), Unit: uint64(max(i.u32(0), 1)), Burst: hits, Over: !not}}
	}
	return unknown("recent")
}

func lowerRPFilter(i xtInfo) []Expr {
	const loose, validMark, acceptLocal, inverted = 1, 2, 4, 8
	flags := i.u8(0)
	if flags&(validMark|acceptLocal) != 0 {
		return unknown("rpfilter")
	}
	fib := &Fib{Flags: FibSource | FibIIF, Result: FibResultOIF}
	if flags&loose != 0 {
		fib.Flags = FibSource
	}
	return equal(fib, nil, word(0), flags&inverted == 0)
}

func lowerDevGroup(i xtInfo) (program []Expr) {
	const source, notSource, dest, notDest = 1, 2, 4, 8
	if i.short(20) {
		return unknown("devgroup")
	}
	flags := i.u32(0)
	if flags&source != 0 {
		program = append(program, equal(loadMeta(MetaIIFGroup), word(i.u32(8)), word(i.u32(4)), flags&notSource != 0)...)
	}
	if flags&dest != 0 {
		program = append(program, equal(loadMeta(MetaOIFGroup), word(i.u32(16)), word(i.u32(12)), flags&notDest != 0)...)
	}
	return program
}

// interfaceName reads a name with its mask, which may end early: "eth+".
func interfaceName(name, mask []byte) []byte {
	if n := bytes.IndexByte(mask, 0); n >= 0 {
		return name[:n]
	}
	return name
}
