package natrules

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"porthole/internal/netlink"
)

// ErrUnavailable says that this system has no nftables, or does not tell this
// user of it: that takes CAP_NET_ADMIN.
var ErrUnavailable = errors.New("the kernel's NAT rules are not to be had")

// Numbers of linux/netfilter/nfnetlink.h and linux/netfilter/nf_tables.h.
const (
	familyLen = 4 // struct nfgenmsg

	subsystem   = 10 << 8 // NFNL_SUBSYS_NFTABLES
	newRule     = subsystem | 6
	getRule     = subsystem | 7
	newElements = subsystem | 12
	getElements = subsystem | 13
)

// Read tells the rules of the calling thread's network namespace. What is not
// understood is left out: rules for a part of the addresses, those that spread
// over several targets, and what is asked before a jump leads to a rule. The
// error is [ErrUnavailable] with the reason behind it, or tells of an answer
// that is malformed.
func Read(ctx context.Context) ([]Rule, error) {
	c, err := netlink.Dial(netlink.Netfilter)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer c.Close()
	return reader{c}.read(ctx)
}

// reader asks nftables.
type reader struct{ conn *netlink.Conn }

// found is a rule that may lead somewhere.
type found struct {
	family      uint8
	table       string
	expressions []byte
}

// read reads the rules again if they change meanwhile.
func (r reader) read(ctx context.Context) (rules []Rule, err error) {
	err = netlink.Retry(func() (err error) {
		rules, err = r.rules(ctx)
		return err
	})
	var refusal netlink.Error
	if errors.As(err, &refusal) {
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if err != nil {
		return nil, err
	}
	return rules, nil
}

func (r reader) rules(ctx context.Context) ([]Rule, error) {
	var candidates []found
	err := r.dump(ctx, getRule, newRule, 0, nil, func(family uint8, f fields) error {
		const table, expressions = 1, 4 // enum nft_rule_attributes
		if leads(f[expressions]) {
			candidates = append(candidates, found{family, f.text(table), slices.Clone(f[expressions])})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var rules []Rule
	for _, c := range candidates {
		more, err := interpret(c.expressions, func(set string) ([]element, error) {
			return r.elements(ctx, c.family, c.table, set)
		})
		if err != nil {
			return nil, err
		}
		rules = append(rules, more...)
	}
	return rules, nil
}

// elements asks for those of a set.
func (r reader) elements(ctx context.Context, family uint8, table, set string) (all []element, err error) {
	const listTable, listSet, listElements = 1, 2, 3 // enum nft_set_elem_list_attributes
	which := netlink.AppendText(netlink.AppendText(nil, listTable, table), listSet, set)
	err = r.dump(ctx, getElements, newElements, family, which, func(_ uint8, f fields) (err error) {
		all, err = readElements(f[listElements], all)
		return err
	})
	return joinIntervals(all), err
}

// dump calls f for each answer of one type, with the address family of its
// table and its attributes.
func (r reader) dump(ctx context.Context, ask, answer uint16, family uint8, attributes []byte, f func(family uint8, f fields) error) error {
	request := netlink.Request{Type: ask, Body: append([]byte{family, 0, 0, 0}, attributes...)}
	return r.conn.Dump(ctx, request, func(m netlink.Message) error {
		if m.Type != answer {
			return nil
		}
		if len(m.Body) < familyLen {
			return netlink.ErrShort
		}
		attributes, err := readFields(m.Body[familyLen:])
		if err != nil {
			return err
		}
		return f(m.Body[0], attributes)
	})
}
