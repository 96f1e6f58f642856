package verify

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// sphinx gives a search server an order that it does not have, which it names in its
// refusal (Sphinx src/searchd.cpp, client protocol). Manticore answers alike.
func sphinx() *protocol {
	const failed, head = 1, 12
	const greeting, words = "\x00\x00\x00\x01", "invalid command (code="
	order := func(n nonce) uint16 { return 0x4000 | binary.BigEndian.Uint16(n[:2])&0x3fff }
	return &protocol{
		name: "sphinx", spec: "Sphinx src/searchd.cpp, HandleClientSphinx", tcp: []uint16{9312}, names: []string{"searchd"}, unasked: true,
		request: func(q question) []byte {
			return concat(be32(1), be16(order(q.nonce)), be16(0), be32(0))
		},
		parse: func(h heard, s *Service) verdict {
			in := bytes.TrimPrefix(h.data, []byte(greeting))
			r := reader{in: in}
			status, _, length, size := r.u16(), r.u16(), r.u32(), r.u32()
			if r.bad {
				return partialOf(h.data, greeting+"\x00\x01\x00\x00", "\x00\x01\x00\x00\x00\x00\x00")
			}
			if status != failed || size != length-4 || size > 200 {
				return no
			}
			if len(r.in) < int(size) {
				return partial
			}
			return yesIf(len(r.in) == int(size) && strings.HasPrefix(string(r.in), words))
		},
		complaint: func(in []byte) bool { return string(in) == greeting },
	}
}
