package natrules

import (
	"encoding/binary"

	"porthole/internal/netlink"
)

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
