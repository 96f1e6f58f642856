package verify

import "bytes"

// libvirt asks which ways to log in there are, the first call of a client (libvirt
// src/remote/remote_protocol.x and src/rpc/virnetprotocol.x).
func libvirt() *protocol {
	const program, version, authList, call, reply, ok, none = 0x20008086, 1, 66, 0, 1, 0, 0
	head := func(kind, status uint32, serial []byte) []byte {
		return concat(be32(program), be32(version), be32(authList), be32(kind), serial, be32(status))
	}
	return &protocol{
		name: "libvirt", spec: "libvirt src/remote/remote_protocol.x, REMOTE_PROC_AUTH_LIST", tcp: []uint16{16509}, tls: []uint16{16514}, names: []string{"libvirtd", "virtproxyd"},
		request: func(q question) []byte { return concat(be32(28), head(call, ok, q.nonce[:4])) },
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			length, got, types := r.u32(), r.bytes(24), r.u32()
			if r.bad {
				return partialIf(len(h.data) < 8 && prefixOf(h.data, "\x00\x00\x00") == partial || len(h.data) >= 8 && bytes.Equal(h.data[4:8], be32(program)))
			}
			if int(length) != len(h.data) || !bytes.Equal(got, head(reply, ok, h.nonce[:4])) || types == 0 || types > 8 || len(r.in) != int(4*types) {
				return no
			}
			s.AnswersWithoutCredentials = types == 1 && r.u32() == none
			s.WantsCredentials = !s.AnswersWithoutCredentials
			return yes
		},
		rank: 42,
	}
}
