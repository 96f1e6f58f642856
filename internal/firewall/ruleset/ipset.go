package ruleset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"porthole/internal/netlink"
)

// IPSets is the sets of ipset that the set match and the SET target of iptables
// refer to, by the kernel's index; nil if they were not read.
type IPSets map[uint16]*IPSet

// IPSet is a set of ipset (linux/netfilter/ipset/ip_set.h).
type IPSet struct {
	Name   string
	Type   string // such as "hash:ip,port"
	Family Family // 0 for sets of both families
	Size   int    // how many entries it has

	entries []ipEntry
	members []string // of a list:set
	fields  []ipField
	trouble string // why it cannot be evaluated; "" if it can
	netmask int    // of the first field: how many bits count; 0 for all
	bitmask []byte // of the first field
	mark    uint32 // which bits of the mark count

	levels   []ipLevel // made of the entries when it is asked for
	prepared bool
}

// ipEntry is an entry as ranges of the fields of a key.
type ipEntry struct {
	low, high []byte
	nomatch   bool
	bits      [2]int // of networks: the lengths of their prefixes
}

// ipField is a part of what a set's entries have.
type ipField uint8

const (
	ipAddr      ipField = iota // an address
	ipNet                      // an address with a prefix
	ipPort                     // a port, and the protocol
	ipPortAlone                // a port of any protocol
	ipInterface                // the name of an interface
	ipMark                     // a mark
	ipEther                    // an address of a link: it cannot be told
)

// ipEntriesMost is up to how many entries of one set are kept.
const ipEntriesMost = 1 << 21

// ListIPSets is the request for all sets, and the type of its answers
// (NFNL_SUBSYS_IPSET and IPSET_CMD_LIST).
const ListIPSets = 6<<8 | 7

// ListIPSetsBody is the body of the request: the version of the protocol that
// tells the index of a set, since Linux 4.20.
func ListIPSetsBody() []byte {
	const protocol, version = 1, 7 // IPSET_ATTR_PROTOCOL
	return netlink.AppendAttribute(make([]byte, HeaderLen), protocol, []byte{version})
}

// UsesIPSets reports whether some rule refers to sets of ipset.
func (r *Ruleset) UsesIPSets() bool {
	for _, t := range r.Tables {
		for _, c := range t.Chains {
			for _, rule := range c.Rules {
				if slices.ContainsFunc(rule.Exprs, refersToIPSet) {
					return true
				}
			}
		}
	}
	return false
}

func refersToIPSet(e Expr) bool {
	switch e := e.(type) {
	case *Match:
		return e.Name == "set"
	case *Target:
		return e.Name == "SET"
	}
	return false
}

// AddIPSet takes a message of the answer to [ListIPSets]. The entries of one set may
// come in several.
func (b *Builder) AddIPSet(body []byte) error {
	if len(body) < HeaderLen {
		return fmt.Errorf("%w: %d bytes are no struct nfgenmsg", netlink.ErrShort, len(body))
	}
	a, err := read(body[HeaderLen:])
	if err != nil {
		return err
	}
	if b.rules.IPSets == nil {
		b.rules.IPSets = IPSets{}
		for _, t := range b.rules.Tables {
			t.IPSets = b.rules.IPSets
		}
	}
	if a.has(3) { // IPSET_ATTR_TYPENAME: the first message about a set
		b.ipset = &IPSet{Name: a.text(2), Type: a.text(3), Family: Family(a.number(5))}
		if err := b.ipset.head(a[7]); err != nil {
			return err
		}
		if a.has(11) { // IPSET_ATTR_INDEX, without which rules cannot be told which set they mean
			b.rules.IPSets[uint16(a.number(11))] = b.ipset
		}
	}
	s := b.ipset
	if s == nil || s.Name != a.text(2) {
		return fmt.Errorf("%w: entries of the ipset %q without its head", netlink.ErrShort, a.text(2))
	}
	return netlink.Attributes(a[8], func(_ uint16, data []byte) error { return s.add(data) })
}

// head reads what a set says of itself.
func (s *IPSet) head(data []byte) error {
	a, err := read(data)
	if err != nil {
		return err
	}
	fields := map[string]ipField{"ip": ipAddr, "net": ipNet, "port": ipPort, "iface": ipInterface, "mark": ipMark, "mac": ipEther}
	method, words, _ := strings.Cut(s.Type, ":")
	if s.Type == "list:set" {
		return nil
	}
	for word := range strings.SplitSeq(words, ",") {
		f, known := fields[word]
		if !known || method != "hash" && method != "bitmap" {
			s.trouble = "an ipset of type " + s.Type
		}
		if f == ipPort && method == "bitmap" {
			f = ipPortAlone
		}
		s.fields = append(s.fields, f)
	}
	s.netmask = int(a.number(20))
	s.mark = 1<<32 - 1
	if a.has(11) { // IPSET_ATTR_MARKMASK
		s.mark = uint32(a.number(11))
	}
	if a.has(12) { // IPSET_ATTR_BITMASK
		if s.bitmask, err = ipAddress(a[12]); err != nil {
			return err
		}
		if s.fields[0] != ipAddr {
			s.trouble = "an ipset of type " + s.Type + " with a bitmask"
		}
	}
	return nil
}

// ipAddress reads the address in an attribute of type IPSET_ATTR_IP.
func ipAddress(nest []byte) ([]byte, error) {
	const v4, v6 = 1, 2
	a, err := read(nest)
	if a.has(v4) {
		return a[v4], err
	}
	return a[v6], err
}

// add takes an entry (IPSET_ATTR_DATA).
func (s *IPSet) add(data []byte) error {
	a, err := read(data)
	if err != nil {
		return err
	}
	if s.Size++; s.Size > ipEntriesMost {
		s.entries, s.members, s.trouble = nil, nil, fmt.Sprintf("an ipset of more than %d entries", ipEntriesMost)
	}
	if s.trouble != "" {
		return nil
	}
	if s.Type == "list:set" {
		s.members = append(s.members, a.text(18)) // IPSET_ATTR_NAME
		return nil
	}
	const physdev, nomatch, wildcard = 1 << 1, 1 << 2, 1 << 7 // IPSET_FLAG_*
	flags := a.number(8)
	e := ipEntry{nomatch: flags&nomatch != 0}
	nth := 0 // of addresses
	for _, f := range s.fields {
		switch f {
		case ipAddr, ipNet:
			if err := s.addAddress(&e, &a, f, nth); err != nil {
				return err
			}
			nth++
		case ipPort:
			key := append(padded(a[4], 2), padded(a[7], 1)...)
			e.low, e.high = append(e.low, key...), append(e.high, key...)
		case ipPortAlone:
			e.low, e.high = exactly(a[4], 2), exactly(a[4], 2)
		case ipInterface:
			if flags&physdev != 0 {
				s.trouble = "an ipset with ports of bridges"
			}
			e.addInterface(a.text(23), flags&wildcard != 0)
		case ipMark:
			mark := word(uint32(a.number(10)))
			e.low, e.high = append(e.low, mark...), append(e.high, mark...)
		}
	}
	s.entries = append(s.entries, e)
	return nil
}

// addAddress adds the first or the second address of an entry.
func (s *IPSet) addAddress(e *ipEntry, a *attributes, f ipField, nth int) error {
	addr, cidr := uint16(1), uint16(3) // IPSET_ATTR_IP, IPSET_ATTR_CIDR
	if nth == 1 {
		addr, cidr = 20, 21
	}
	b, err := ipAddress(a[addr])
	if err != nil {
		return err
	}
	b = exactly(b, s.addrLen())
	bits := len(b) * 8
	switch {
	case f == ipNet && a.has(cidr):
		bits = min(int(a.number(cidr)), bits)
	case nth == 0 && s.netmask > 0:
		bits = min(s.netmask, bits)
	}
	if f == ipNet && nth < len(e.bits) {
		e.bits[nth] = bits
	}
	first, last := prefixEnds(b, bits)
	e.low, e.high = append(e.low, first...), append(e.high, last...)
	return nil
}

func (s *IPSet) addrLen() int {
	if s.Family == FamilyIPv6 {
		return 16
	}
	return 4
}

func (e *ipEntry) addInterface(name string, wildcard bool) {
	low := exactly([]byte(name), 16)
	high := bytes.Clone(low)
	if wildcard {
		for i := min(len(name), len(high)); i < len(high); i++ {
			high[i] = 0xff
		}
	}
	e.low, e.high = append(e.low, low...), append(e.high, high...)
}

// exactly is the bytes as so many: cut, or filled up with zeros.
func exactly(b []byte, n int) []byte {
	out := make([]byte, n)
	copy(out, b)
	return out
}

// padded is n bytes, filled up to 4 as the parts of keys are.
func padded(b []byte, n int) []byte { return exactly(exactly(b, n), 4) }

// prefixEnds gives the first and the last address of a prefix.
func prefixEnds(b []byte, bits int) (first, last []byte) {
	first, last = bytes.Clone(b), bytes.Clone(b)
	for i := range b {
		host := byte(0xff)
		if kept := bits - 8*i; kept >= 8 {
			host = 0
		} else if kept > 0 {
			host = 0xff >> kept
		}
		first[i] &^= host
		last[i] |= host
	}
	return first, last
}

// dimension is how many directions a match has to give for a set.
func (s *IPSet) dimension() int { return max(len(s.fields), 1) }

// named finds a member of a list:set.
func (sets IPSets) named(name string) *IPSet {
	for _, s := range sets {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// ipLevel is the entries with prefixes of some lengths. A packet that meets one of
// stop meets no entry of the levels behind it.
type ipLevel struct{ match, nomatch, stop *Set }

// prepare puts the entries into levels, those with the longest prefixes first, as
// the kernel looks for them. Levels that stop nothing are one.
func (s *IPSet) prepare() []ipLevel {
	if s.prepared {
		return s.levels
	}
	s.prepared = true
	slices.SortStableFunc(s.entries, func(a, b ipEntry) int { return slices.Compare(b.bits[:], a.bits[:]) })
	at := slices.Index(s.fields, ipInterface)
	newSet := func(without bool) *Set {
		n := &Set{Name: s.Name, Flags: SetEval} // SET targets may add to it
		n.Fields, n.KeyLen = s.layout(without)
		return n
	}
	for i, e := range s.entries {
		fresh := i == 0
		if !fresh && e.bits != s.entries[i-1].bits {
			fresh = len(s.levels[len(s.levels)-1].stop.Elements) > 0
		}
		if fresh {
			s.levels = append(s.levels, ipLevel{newSet(false), newSet(false), newSet(at >= 0)})
		}
		l := &s.levels[len(s.levels)-1]
		one := Element{Key: e.low, Last: e.high}
		if e.nomatch {
			l.nomatch.Elements = append(l.nomatch.Elements, one)
		} else {
			l.match.Elements = append(l.match.Elements, one)
		}
		switch {
		case at >= 0: // a network is looked up once, whatever its interfaces are
			l.stop.Elements = append(l.stop.Elements, Element{Key: e.low[:s.addrLen()], Last: e.high[:s.addrLen()]})
		case e.nomatch:
			l.stop.Elements = append(l.stop.Elements, one)
		}
	}
	if len(s.levels) == 0 { // for what rules may add
		s.levels = []ipLevel{{newSet(false), newSet(false), newSet(at >= 0)}}
	}
	s.entries = nil
	return s.levels
}

// layout is the lengths of the fields of a key, and of all of it.
func (s *IPSet) layout(withoutInterface bool) (fields []int, total int) {
	for _, f := range s.fields {
		switch f {
		case ipAddr, ipNet:
			fields = append(fields, s.addrLen())
		case ipPort:
			fields = append(fields, 2, 1)
		case ipPortAlone:
			return nil, 2
		case ipMark:
			fields = append(fields, 4)
		case ipInterface:
			if !withoutInterface {
				fields = append(fields, 16)
			}
		}
	}
	for _, n := range fields {
		total += (n + 3) &^ 3
	}
	return fields, total
}

// markBytes is the bits of the mark that count.
func (s *IPSet) markBytes() []byte { return binary.NativeEndian.AppendUint32(nil, s.mark) }
