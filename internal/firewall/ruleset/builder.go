package ruleset

import (
	"bytes"
	"fmt"
	"slices"

	"porthole/internal/netlink"
)

// Builder puts a [Ruleset] together from what the kernel tells. Tables come
// first, then sets, their elements and objects, then chains, then rules: each
// refers to those before.
//
// The bytes that it is given must not change afterwards; it keeps parts of
// them.
type Builder struct {
	rules Ruleset
	byKey map[tableKey]*Table
	ipset *IPSet // that entries come of
}

type tableKey struct {
	family Family
	name   string
}

// Ruleset returns what has been put together.
func (b *Builder) Ruleset() *Ruleset { return &b.rules }

// Messages of nfnetlink: the subsystem NFNL_SUBSYS_NFTABLES and one of enum
// nf_tables_msg_types.
const (
	subsystem = 10 << 8

	GetTable    = subsystem | 1
	GetChain    = subsystem | 4
	GetRule     = subsystem | 7
	GetSet      = subsystem | 10
	GetElements = subsystem | 13
	GetObject   = subsystem | 19

	newTable    = subsystem
	newChain    = subsystem | 3
	newRule     = subsystem | 6
	newSet      = subsystem | 9
	newElements = subsystem | 12
	newObject   = subsystem | 18
)

// HeaderLen is the length of struct nfgenmsg, which is before the attributes of
// each message.
const HeaderLen = 4

// Add takes a message of the answer to one of the Get requests. Messages that
// are about something else are passed over.
func (b *Builder) Add(kind uint16, body []byte) error {
	if len(body) < HeaderLen {
		return fmt.Errorf("%w: %d bytes are no struct nfgenmsg", netlink.ErrShort, len(body))
	}
	family := Family(body[0])
	a, err := read(body[HeaderLen:])
	if err != nil {
		return err
	}
	switch kind {
	case newTable:
		b.table(tableKey{family, a.text(1)}).Dormant = a.number(2)&1 != 0
	case newSet:
		return b.addSet(family, &a)
	case newElements:
		return b.addElements(family, &a)
	case newObject:
		return b.addObject(family, &a)
	case newChain:
		return b.addChain(family, &a)
	case newRule:
		return b.addRule(family, &a)
	}
	return nil
}

// table finds one, or makes it.
func (b *Builder) table(key tableKey) *Table {
	if t := b.byKey[key]; t != nil {
		return t
	}
	t := NewTable(key.family, key.name)
	if b.byKey == nil {
		b.byKey = map[tableKey]*Table{}
	}
	b.byKey[key] = t
	b.rules.Tables = append(b.rules.Tables, t)
	return t
}

// set finds one that a rule refers to; nil if it was not told of.
func (b *Builder) set(t *Table, name string) *Set {
	if t == nil {
		return nil
	}
	return t.Sets[name]
}

// addSet takes one without its elements (enum nft_set_attributes).
func (b *Builder) addSet(family Family, a *attributes) error {
	const verdicts = 0xffffff00 // NFT_DATA_VERDICT
	s := &Set{Name: a.text(2), Flags: uint32(a.number(3)), KeyType: uint32(a.number(4)), KeyLen: a.small(5), userdata: a[13]}
	s.DataType = uint32(a.number(6))
	if s.Verdicts = s.DataType == verdicts; !s.Verdicts {
		s.DataLen = a.small(7)
	}
	s.ObjType = uint32(a.number(15))
	if a.has(9) { // NFTA_SET_DESC
		desc, err := read(a[9])
		if err != nil {
			return err
		}
		err = netlink.Attributes(desc[2], func(_ uint16, field []byte) error { // NFTA_SET_DESC_CONCAT
			f, err := read(field)
			s.Fields = append(s.Fields, f.small(1))
			return err
		})
		if err != nil {
			return err
		}
	}
	b.table(tableKey{family, a.text(1)}).Sets[s.Name] = s
	return nil
}

// Sets calls f for each set whose elements are to be asked for. Body is that of
// the request.
func (b *Builder) Sets(f func(body []byte) error) error {
	for _, t := range b.rules.Tables {
		names := make([]string, 0, len(t.Sets))
		for name := range t.Sets {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			body := append([]byte{byte(t.Family), 0, 0, 0}, textAttribute(1, t.Name)...)
			if err := f(append(body, textAttribute(2, name)...)); err != nil {
				return err
			}
		}
	}
	return nil
}

// addElements takes a part of those of a set (enum
// nft_set_elem_list_attributes).
func (b *Builder) addElements(family Family, a *attributes) error {
	t := b.table(tableKey{family, a.text(1)})
	s := t.Sets[a.text(2)]
	if s == nil {
		return nil
	}
	return netlink.Attributes(a[3], func(_ uint16, item []byte) error {
		e, err := b.element(t, item)
		if err == nil && (e.Key != nil || e.CatchAll) {
			s.Elements = append(s.Elements, e)
		}
		return err
	})
}

// element reads one (enum nft_set_elem_attributes).
func (b *Builder) element(t *Table, item []byte) (e Element, err error) {
	a, err := read(item)
	if err != nil {
		return e, err
	}
	if e.Key, err = a.bytes(1); err != nil {
		return e, err
	}
	if e.Data, e.Verdict, err = a.value(2); err != nil {
		return e, err
	}
	const end, catchAll = 1, 2
	if a.number(3)&end != 0 {
		e.Last = []byte{} // as isEnd wants it
	}
	e.CatchAll = a.number(3)&catchAll != 0
	e.Object = a.text(9)
	if a.has(10) { // NFTA_SET_ELEM_KEY_END
		if e.Last, err = a.bytes(10); err != nil {
			return e, err
		}
	}
	switch {
	case a.has(11): // NFTA_SET_ELEM_EXPRESSIONS
		e.Exprs, err = b.expressions(t, a[11], 1)
	case a.has(7):
		var one Expr
		one, err = b.expression(t, a[7], 1)
		e.Exprs = []Expr{one}
	}
	return e, err
}

// addObject takes a named object (enum nft_object_attributes).
func (b *Builder) addObject(family Family, a *attributes) error {
	data, err := read(a[4])
	if err != nil {
		return err
	}
	o := &Object{Key: ObjectKey{uint32(a.number(3)), a.text(2)}}
	switch o.Key.Type {
	case 2:
		o.Expr = decodeQuota(&data)
	case 4:
		o.Expr = decodeLimit(&data)
	case 5:
		o.Expr = decodeConnlimit(&data)
	case 1, 3, 6, 7, 8, 9: // counter, helper, tunnel, timeout, secmark, expectation
		o.Expr = &Note{Name: "object"}
	default: // synproxy
		o.Expr = &Unknown{Name: "object " + o.Key.Name, Ends: true}
	}
	b.table(tableKey{family, a.text(1)}).Objects[o.Key] = o
	return nil
}

// addChain takes one without its rules (enum nft_chain_attributes).
func (b *Builder) addChain(family Family, a *attributes) error {
	t := b.table(tableKey{family, a.text(1)})
	c := &Chain{Table: t, Handle: a.number(2), Name: a.text(3)}
	if a.has(4) {
		base, err := readBase(family, a)
		if err != nil {
			return err
		}
		c.Base = base
	}
	t.AddChain(c)
	return nil
}

// NewTable makes a table without chains.
func NewTable(family Family, name string) *Table {
	return &Table{Family: family, Name: name, Sets: map[string]*Set{}, Objects: map[ObjectKey]*Object{}, chains: map[string]*Chain{}}
}

// AddChain adds a chain.
func (t *Table) AddChain(c *Chain) {
	t.Chains = append(t.Chains, c)
	t.chains[c.Name] = c
}

func readBase(family Family, a *attributes) (*Base, error) {
	h, err := read(a[4]) // NFTA_CHAIN_HOOK
	if err != nil {
		return nil, err
	}
	const drop = 0
	base := &Base{Hook: Hook(h.number(1)), Priority: int32(uint32(h.number(2))), Type: a.text(7), Drop: a.has(5) && a.number(5) == drop}
	if family == FamilyNetdev {
		base.Hook += HookIngress // NF_NETDEV_INGRESS is 0, NF_NETDEV_EGRESS 1
	}
	if h.has(3) {
		base.Devices = []string{h.text(3)}
	}
	err = netlink.Attributes(h[4], func(_ uint16, device []byte) error {
		base.Devices = append(base.Devices, netlink.Text(device))
		return nil
	})
	return base, err
}

// addRule takes a rule (enum nft_rule_attributes).
func (b *Builder) addRule(family Family, a *attributes) error {
	t := b.table(tableKey{family, a.text(1)})
	c := t.chains[a.text(2)]
	if c == nil {
		return nil
	}
	exprs, err := b.expressions(t, a[4], 0)
	if err != nil {
		return fmt.Errorf("rule %d of %s: %w", a.number(3), c, err)
	}
	c.Rules = append(c.Rules, &Rule{Chain: c, Handle: a.number(3), Exprs: exprs, Comment: comment(a[7])})
	return nil
}

// comment reads that of a rule: nft keeps it in the user's data as a type, a
// length and a string.
func comment(userdata []byte) string {
	for len(userdata) >= 2 {
		kind, size := userdata[0], int(userdata[1])
		if size > len(userdata)-2 {
			return ""
		}
		if kind == 0 {
			return netlink.Text(userdata[2 : 2+size])
		}
		userdata = userdata[2+size:]
	}
	return ""
}

// Finish joins the boundaries of ranges in sets. It is to be called once, when
// all elements have been added.
func (b *Builder) Finish() {
	for _, t := range b.rules.Tables {
		for _, s := range t.Sets {
			s.Elements = joinRanges(s.Elements)
		}
	}
}

// isEnd tells an element that only marks where a range ends: its Key is no longer in
// the range.
func isEnd(e Element) bool { return e.Last != nil && len(e.Last) == 0 }

// joinRanges makes ranges of the elements of a set of ranges, which has one for
// each beginning and one for each end.
func joinRanges(all []Element) []Element {
	if !slices.ContainsFunc(all, isEnd) {
		return all
	}
	slices.SortStableFunc(all, func(a, b Element) int {
		order := bytes.Compare(a.Key, b.Key)
		if order == 0 && isEnd(a) != isEnd(b) { // one ends where the next begins
			if isEnd(a) {
				return -1
			}
			return 1
		}
		return order
	})
	var joined []Element
	for i, e := range all {
		if isEnd(e) {
			continue
		}
		if !e.CatchAll {
			e.Last = bytes.Repeat([]byte{0xff}, len(e.Key))
			if i+1 < len(all) {
				e.Last = before(all[i+1].Key)
			}
		}
		joined = append(joined, e)
	}
	return joined
}

// before is the number just below one in network order.
func before(n []byte) []byte {
	n = bytes.Clone(n)
	for i := len(n) - 1; i >= 0; i-- {
		n[i]--
		if n[i] != 0xff {
			break
		}
	}
	return n
}

// textAttribute makes an attribute of a C string.
func textAttribute(kind uint16, value string) []byte {
	return netlink.AppendText(nil, kind, value)
}
