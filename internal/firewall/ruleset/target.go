package ruleset

// MarkCopy copies the packet's mark to the connection, or back: the target is
// left as it is but for its mask, and the masked source is added by exclusive
// or.
type MarkCopy struct {
	ToConnection     bool
	CtMask, MarkMask uint32
}

func (*MarkCopy) expr() {}

// lowerTarget puts a target of iptables into expressions. The structs are those
// of linux/netfilter/xt_*.h.
func (r *Rule) lowerTarget(t *Target) []Expr {
	i := xtInfo(t.Info)
	switch t.Name {
	case "DNAT", "SNAT", "REDIRECT", "MASQUERADE", "NETMAP":
		return r.lowerNAT(t, i)
	case "REJECT":
		return r.lowerReject(i)
	case "MARK":
		return lowerSetMark(t, i)
	case "CONNMARK":
		return lowerConnmark(t, i)
	case "NOTRACK":
		return []Expr{&Notrack{}}
	case "CT":
		const notrack = 1
		if i.u16(0)&notrack != 0 {
			return []Expr{&Notrack{}}
		}
		return nil
	case "SET":
		return r.lowerSetTarget(t, i)
	case "NFQUEUE":
		return []Expr{&Queue{}}
	case "LOG", "NFLOG", "ULOG", "TRACE", "AUDIT", "TCPMSS", "TCPOPTSTRIP", "CHECKSUM", "CLASSIFY", "DSCP", "TOS", "TTL", "HL", "ECN", "SECMARK", "CONNSECMARK", "IDLETIMER", "LED", "RATEEST", "TEE":
		return nil
	default:
		return []Expr{&Unknown{Name: t.Name, Ends: true}}
	}
}

func (r *Rule) lowerReject(i xtInfo) []Expr {
	const reset, unreachable, resetV4, resetV6 = 1, 0, 7, 6
	with := i.u32(0)
	if !r.v6() && with == resetV4 || r.v6() && with == resetV6 {
		return []Expr{&Reject{Type: reset}}
	}
	return []Expr{&Reject{Type: unreachable, Code: uint8(with)}}
}

// natRange is what the structs of NAT have in common.
type natRange struct {
	flags       uint32
	min, max    []byte // addresses
	first, last uint16 // ports
	base        uint16
}

// readNAT reads struct nf_nat_ipv4_multi_range_compat, nf_nat_range or
// nf_nat_range2.
func (r *Rule) readNAT(t *Target, i xtInfo) (n natRange, ok bool) {
	compat := t.Rev == 0 && !r.v6()
	if compat {
		if i.short(20) || i.u32(0) != 1 {
			return n, false
		}
		return natRange{flags: i.u32(4), min: i.bytes(8, 4), max: i.bytes(12, 4), first: i.be16(16), last: i.be16(18)}, true
	}
	if i.short(40) {
		return n, false
	}
	length := 4
	if r.v6() {
		length = 16
	}
	n = natRange{flags: i.u32(0), min: i.bytes(4, length), max: i.bytes(20, length), first: i.be16(36), last: i.be16(38)}
	if t.Rev == 2 {
		n.base = i.be16(40)
	}
	return n, true
}

func (r *Rule) lowerNAT(t *Target, i xtInfo) []Expr {
	n, ok := r.readNAT(t, i)
	if !ok || t.Name == "NETMAP" {
		return []Expr{&Unknown{Name: t.Name, Ends: true}}
	}
	e := &NAT{Family: r.Chain.Table.Family, AddrMin: NoRegister, AddrMax: NoRegister, PortMin: NoRegister, PortMax: NoRegister, Flags: n.flags, Base: n.base}
	e.Dest = t.Name == "DNAT" || t.Name == "REDIRECT"
	e.Redirect, e.Masquerade = t.Name == "REDIRECT", t.Name == "MASQUERADE"
	var program []Expr
	load := func(at Register, data []byte) Register {
		program = append(program, &Immediate{Dest: at, Data: data})
		return at
	}
	if n.flags&NATMapIPs != 0 && !e.Redirect && !e.Masquerade {
		e.AddrMin, e.AddrMax = load(0, n.min), load(4, n.max)
	}
	if n.flags&NATPorts != 0 {
		e.PortMin, e.PortMax = load(8, port(n.first)), load(12, port(n.last))
	}
	return append(program, e)
}

func lowerSetMark(t *Target, i xtInfo) []Expr {
	if t.Rev != 2 || i.short(8) {
		return []Expr{&Unknown{Name: t.Name, Ends: true}}
	}
	mark, mask := i.u32(0), i.u32(4)
	return []Expr{
		loadMeta(MetaMark),
		&Bitwise{Len: 4, Mask: word(^mask), Xor: word(mark)},
		&Meta{Key: MetaMark, Dest: NoRegister, Source: 0},
	}
}

func lowerConnmark(t *Target, i xtInfo) []Expr {
	const set, save, restore = 0, 1, 2
	mode, shift := i.u8(12), byte(0)
	if t.Rev == 2 {
		mode, shift = i.u8(14), i.u8(13)
	}
	if t.Rev < 1 || t.Rev > 2 || i.short(13) || shift != 0 || mode > restore {
		return []Expr{&Unknown{Name: t.Name, Ends: true}}
	}
	ctMark, ctMask, markMask := i.u32(0), i.u32(4), i.u32(8)
	if mode == set {
		return []Expr{
			loadCt(CtMark),
			&Bitwise{Len: 4, Mask: word(^ctMask), Xor: word(ctMark)},
			&Ct{Key: CtMark, Dest: NoRegister, Source: 0},
		}
	}
	return []Expr{&MarkCopy{ToConnection: mode == save, CtMask: ctMask, MarkMask: markMask}}
}
