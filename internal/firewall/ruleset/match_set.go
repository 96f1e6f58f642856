package ruleset

import "fmt"

// ipSetMatch is what struct xt_set_info_match_v0 to v4 of linux/netfilter/xt_set.h
// say.
type ipSetMatch struct {
	index         uint16
	directions    []bool // of each dimension: of the source, else the destination
	not           bool
	returnNomatch bool
	counts        bool // it asks for counters, too
}

func readIPSetMatch(rev uint32, i xtInfo) (m ipSetMatch, ok bool) {
	const inverted, returnNomatch, counters = 1, 1 << 7, 1 << 7
	if rev == 0 || rev > 4 || i.short(4) || rev >= 3 && i.short(44) {
		return m, false
	}
	flags := i.u8(3)
	m = ipSetMatch{index: i.u16(0), not: flags&inverted != 0, returnNomatch: rev == 2 && flags&returnNomatch != 0}
	for n := range min(int(i.u8(2)), 6) {
		m.directions = append(m.directions, flags&(2<<n) != 0)
	}
	switch rev {
	case 3: // struct ip_set_counter_match0: an operation and a value
		m.counts = i.u8(8) != 0 || i.u8(24) != 0
		m.returnNomatch = i.u32(40)&counters != 0
	case 4: // struct ip_set_counter_match: a value and an operation
		m.counts = i.u8(16) != 0 || i.u8(32) != 0
		m.returnNomatch = i.u32(40)&counters != 0
	}
	return m, true
}

// lowerIPSet asks whether a packet is in a set of ipset, as ip_set_test of the
// kernel does.
func (r *Rule) lowerIPSet(rev uint32, i xtInfo) []Expr {
	m, ok := readIPSetMatch(rev, i)
	if !ok {
		return unknown("set")
	}
	s := r.Chain.Table.IPSets[m.index]
	if s == nil {
		return unknown("an ipset that could not be read")
	}
	program := r.inIPSet(s, m)
	if m.counts {
		program = append(program, unknown("counters of an ipset")...)
	}
	if m.not {
		return []Expr{&Any{Of: [][]Expr{program}, Not: true}}
	}
	return program
}

// inIPSet is a condition to be in a set.
func (r *Rule) inIPSet(s *IPSet, m ipSetMatch) []Expr {
	family := FamilyIPv4
	if r.v6() {
		family = FamilyIPv6
	}
	switch {
	case len(m.directions) < s.dimension(), s.Family != 0 && s.Family != family:
		return never(false)
	case s.trouble != "":
		return unknown(s.trouble)
	case s.Type == "list:set":
		some := &Any{}
		for _, name := range s.members {
			if member := r.Chain.Table.IPSets.named(name); member == nil {
				some.Of = append(some.Of, unknown("an ipset that could not be read"))
			} else if member.Type != "list:set" {
				some.Of = append(some.Of, r.inIPSet(member, m))
			}
		}
		return []Expr{some}
	}
	levels := s.prepare()
	program := s.inLevels(levels, m)
	if len(s.fields) > 0 && s.fields[len(s.fields)-1] == ipEther {
		program = append(program, unknown("the sender's address of the link")...)
	}
	return program
}

// inLevels is a condition to meet an entry: one of the first level, or of those
// behind it if nothing stops the packet.
func (s *IPSet) inLevels(levels []ipLevel, m ipSetMatch) []Expr {
	in := func(set *Set, without, not bool) []Expr {
		return append(s.load(m.directions, without), &Lookup{Set: set, Dest: NoRegister, Not: not})
	}
	match, stop, withoutInterface := levels[0].match, levels[0].stop, levels[0].stop.KeyLen < levels[0].match.KeyLen
	if m.returnNomatch { // then the others stop
		match, stop, withoutInterface = levels[0].nomatch, levels[0].match, false
	}
	if s.keyless() { // nothing but an address of a link
		return nil
	}
	first := in(match, false, false)
	if len(levels) == 1 {
		return first
	}
	behind := append(in(stop, withoutInterface, true), s.inLevels(levels[1:], m)...)
	return []Expr{&Any{Of: [][]Expr{first, behind}}}
}

func (s *IPSet) keyless() bool { return len(s.fields) == 1 && s.fields[0] == ipEther }

// load puts what a set has into registers, one part after the other.
func (s *IPSet) load(directions []bool, withoutInterface bool) (program []Expr) {
	v6 := s.Family == FamilyIPv6
	at := Register(0)
	put := func(e Expr, words int) {
		program = append(program, e)
		at += Register(words)
	}
	for n, f := range s.fields {
		source := directions[n]
		switch f {
		case ipAddr, ipNet:
			p := address(v6, !source).(*Payload)
			p.Dest = at
			put(p, p.Len/4)
			if n == 0 && s.bitmask != nil {
				program = append(program, &Bitwise{Source: p.Dest, Dest: p.Dest, Len: p.Len, Mask: exactly(s.bitmask, p.Len), Xor: make([]byte, p.Len)})
			}
		case ipPort, ipPortAlone:
			p := destPort().(*Payload)
			if source {
				p = sourcePort().(*Payload)
			}
			p.Dest = at
			put(p, 1)
			if f == ipPort {
				put(&Meta{Key: MetaL4Proto, Dest: at, Source: NoRegister}, 1)
			}
		case ipInterface:
			key := uint32(MetaOIFName)
			if source {
				key = MetaIIFName
			}
			if !withoutInterface {
				put(&Meta{Key: key, Dest: at, Source: NoRegister}, 4)
			}
		case ipMark:
			put(&Meta{Key: MetaMark, Dest: at, Source: NoRegister}, 1)
			program = append(program, &Bitwise{Source: at - 1, Dest: at - 1, Len: 4, Mask: s.markBytes(), Xor: make([]byte, 4)})
		}
	}
	return program
}

// lowerSetTarget is what the SET target does: it adds to a set, or removes. That
// matters to rules behind it which ask for the same set.
func (r *Rule) lowerSetTarget(t *Target, i xtInfo) (program []Expr) {
	if t.Rev == 0 || t.Rev > 3 || i.short(8) {
		return []Expr{&Unknown{Name: t.Name, Ends: true}}
	}
	const none = 0xffff // IPSET_INVALID_ID
	for at := 0; at < 8; at += 4 {
		index := i.u16(at)
		if index == none {
			continue
		}
		if s := r.Chain.Table.IPSets[index]; s != nil {
			program = append(program, r.changeIPSet(s)...)
		}
	}
	if t.Rev == 3 && i.u16(8) != none { // --map-set: the set says which mark
		program = append(program, &Load{Name: "a mark of an ipset"}, &Meta{Key: MetaMark, Dest: NoRegister, Source: 0})
	}
	return program
}

// changeIPSet says that a set may be another one than it was, or the members of a
// list:set. Of sets that cannot be told nothing has to be said.
func (r *Rule) changeIPSet(s *IPSet) (program []Expr) {
	for _, name := range s.members {
		if member := r.Chain.Table.IPSets.named(name); member != nil && member.Type != "list:set" {
			program = append(program, r.changeIPSet(member)...)
		}
	}
	if s.Type == "list:set" || s.trouble != "" {
		return program
	}
	for _, l := range s.prepare() {
		for _, set := range []*Set{l.match, l.nomatch, l.stop} {
			program = append(program, &Dynset{Set: set, Name: s.Name})
		}
	}
	return program
}

// ipSetText is the options of a set match.
func (r *Rule) ipSetText(rev uint32, i xtInfo) string {
	m, ok := readIPSetMatch(rev, i)
	if !ok {
		return ""
	}
	text := notBefore(m.not) + "--match-set " + r.ipSetName(m.index)
	for n, source := range m.directions {
		separator, word := ",", "dst"
		if n == 0 {
			separator = " "
		}
		if source {
			word = "src"
		}
		text += separator + word
	}
	if m.returnNomatch {
		text += " --return-nomatch"
	}
	return text
}

func (r *Rule) ipSetName(index uint16) string {
	if s := r.Chain.Table.IPSets[index]; s != nil {
		return s.Name
	}
	return fmt.Sprintf("#%d", index)
}
