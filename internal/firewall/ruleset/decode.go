package ruleset

import (
	"fmt"

	"porthole/internal/netlink"
)

// maxDepth is how deep expressions may lie in each other: those of a dynset do.
const maxDepth = 4

// expressions reads a list of them: attributes NFTA_LIST_ELEM.
func (b *Builder) expressions(t *Table, list []byte, depth int) (all []Expr, err error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("expressions in expressions, %d deep", depth)
	}
	err = netlink.Attributes(list, func(_ uint16, value []byte) error {
		e, err := b.expression(t, value, depth)
		if err == nil {
			all = append(all, e)
		}
		return err
	})
	return all, err
}

// expression reads one: its name, and its own attributes.
func (b *Builder) expression(t *Table, nest []byte, depth int) (Expr, error) {
	const exprName, exprData = 1, 2
	e, err := read(nest)
	if err != nil {
		return nil, err
	}
	name := e.text(exprName)
	a, err := read(e[exprData])
	if err != nil {
		return nil, fmt.Errorf("expression %q: %w", name, err)
	}
	expr, err := b.decode(t, name, &a, depth)
	if err != nil {
		return nil, fmt.Errorf("expression %q: %w", name, err)
	}
	return expr, nil
}

// decode reads the attributes of the expression with a name. The numbers are
// those of the enums nft_*_attributes of linux/netfilter/nf_tables.h.
func (b *Builder) decode(t *Table, name string, a *attributes, depth int) (Expr, error) {
	switch name {
	case "immediate", "cmp", "range", "bitwise", "byteorder", "lookup":
		return b.decodeValue(t, name, a)
	case "meta":
		return &Meta{Dest: a.register(1), Key: uint32(a.number(2)), Source: a.register(3)}, nil
	case "payload":
		return &Payload{Dest: a.register(1), Base: uint32(a.number(2)), Offset: a.small(3), Len: a.small(4), Source: a.register(5)}, nil
	case "ct":
		return &Ct{Dest: a.register(1), Key: uint32(a.number(2)), Direction: uint8(a.number(3)), HasDirection: a.has(3), Source: a.register(4)}, nil
	case "fib":
		return &Fib{Dest: a.register(1), Result: uint32(a.number(2)), Flags: uint32(a.number(3))}, nil
	case "exthdr":
		return &Exthdr{Dest: a.register(1), Type: uint8(a.number(2)), Offset: a.small(3), Len: a.small(4), Present: a.number(5)&1 != 0, Op: uint32(a.number(6)), Source: a.register(7)}, nil
	case "numgen":
		kind := "numgen inc"
		if a.number(3) == 1 {
			kind = "numgen random"
		}
		return &Number{Name: kind, Dest: a.register(1), Modulus: uint32(a.number(2)), Offset: uint32(a.number(4)), Source: NoRegister}, nil
	case "hash":
		kind := "jhash"
		if a.number(7) == 1 {
			kind = "symhash"
		}
		return &Number{Name: kind, Source: a.register(1), Dest: a.register(2), Len: a.small(3), Modulus: uint32(a.number(4)), Seed: uint32(a.number(5)), Offset: uint32(a.number(6))}, nil
	case "rt", "osf", "xfrm", "tunnel":
		return &Load{Name: name, Dest: a.register(1)}, nil
	case "socket":
		return &Load{Name: name, Dest: a.register(2)}, nil
	case "match":
		return &Match{Name: a.text(1), Rev: uint32(a.number(2)), Info: a[3]}, nil
	case "target":
		return &Target{Name: a.text(1), Rev: uint32(a.number(2)), Info: a[3]}, nil
	default:
		return b.decodeStatement(t, name, a, depth)
	}
}

// decodeValue reads what compares values and makes new ones.
func (b *Builder) decodeValue(t *Table, name string, a *attributes) (Expr, error) {
	switch name {
	case "immediate":
		data, verdict, err := a.value(2)
		return &Immediate{Dest: a.register(1), Data: data, Verdict: verdict}, err
	case "cmp":
		data, err := a.bytes(3)
		return &Cmp{Source: a.register(1), Op: uint32(a.number(2)), Data: data}, err
	case "range":
		from, err := a.bytes(3)
		if err != nil {
			return nil, err
		}
		to, err := a.bytes(4)
		return &Range{Source: a.register(1), Not: a.number(2) == 1, From: from, To: to}, err
	case "byteorder":
		return &Byteorder{Source: a.register(1), Dest: a.register(2), Op: uint32(a.number(3)), Len: a.small(4), Size: a.small(5)}, nil
	case "lookup":
		const not = 1
		l := &Lookup{Name: a.text(1), Source: a.register(2), Dest: a.register(3), Map: a.has(3), Not: a.number(5)&not != 0}
		l.Set = b.set(t, l.Name)
		return l, nil
	}
	return decodeBitwise(a)
}

func decodeBitwise(a *attributes) (Expr, error) {
	e := &Bitwise{Source: a.register(1), Dest: a.register(2), Len: a.small(3), Op: uint32(a.number(6))}
	var err error
	if e.Mask, err = a.bytes(4); err != nil {
		return nil, err
	}
	if e.Xor, err = a.bytes(5); err != nil {
		return nil, err
	}
	shift, err := a.bytes(7)
	e.Shift = native(shift)
	e.Second = a.has(8) // NFTA_BITWISE_SREG2, since Linux 6.13
	return e, err
}

// decodeStatement reads what does something to a packet or beside it.
func (b *Builder) decodeStatement(t *Table, name string, a *attributes, depth int) (Expr, error) {
	switch name {
	case "nat", "masq", "redir":
		return decodeNAT(name, a), nil
	case "reject":
		return &Reject{Type: uint32(a.number(1)), Code: uint8(a.number(2))}, nil
	case "limit":
		return decodeLimit(a), nil
	case "quota":
		return decodeQuota(a), nil
	case "connlimit":
		return decodeConnlimit(a), nil
	case "dynset":
		return b.decodeDynset(t, a, depth)
	case "queue":
		return &Queue{First: uint16(a.number(1)), Total: uint16(a.number(2)), Flags: uint16(a.number(3))}, nil
	case "flow_offload":
		return &Flow{Name: a.text(1)}, nil
	case "notrack":
		return &Notrack{}, nil
	case "objref":
		o := &Objref{Type: uint32(a.number(1)), Name: a.text(2), Source: a.register(3)}
		o.Object = t.Objects[ObjectKey{o.Type, o.Name}]
		if a.has(4) {
			o.Set = b.set(t, a.text(4))
		}
		return o, nil
	case "counter":
		return &Note{Name: name, Text: "counter"}, nil
	case "log":
		return &Note{Name: name, Text: logText(a)}, nil
	case "last", "dup":
		return &Note{Name: name, Text: name}, nil
	case "fwd":
		return &Forward{Name: name}, nil
	default: // tproxy, synproxy, inner, and what newer kernels have
		return &Unknown{Name: name, Ends: true}, nil
	}
}

func decodeNAT(name string, a *attributes) *NAT {
	none := NAT{AddrMin: NoRegister, AddrMax: NoRegister, PortMin: NoRegister, PortMax: NoRegister}
	e := &none
	switch name {
	case "nat":
		const dnat = 1
		e.Dest = a.number(1) == dnat
		e.Family = Family(a.number(2))
		e.AddrMin, e.AddrMax = a.register(3), a.register(4)
		e.PortMin, e.PortMax = a.register(5), a.register(6)
		e.Flags = uint32(a.number(7))
	case "masq":
		e.Masquerade = true
		e.Flags, e.PortMin, e.PortMax = uint32(a.number(1)), a.register(2), a.register(3)
	case "redir":
		e.Dest, e.Redirect = true, true
		e.PortMin, e.PortMax, e.Flags = a.register(1), a.register(2), uint32(a.number(3))
	}
	return e
}

func decodeLimit(a *attributes) *Limit {
	const over, byBytes = 1, 1
	return &Limit{Rate: a.number(1), Unit: a.number(2), Burst: uint32(a.number(3)), Bytes: a.number(4) == byBytes, Over: a.number(5)&over != 0}
}

func decodeQuota(a *attributes) *Quota {
	return &Quota{Bytes: a.number(1), Over: a.number(2)&1 != 0, Consumed: a.number(4)}
}

func decodeConnlimit(a *attributes) *Connlimit {
	return &Connlimit{Count: uint32(a.number(1)), Over: a.number(2)&1 != 0}
}

func (b *Builder) decodeDynset(t *Table, a *attributes, depth int) (Expr, error) {
	e := &Dynset{Name: a.text(1), Op: uint32(a.number(3)), Source: a.register(4), Not: a.number(9)&1 != 0}
	if e.Set = b.set(t, e.Name); e.Set != nil {
		e.Set.Written = true
	}
	var err error
	if a.has(10) { // NFTA_DYNSET_EXPRESSIONS
		e.Exprs, err = b.expressions(t, a[10], depth+1)
	} else if a.has(7) { // NFTA_DYNSET_EXPR: one, without a list
		var one Expr
		one, err = b.expression(t, a[7], depth+1)
		e.Exprs = []Expr{one}
	}
	return e, err
}

// small reads a number that counts bytes; one that cannot is -1.
func (a *attributes) small(kind uint16) int {
	const most = 1 << 16
	if n := a.number(kind); n < most {
		return int(n)
	}
	return -1
}

// logText is what nft prints of a log statement.
func logText(a *attributes) string {
	text := "log"
	if prefix := a.text(2); prefix != "" {
		text += fmt.Sprintf(" prefix %q", prefix)
	}
	if a.has(1) {
		text += fmt.Sprintf(" group %d", a.number(1))
		return text
	}
	levels := [...]string{"emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit"}
	const usual = 4
	if n := a.number(5); a.has(5) && n != usual && n < uint64(len(levels)) {
		text += " level " + levels[n]
	}
	return text
}
