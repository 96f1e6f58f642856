// Package netlink parts datagrams from the Linux kernel into messages, and these
// into attributes (linux/netlink.h). It makes no system calls.
package netlink

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Sizes and numbers of linux/netlink.h.
const (
	HeaderLen = 16 // struct nlmsghdr
	AttrLen   = 4  // struct nlattr

	TypeNoop  = 1
	TypeError = 2
	TypeDone  = 3

	FlagRequest     = 0x001
	FlagInterrupted = 0x010 // the table changed while it was dumped
	FlagDump        = 0x300

	align        = 4      // NLMSG_ALIGNTO, NLA_ALIGNTO
	attrTypeMask = 0x3fff // NLA_TYPE_MASK: without NLA_F_NESTED and NLA_F_NET_BYTEORDER
)

// ErrShort is for a datagram that ends inside a message.
var ErrShort = errors.New("netlink message cut off")

// Message is one of a datagram.
type Message struct {
	Type, Flags uint16
	Seq         uint32 // of the request that it answers
	Body        []byte
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
	return m, datagram[min(Aligned(int(size)), len(datagram)):], nil
}

// Attributes walks a run of struct nlattr. The error is [ErrShort], or take's.
func Attributes(b []byte, take func(kind uint16, value []byte) error) error {
	order := binary.NativeEndian
	for len(b) > 0 {
		if len(b) < AttrLen {
			return fmt.Errorf("%w: %d bytes are no attribute", ErrShort, len(b))
		}
		size := int(order.Uint16(b))
		if size < AttrLen || size > len(b) {
			return fmt.Errorf("%w: attribute of %d in %d bytes", ErrShort, size, len(b))
		}
		if err := take(order.Uint16(b[2:])&attrTypeMask, b[AttrLen:size]); err != nil {
			return err
		}
		b = b[min(Aligned(size), len(b)):]
	}
	return nil
}

// Text reads a C string, which may lack its end.
func Text(b []byte) string {
	text, _, _ := bytes.Cut(b, []byte{0})
	return string(text)
}

// Aligned is n up to where the next message or attribute begins.
func Aligned(n int) int { return (n + align - 1) &^ (align - 1) }
