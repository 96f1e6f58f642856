// Package ruleset is a model of the Linux kernel's firewall rules: tables,
// chains, rules with their expressions, sets and objects, as nftables has them.
// The rules of iptables-nft are in it as they are, those of iptables-legacy are
// put into the same terms, and so are the sets of ipset that they refer to.
//
// It is pure. A [Builder] takes the messages of nfnetlink
// (linux/netfilter/nf_tables.h) and the entries of ip_tables
// (linux/netfilter_ipv4/ip_tables.h), and gives a [Ruleset]. [Rule.Program] is
// what a rule does, with the matches and targets of iptables put into the terms
// of nftables; [Rule.String] is its text, as nft or iptables-save print it.
//
// What is not known is kept as [Unknown], never dropped: a rule with it can be
// told from one without.
package ruleset

import (
	"fmt"
	"slices"
	"strconv"
)

// Family is a protocol family of netfilter (NFPROTO_* in linux/netfilter.h).
type Family uint8

// The families that have tables.
const (
	FamilyInet   Family = 1
	FamilyIPv4   Family = 2
	FamilyARP    Family = 3
	FamilyNetdev Family = 5
	FamilyBridge Family = 7
	FamilyIPv6   Family = 10
)

// String gives nft's name.
func (f Family) String() string {
	switch f {
	case FamilyInet:
		return "inet"
	case FamilyIPv4:
		return "ip"
	case FamilyARP:
		return "arp"
	case FamilyNetdev:
		return "netdev"
	case FamilyBridge:
		return "bridge"
	case FamilyIPv6:
		return "ip6"
	default:
		return "family " + strconv.Itoa(int(f))
	}
}

// Hook is a place where base chains see packets.
type Hook uint8

// The hooks of ip, ip6, inet and bridge (enum nf_inet_hooks). Netdev tables
// have numbers of their own, which are put into these.
const (
	HookPrerouting Hook = iota
	HookInput
	HookForward
	HookOutput
	HookPostrouting
	HookIngress
	HookEgress
)

// String gives nft's name.
func (h Hook) String() string {
	names := [...]string{"prerouting", "input", "forward", "output", "postrouting", "ingress", "egress"}
	if int(h) < len(names) {
		return names[h]
	}
	return "hook " + strconv.Itoa(int(h))
}

// Ruleset is all rules of one network namespace.
type Ruleset struct {
	Tables []*Table // in the kernel's order, those of iptables-legacy at the end
	IPSets IPSets   // as far as tables refer to them
}

// Empty reports whether there is no table.
func (r *Ruleset) Empty() bool { return r == nil || len(r.Tables) == 0 }

// Labels reports whether some rule gives packets the labels of a security module.
func (r *Ruleset) Labels() bool {
	const secmark = 8 // NFT_OBJECT_SECMARK
	labels := func(e Expr) bool {
		switch e := e.(type) {
		case *Target:
			return e.Name == "SECMARK" || e.Name == "CONNSECMARK"
		case *Meta:
			return e.Key == MetaSecMark && e.Source != NoRegister
		case *Objref:
			return e.Type == secmark || e.Set != nil && e.Set.ObjType == secmark
		}
		return false
	}
	for _, t := range r.Tables {
		for _, c := range t.Chains {
			for _, rule := range c.Rules {
				if slices.ContainsFunc(rule.Exprs, labels) {
					return true
				}
			}
		}
	}
	return false
}

// Table is a table of nftables, or one of iptables-legacy.
type Table struct {
	Family  Family
	Name    string
	Dormant bool // its chains see no packets
	Legacy  bool // of iptables-legacy or ip6tables-legacy
	Chains  []*Chain
	Sets    map[string]*Set
	Objects map[ObjectKey]*Object
	IPSets  IPSets // of the namespace: tables share them
	chains  map[string]*Chain
}

// Chain finds one by its name; nil if there is none.
func (t *Table) Chain(name string) *Chain { return t.chains[name] }

// Without is the table without some of its base chains.
func (t *Table) Without(drop func(*Chain) bool) *Table {
	other := *t
	other.Chains = slices.DeleteFunc(slices.Clone(t.Chains), drop)
	return &other
}

// Chain is a list of rules.
type Chain struct {
	Table  *Table
	Name   string
	Handle uint64 // 0 for iptables-legacy
	Base   *Base  // nil for one that is only jumped to
	Rules  []*Rule
}

// String gives what nft calls it, such as "inet filter input".
func (c *Chain) String() string {
	return fmt.Sprintf("%s %s %s", c.Table.Family, c.Table.Name, c.Name)
}

// Base says where a base chain sees packets.
type Base struct {
	Hook     Hook
	Priority int32
	Type     string   // "filter", "nat" or "route"
	Devices  []string // of ingress and egress
	Drop     bool     // policy drop; else accept
}

// Rule is a rule.
type Rule struct {
	Chain   *Chain
	Handle  uint64 // of iptables-legacy: the number in its chain, from 1
	Exprs   []Expr
	Comment string

	program []Expr
	lowered bool
}

// Object is a named object of a table: a counter, quota, limit and so on. Expr
// says what a rule that refers to it does.
type Object struct {
	Key  ObjectKey
	Expr Expr
}

// ObjectKey names an object in its table. Type is one of NFT_OBJECT_*.
type ObjectKey struct {
	Type uint32
	Name string
}

// Set is a set, or a map if DataLen is not 0 or Verdicts is true.
type Set struct {
	Name     string
	Flags    uint32 // NFT_SET_*
	KeyType  uint32 // nft's own number, for text
	KeyLen   int    // in bytes
	Fields   []int  // of a concatenation: the length of each part, in bytes; may be nil
	DataType uint32
	DataLen  int
	Verdicts bool
	ObjType  uint32 // of a map to objects, else 0
	Written  bool   // some rule adds to it or removes from it
	Elements []Element

	userdata []byte
}

// Flags of sets (enum nft_set_flags).
const (
	SetAnonymous = 0x1
	SetInterval  = 0x4
	SetMap       = 0x8
	SetTimeout   = 0x10
	SetEval      = 0x20
	SetObject    = 0x40
)

// Anonymous reports whether a set belongs to one rule and has no name of a
// user's.
func (s *Set) Anonymous() bool { return s.Flags&SetAnonymous != 0 }

// IsMap reports whether elements have values.
func (s *Set) IsMap() bool { return s.Flags&SetMap != 0 }

// Element is one of a set.
type Element struct {
	Key      []byte // nil for the catch-all element
	Last     []byte // the end of a range, included; nil for a single key
	CatchAll bool
	Data     []byte   // of a map
	Verdict  *Verdict // of a map to verdicts
	Object   string   // of a map to objects
	Exprs    []Expr   // run when the element is met
}
