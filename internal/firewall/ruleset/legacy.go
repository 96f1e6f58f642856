package ruleset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"porthole/internal/netlink"
)

// LegacyInfo is struct ipt_getinfo of linux/netfilter_ipv4/ip_tables.h, which
// ip6_tables.h has, too.
type LegacyInfo struct {
	Name       string
	ValidHooks uint32
	HookEntry  [5]uint32 // where the chain of each hook begins
	Underflow  [5]uint32 // where its policy is
	Size       uint32    // of all entries, in bytes
}

// LegacyInfoLen is the length of struct ipt_getinfo.
const LegacyInfoLen = 32 + 4 + 5*4 + 5*4 + 4 + 4

// LegacyEntriesLen is the length of struct ipt_get_entries before the entries.
const LegacyEntriesLen = 40

// ReadLegacyInfo reads struct ipt_getinfo.
func ReadLegacyInfo(b []byte) (info LegacyInfo, err error) {
	if len(b) < LegacyInfoLen {
		return info, fmt.Errorf("struct ipt_getinfo of %d bytes", len(b))
	}
	i := xtInfo(b)
	info.Name = netlink.Text(b[:32])
	info.ValidHooks = i.u32(32)
	for n := range info.HookEntry {
		info.HookEntry[n], info.Underflow[n] = i.u32(36+4*n), i.u32(56+4*n)
	}
	info.Size = i.u32(80)
	return info, nil
}

// layout is where the parts of an entry are, which differs by family.
type layout struct {
	addr                 int // of the first of source, destination and their masks
	names                int // of the first of input, output and their masks
	proto, flags, invert int
	targetOffset, nextAt int
	length               int
	fragment, goTo       uint8
	v6                   bool
}

func layoutOf(family Family) layout {
	if family == FamilyIPv6 { // struct ip6t_entry
		return layout{addr: 0, names: 64, proto: 128, flags: 131, invert: 132, targetOffset: 140, nextAt: 142, length: 168, goTo: 4, v6: true}
	}
	return layout{addr: 0, names: 16, proto: 80, flags: 82, invert: 83, targetOffset: 88, nextAt: 90, length: 112, fragment: 1, goTo: 2}
}

var errLegacy = errors.New("malformed entries of iptables-legacy")

// legacyEntry is one struct ipt_entry or ip6t_entry.
type legacyEntry struct {
	at, next int
	ip       []byte // up to the matches
	matches  []byte
	target   []byte // struct xt_entry_target
}

const targetHeader = 32 // of struct xt_entry_match and _target: size, name, revision

// AddLegacy takes a table of iptables-legacy (FamilyIPv4) or ip6tables-legacy
// (FamilyIPv6): what IPT_SO_GET_INFO and IPT_SO_GET_ENTRIES told.
func (b *Builder) AddLegacy(family Family, info LegacyInfo, entries []byte) error {
	l := layoutOf(family)
	list, err := l.split(entries)
	if err != nil {
		return fmt.Errorf("table %s: %w", info.Name, err)
	}
	t := NewTable(family, info.Name)
	t.Legacy = true
	heads := legacyChains(t, info, list)
	chain := (*Chain)(nil)
	for i, e := range list {
		if head, ok := heads[e.at]; ok {
			chain = head
		}
		if chain == nil || e.isHead() {
			chain = nil
			continue
		}
		policy := chain.Base != nil && e.at == int(info.Underflow[chain.Base.Hook])
		ends := chain.Base == nil && (i+1 == len(list) || list[i+1].isHead()) // with RETURN
		switch {
		case policy:
			chain.Base.Drop = native(e.target[targetHeader:]) == ^uint32(VerdictDrop)
			chain = nil
		case !ends:
			rule := &Rule{Chain: chain, Handle: uint64(len(chain.Rules) + 1)}
			rule.Exprs = append(l.conditions(e), l.statement(e, heads)...)
			rule.Comment = legacyComment(rule.Exprs)
			chain.Rules = append(chain.Rules, rule)
		}
	}
	b.rules.Tables = append(b.rules.Tables, t)
	return nil
}

// split parts the entries.
func (l layout) split(b []byte) (list []legacyEntry, err error) {
	for at := 0; at < len(b); {
		rest := b[at:]
		if len(rest) < l.length {
			return nil, errLegacy
		}
		target, next := int(binary.NativeEndian.Uint16(rest[l.targetOffset:])), int(binary.NativeEndian.Uint16(rest[l.nextAt:]))
		if target < l.length || next > len(rest) || target+targetHeader+4 > next {
			return nil, errLegacy
		}
		list = append(list, legacyEntry{at: at, next: at + next, ip: rest[:l.length], matches: rest[l.length:target], target: rest[target:next]})
		at += next
	}
	return list, nil
}

func (e legacyEntry) name() string { return netlink.Text(e.target[2:31]) }

// isHead reports whether an entry stands before a chain of a user's, or at the
// end of the table.
func (e legacyEntry) isHead() bool { return e.name() == "ERROR" }

// legacyChains makes the chains; heads has them by where their rules begin.
func legacyChains(t *Table, info LegacyInfo, list []legacyEntry) (heads map[int]*Chain) {
	heads = map[int]*Chain{}
	builtin := [...]string{"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"}
	for hook, name := range builtin {
		if info.ValidHooks&(1<<hook) != 0 {
			c := &Chain{Table: t, Name: name, Base: &Base{Hook: Hook(hook), Priority: legacyPriority(info.Name, Hook(hook)), Type: "filter"}}
			if info.Name == "nat" {
				c.Base.Type = "nat"
			}
			t.AddChain(c)
			heads[int(info.HookEntry[hook])] = c
		}
	}
	for i, e := range list {
		if e.isHead() && i+1 < len(list) {
			c := &Chain{Table: t, Name: netlink.Text(e.target[targetHeader:min(targetHeader+30, len(e.target))])}
			t.AddChain(c)
			heads[e.next] = c
		}
	}
	return heads
}

// legacyPriority is where a table sees packets (linux/netfilter_ipv4.h).
func legacyPriority(table string, hook Hook) int32 {
	switch table {
	case "raw":
		return -300
	case "mangle":
		return -150
	case "nat":
		if hook == HookPrerouting || hook == HookOutput {
			return -100
		}
		return 100
	case "security":
		return 50
	default:
		return 0
	}
}

// conditions of an entry: those of struct ipt_ip or ip6t_ip, then its matches.
func (l layout) conditions(e legacyEntry) (program []Expr) {
	const viaIn, viaOut, tos, sourceIP, destIP, frag, invProto = 1, 2, 4, 8, 16, 32, 64
	inv := e.ip[l.invert]
	length := 4
	if l.v6 {
		length = 16
	}
	part := func(at, n, length int) []byte { return e.ip[at+n*length : at+(n+1)*length] }
	for n, flag := range []byte{sourceIP, destIP} {
		if mask := part(l.addr, 2+n, length); !isZero(mask) || inv&flag != 0 {
			program = append(program, equal(address(l.v6, n == 1), mask, part(l.addr, n, length), inv&flag != 0)...)
		}
	}
	for n, flag := range []byte{viaIn, viaOut} {
		name := interfaceName(part(l.names, n, 16), part(l.names, 2+n, 16))
		if len(name) > 0 || inv&flag != 0 {
			program = append(program, equal(loadMeta(uint32(MetaIIFName+n)), nil, name, inv&flag != 0)...)
		}
	}
	if number := binary.NativeEndian.Uint16(e.ip[l.proto:]); number != 0 {
		program = append(program, equal(loadMeta(MetaL4Proto), nil, []byte{byte(number)}, inv&invProto != 0)...)
	}
	if e.ip[l.flags]&l.fragment != 0 { // a new connection does not begin with a later fragment
		program = append(program, never(inv&frag != 0)...)
	}
	const useTOS = 2
	if l.v6 && e.ip[l.flags]&useTOS != 0 {
		program = append(program, unknown("tos")...)
	}
	for rest := e.matches; len(rest) >= targetHeader; {
		size := int(binary.NativeEndian.Uint16(rest))
		if size < targetHeader || size > len(rest) {
			return append(program, unknown("match")...)
		}
		program = append(program, &Match{Name: netlink.Text(rest[2:31]), Rev: uint32(rest[31]), Info: rest[targetHeader:size:size]})
		rest = rest[size:]
	}
	return program
}

// statement is what an entry does.
func (l layout) statement(e legacyEntry, heads map[int]*Chain) []Expr {
	name := e.name()
	if name != "" {
		return []Expr{&Target{Name: name, Rev: uint32(e.target[31]), Info: e.target[targetHeader:]}}
	}
	const accept, drop, queue, giveBack = -2, -1, -4, -5
	v := &Verdict{}
	switch n := int32(native(e.target[targetHeader:])); {
	case n == accept:
		v.Code = VerdictAccept
	case n == drop:
		v.Code = VerdictDrop
	case n == queue:
		return []Expr{&Queue{}}
	case n == giveBack:
		v.Code = VerdictReturn
	case n == int32(e.next): // no target
		return nil
	case n >= 0 && heads[int(n)] != nil:
		v.Code, v.Chain = VerdictJump, heads[int(n)].Name
		if e.ip[l.flags]&l.goTo != 0 {
			v.Code = VerdictGoto
		}
	default:
		return []Expr{&Unknown{Name: "verdict", Ends: true}}
	}
	return []Expr{&Immediate{Dest: NoRegister, Verdict: v}}
}

func isZero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }

// legacyComment is the text of a comment match.
func legacyComment(program []Expr) string {
	for _, e := range program {
		if m, ok := e.(*Match); ok && m.Name == "comment" {
			return netlink.Text(m.Info)
		}
	}
	return ""
}
