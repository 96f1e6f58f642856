package verify

import "bytes"

// firebird begins to connect, by all versions of the protocol that are there, and
// goes no further: what comes next is who asks (Firebird remote/protocol.h, op_connect
// and the answers to it).
func firebird() *protocol {
	const connect, attach, connectVersion, generic = 1, 19, 3, 1
	const accept, reject, cont, acceptData, condAccept = 3, 4, 92, 94, 98
	const flagged = 0xffff8000 // of a version since Firebird split from InterBase
	newer := []uint32{10, flagged | 11, flagged | 12, flagged | 13, flagged | 15, flagged | 16, flagged | 17}
	text := func(words string) []byte {
		return concat(be32(uint32(len(words))), []byte(words), make([]byte, -len(words)&3))
	}
	request := func(name string, versions []uint32) []byte {
		m := concat(be32(connect), be32(attach), be32(connectVersion), be32(generic), text(name), be32(uint32(len(versions))), text(""))
		for i, version := range versions {
			const leastType, mostType = 0, 5
			m = append(m, concat(be32(version), be32(generic), be32(leastType), be32(mostType), be32(uint32(2*i+2)))...)
		}
		return m
	}
	more := concat(be32(cont), make([]byte, 16)) // four empty strings: who are you?
	return &protocol{
		name: "firebird", spec: "Firebird src/remote/protocol.h, op_connect, op_accept and op_cont_auth", tcp: []uint16{3050}, names: []string{"firebird", "fbserver"},
		request: func(q question) []byte { return request(q.nonce.word(), newer) },
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			op, version, architecture, kind := r.u32(), r.u32(), r.u32(), r.u32()
			if r.bad {
				return partialOf(h.data, "\x00\x00\x00\x03", "\x00\x00\x00\x5c\x00", "\x00\x00\x00\x5e", "\x00\x00\x00\x62")
			}
			if bytes.Equal(h.data, more) {
				s.WantsCredentials = true
				return yes
			}
			if op == cont {
				return partialIf(bytes.HasPrefix(more, h.data))
			}
			number := version &^ flagged
			if op != accept && op != acceptData && op != condAccept || op == accept && len(h.data) != 16 || number < 10 || number > 17 || architecture != generic || kind&0xff > 5 {
				return no
			}
			s.ProtocolVersion = itoa(int(number))
			return yes
		},
		// Five words of which four are empty are little: such a server refuses a client
		// that knows nothing newer than what Firebird 2 has.
		confirm: func(t *talk, s *Service) bool {
			if s.ProtocolVersion != "" {
				return true
			}
			if !t.p.connect(t.ctx) {
				return false
			}
			in := t.ask(request(t.nonce.word(), newer[:1]), func(in []byte) bool { return len(in) > 4 })
			return bytes.Equal(in, be32(reject)) && t.p.cur == nil
		},
		rank: 39,
	}
}
