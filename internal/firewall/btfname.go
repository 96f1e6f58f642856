package firewall

import "encoding/binary"

// btfName finds the name of a type in the kernel's types (linux/btf.h), which are in
// a row, and its kind with it; "" if there is none.
func btfName(b []byte, id uint32) (name string) {
	const magic, header = 0xeb9f, 24
	if len(b) < header || binary.NativeEndian.Uint16(b) != magic {
		return ""
	}
	part := func(at int) []byte { // an offset behind the header, and a length
		from := uint64(native32(b[4:])) + uint64(native32(b[at:]))
		to := from + uint64(native32(b[at+4:]))
		if to > uint64(len(b)) {
			return nil
		}
		return b[from:to]
	}
	types, names := part(8), part(16)
	for n := uint32(1); len(types) >= 12; n++ {
		at, info := native32(types), native32(types[4:])
		if n == id {
			if at >= uint32(len(names)) {
				return ""
			}
			end := at
			for end < uint32(len(names)) && names[end] != 0 {
				end++
			}
			return string(names[at:end])
		}
		length := 12 + btfMembers(info>>24&0x1f, int(info&0xffff))
		if length > len(types) {
			return ""
		}
		types = types[length:]
	}
	return ""
}

// btfMembers is how many bytes follow a type of a kind.
func btfMembers(kind uint32, members int) int {
	const (
		integer, array, structure, union, enum, proto, variable, section, tag, enum64 = 1, 3, 4, 5, 6, 13, 14, 15, 17, 19 // BTF_KIND_*
	)
	switch kind {
	case integer, variable, tag:
		return 4
	case array:
		return 12
	case enum, proto:
		return 8 * members
	case structure, union, section, enum64:
		return 12 * members
	}
	return 0
}
