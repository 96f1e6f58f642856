package ruleset

import (
	"encoding/binary"
)

// Program is what a rule does, in the terms of nftables: each match and target
// of iptables is put into expressions that do the same. It is computed once and
// not to be changed.
func (r *Rule) Program() []Expr {
	if !r.lowered {
		r.program, r.lowered = r.lower(), true
	}
	return r.program
}

func (r *Rule) lower() []Expr {
	changed := false
	var program []Expr
	for _, e := range r.Exprs {
		switch e := e.(type) {
		case *Match:
			program = append(program, r.lowerMatch(e)...)
			changed = true
		case *Target:
			program = append(program, r.lowerTarget(e)...)
			changed = true
		default:
			program = append(program, e)
		}
	}
	if !changed {
		return r.Exprs
	}
	return program
}

// v6 tells whether addresses of a rule of iptables are of IPv6.
func (r *Rule) v6() bool { return r.Chain.Table.Family == FamilyIPv6 }

// unknown is a condition that nobody can tell.
func unknown(name string) []Expr { return []Expr{&Unknown{Name: name}} }

// never is a condition that no packet meets, or with not every one.
func never(not bool) []Expr { return []Expr{&Any{Not: not}} }

// equal compares what load puts into the first register, under a mask; nil for
// all of it.
func equal(load Expr, mask, want []byte, not bool) []Expr {
	program := []Expr{load}
	if mask != nil {
		program = append(program, &Bitwise{Len: len(mask), Mask: mask, Xor: make([]byte, len(mask))})
	}
	op := uint32(CmpEqual)
	if not {
		op = CmpNotEqual
	}
	return append(program, &Cmp{Op: op, Data: want})
}

// anyBit asks for one of some bits of what load gives, or for none of them.
func anyBit(load Expr, mask []byte, not bool) []Expr {
	return equal(load, mask, make([]byte, len(mask)), !not)
}

// within asks for a range of ports.
func within(load Expr, first, last uint16, not bool) []Expr {
	if first == 0 && last == 0xffff {
		if not {
			return never(false)
		}
		return nil
	}
	return []Expr{load, &Range{Not: not, From: port(first), To: port(last)}}
}

func port(n uint16) []byte { return binary.BigEndian.AppendUint16(nil, n) }

func word(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }

func proto(n byte) []Expr {
	return equal(&Meta{Key: MetaL4Proto, Source: NoRegister}, nil, []byte{n}, false)
}

func loadMeta(key uint32) Expr { return &Meta{Key: key, Source: NoRegister} }

func loadCt(key uint32) Expr { return &Ct{Key: key, Source: NoRegister} }

func sourcePort() Expr {
	return &Payload{Base: BaseTransport, Offset: 0, Len: 2, Source: NoRegister}
}

func destPort() Expr {
	return &Payload{Base: BaseTransport, Offset: 2, Len: 2, Source: NoRegister}
}

// address loads the source or destination address.
func address(v6, dest bool) Expr {
	p := &Payload{Base: BaseNetwork, Offset: 12, Len: 4, Source: NoRegister}
	if v6 {
		p.Offset, p.Len = 8, 16
	}
	if dest {
		p.Offset += p.Len
	}
	return p
}

// xtInfo reads the structs of matches and targets, which have the machine's
// order. What lies beyond the end is 0.
type xtInfo []byte

func (i xtInfo) u8(at int) byte {
	if at >= len(i) {
		return 0
	}
	return i[at]
}

func (i xtInfo) u16(at int) uint16 {
	if at+2 > len(i) {
		return 0
	}
	return binary.NativeEndian.Uint16(i[at:])
}

func (i xtInfo) u32(at int) uint32 {
	if at+4 > len(i) {
		return 0
	}
	return binary.NativeEndian.Uint32(i[at:])
}

func (i xtInfo) u64(at int) uint64 {
	if at+8 > len(i) {
		return 0
	}
	return binary.NativeEndian.Uint64(i[at:])
}

func (i xtInfo) bytes(at, length int) []byte {
	if at+length > len(i) {
		return make([]byte, length)
	}
	return i[at : at+length : at+length]
}

// be16 reads a port in network order.
func (i xtInfo) be16(at int) uint16 { return binary.BigEndian.Uint16(i.bytes(at, 2)) }

// short reports whether a struct is too short to be read.
func (i xtInfo) short(length int) bool { return len(i) < length }

func invert(b []byte) []byte {
	n := make([]byte, len(b))
	for i := range b {
		n[i] = ^b[i]
	}
	return n
}
