// Package natrules reads from the Linux kernel where nftables leads incoming
// connections to: the DNAT rules by which container runtimes publish ports.
// iptables-nft writes the same rules in its own terms, which are read too.
//
// Start with [Read]. Below it is the codec, without system calls: visit parts
// the messages (linux/netfilter/nfnetlink.h, linux/netfilter/nf_tables.h), and
// interpret says what a rule does.
package natrules

import (
	"encoding/binary"
	"errors"
	"syscall"

	"porthole/internal/netlink"
)

// ErrUnavailable says that this system has no nftables, or does not tell this
// user of it: that takes CAP_NET_ADMIN.
var ErrUnavailable = errors.New("the kernel's NAT rules are not to be had")

// Sizes and numbers of linux/netfilter/nfnetlink.h and
// linux/netfilter/nf_tables.h.
const (
	familyLen = 4 // struct nfgenmsg

	subsystem   = 10 << 8 // NFNL_SUBSYS_NFTABLES
	newRule     = subsystem | 6
	getRule     = subsystem | 7
	newElements = subsystem | 12
	getElements = subsystem | 13
)

// errInterrupted says that the rules changed while they were dumped.
var errInterrupted = errors.New("the kernel's rules changed while they were read")

// request asks for a dump; attributes are a run of struct nlattr.
func request(kind uint16, family uint8, seq uint32, attributes []byte) []byte {
	order := binary.NativeEndian
	b := order.AppendUint32(nil, uint32(netlink.HeaderLen+familyLen+len(attributes)))
	b = order.AppendUint16(b, kind)
	b = order.AppendUint16(b, netlink.FlagRequest|netlink.FlagDump)
	b = order.AppendUint32(b, seq)
	b = order.AppendUint32(b, 0)
	b = append(b, family, 0, 0, 0)
	return append(b, attributes...)
}

// text makes an attribute of a C string.
func text(kind uint16, value string) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(netlink.AttrLen+len(value)+1))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(append(b, value...), 0)
	return append(b, make([]byte, netlink.Aligned(len(b))-len(b))...)
}

// visit calls see for each message of the kind in one datagram, with the
// family of its table and its attributes, and reports whether the dump ends.
// The error is a syscall.Errno that the kernel answered with, errInterrupted,
// or tells of a malformed message.
func visit(datagram []byte, seq uint32, kind uint16, see func(family uint8, attributes []byte) error) (done bool, err error) {
	for len(datagram) > 0 {
		m, rest, err := netlink.Next(datagram)
		if err != nil {
			return false, err
		}
		datagram = rest
		switch {
		case m.Seq != seq:
			continue
		case m.Flags&netlink.FlagInterrupted != 0:
			return false, errInterrupted
		case m.Type == netlink.TypeDone, m.Type == netlink.TypeError:
			return true, endOf(m.Body)
		case m.Type != kind:
			continue
		case len(m.Body) < familyLen:
			return false, netlink.ErrShort
		}
		if err := see(m.Body[0], m.Body[familyLen:]); err != nil {
			return false, err
		}
	}
	return false, nil
}

// endOf reads how a dump ended: an errno, negative or zero.
func endOf(body []byte) error {
	if len(body) < 4 {
		return nil
	}
	number := int32(binary.NativeEndian.Uint32(body))
	if number >= 0 || number < -4095 { // MAX_ERRNO of linux/err.h
		return nil
	}
	return syscall.Errno(-number)
}

// fields are the attributes of one level by kind; of those that repeat, the last.
type fields map[uint16][]byte

func readFields(b []byte) (fields, error) {
	f := make(fields)
	return f, netlink.Attributes(b, func(kind uint16, value []byte) error {
		f[kind] = value
		return nil
	})
}

// number is a 32-bit field in network order, as nftables has them; ok is false
// without it.
func (f fields) number(kind uint16) (n uint32, ok bool) {
	if b := f[kind]; len(b) == 4 {
		return binary.BigEndian.Uint32(b), true
	}
	return 0, false
}

func (f fields) text(kind uint16) string { return netlink.Text(f[kind]) }

// value is the bytes in a nested NFTA_DATA_VALUE; nil for a verdict.
func (f fields) value(kind uint16) []byte {
	nested, err := readFields(f[kind])
	if err != nil {
		return nil
	}
	return nested[1]
}
