// Package netlink talks to the Linux kernel by netlink(7), for any of its
// families: sock_diag, rtnetlink, nfnetlink, generic netlink.
//
// Start with [Dial], then [Conn.Dump] for a table and [Conn.Do] for a single
// answer. A table that may change while it is read is read by [Retry]:
//
//	conn, err := netlink.Dial(netlink.Netfilter)
//	...
//	err = netlink.Retry(func() error {
//		rules = rules[:0]
//		return conn.Dump(ctx, request, func(m netlink.Message) error { ... })
//	})
//
// Below the connection is the codec, without system calls: [Next] takes
// messages off a datagram, [Attributes] walks their attributes, and
// [AppendAttribute] and its kin write them. The formats are those of
// linux/netlink.h. Integers are in the byte order of the machine unless a
// family says otherwise (nfnetlink's are in network order).
//
// Package netlinktest puts a function in the kernel's place.
package netlink

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Sizes and numbers of linux/netlink.h.
const (
	HeaderLen    = 16 // struct nlmsghdr
	AttributeLen = 4  // struct nlattr

	TypeNoop    = 1
	TypeError   = 2
	TypeDone    = 3
	TypeOverrun = 4

	FlagRequest     = 0x001
	FlagMulti       = 0x002
	FlagAck         = 0x004
	FlagInterrupted = 0x010 // the table changed while it was dumped
	FlagDump        = 0x300

	FlagNested = 1 << 15 // of an attribute's type: its value is attributes

	align        = 4      // NLMSG_ALIGNTO, NLA_ALIGNTO
	attrTypeMask = 0x3fff // NLA_TYPE_MASK: without NLA_F_NESTED and NLA_F_NET_BYTEORDER
)

// ErrShort is for a datagram that ends inside a message.
var ErrShort = errors.New("netlink message cut off")

// Message is one message of a datagram.
type Message struct {
	Type, Flags uint16
	Seq         uint32 // of the request that it answers
	Body        []byte
}

// Append adds the message to b, padded to where the next one begins.
func (m Message) Append(b []byte) []byte {
	order := binary.NativeEndian
	b = order.AppendUint32(b, uint32(HeaderLen+len(m.Body)))
	b = order.AppendUint16(b, m.Type)
	b = order.AppendUint16(b, m.Flags)
	b = order.AppendUint32(b, m.Seq)
	b = order.AppendUint32(b, 0) // the port, which the kernel fills in
	return pad(append(b, m.Body...), len(m.Body))
}

// Next takes the first message off a datagram that is not empty. The error is
// [ErrShort].
func Next(datagram []byte) (m Message, rest []byte, err error) {
	order := binary.NativeEndian
	if len(datagram) < HeaderLen {
		return m, nil, ErrShort
	}
	size := order.Uint32(datagram)
	if size < HeaderLen || uint64(size) > uint64(len(datagram)) {
		return m, nil, fmt.Errorf("%w: length %d in %d bytes", ErrShort, size, len(datagram))
	}
	m = Message{order.Uint16(datagram[4:]), order.Uint16(datagram[6:]), order.Uint32(datagram[8:]), datagram[HeaderLen:size]}
	return m, datagram[min(aligned(int(size)), len(datagram)):], nil
}

// Attributes calls f for each of a run of struct nlattr; kind is the
// attribute's type without its flags. The error is [ErrShort], or that of f,
// which ends the run.
func Attributes(b []byte, f func(kind uint16, value []byte) error) error {
	order := binary.NativeEndian
	for len(b) > 0 {
		if len(b) < AttributeLen {
			return fmt.Errorf("%w: %d bytes are no attribute", ErrShort, len(b))
		}
		size := int(order.Uint16(b))
		if size < AttributeLen || size > len(b) {
			return fmt.Errorf("%w: attribute of %d in %d bytes", ErrShort, size, len(b))
		}
		if err := f(order.Uint16(b[2:])&attrTypeMask, b[AttributeLen:size]); err != nil {
			return err
		}
		b = b[min(aligned(size), len(b)):]
	}
	return nil
}

// AppendAttribute adds one attribute to b, padded to where the next one begins.
// Attributes nest: value may be a run of them, with [FlagNested] set in kind
// where the family wants it.
func AppendAttribute(b []byte, kind uint16, value []byte) []byte {
	b = binary.NativeEndian.AppendUint16(b, uint16(AttributeLen+len(value)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	return pad(append(b, value...), len(value))
}

// AppendText adds an attribute whose value is a C string.
func AppendText(b []byte, kind uint16, text string) []byte {
	return AppendAttribute(b, kind, append([]byte(text), 0))
}

// Text reads a C string, which may lack its end.
func Text(b []byte) string {
	text, _, _ := bytes.Cut(b, []byte{0})
	return string(text)
}

// pad adds zeros behind a body of that length.
func pad(b []byte, length int) []byte {
	return append(b, make([]byte, aligned(length)-length)...)
}

// aligned is n up to where the next message or attribute begins.
func aligned(n int) int { return (n + align - 1) &^ (align - 1) }
