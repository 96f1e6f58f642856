package ruleset

import (
	"encoding/binary"

	"porthole/internal/netlink"
)

// attributes are those of one message or nest, by their number. Numbers above
// are of kernels newer than this package, and are passed over.
type attributes [24][]byte

// read parts a run of attributes.
func read(b []byte) (a attributes, err error) {
	err = netlink.Attributes(b, func(kind uint16, value []byte) error {
		if int(kind) < len(a) {
			a[kind] = value[:len(value):len(value)]
		}
		return nil
	})
	return a, err
}

func (a *attributes) has(kind uint16) bool { return a[kind] != nil }

func (a *attributes) text(kind uint16) string { return netlink.Text(a[kind]) }

// number reads one in network order, of 1 to 8 bytes; 0 if there is none.
func (a *attributes) number(kind uint16) (n uint64) {
	if len(a[kind]) > 8 {
		return 0
	}
	for _, b := range a[kind] {
		n = n<<8 | uint64(b)
	}
	return n
}

// register reads one, or NoRegister.
func (a *attributes) register(kind uint16) Register {
	if !a.has(kind) {
		return NoRegister
	}
	switch n := a.number(kind); {
	case n >= 1 && n <= 4: // NFT_REG_1: 16 bytes
		return Register(n-1) * 4
	case n >= 8 && n < 8+Registers: // NFT_REG32_00
		return Register(n - 8)
	default:
		return NoRegister
	}
}

// value reads struct nft_data: bytes, or a verdict.
func (a *attributes) value(kind uint16) (data []byte, verdict *Verdict, err error) {
	if !a.has(kind) {
		return nil, nil, nil
	}
	const dataValue, dataVerdict = 1, 2
	d, err := read(a[kind])
	if err != nil || !d.has(dataVerdict) {
		return d[dataValue], nil, err
	}
	const code, chain = 1, 2
	v, err := read(d[dataVerdict])
	if err != nil {
		return nil, nil, err
	}
	return nil, &Verdict{Code: int32(uint32(v.number(code))), Chain: v.text(chain)}, nil
}

// bytes reads struct nft_data that must be bytes.
func (a *attributes) bytes(kind uint16) ([]byte, error) {
	data, _, err := a.value(kind)
	return data, err
}

// native reads 4 bytes in the machine's order.
func native(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return binary.NativeEndian.Uint32(b)
}
