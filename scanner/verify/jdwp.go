package verify

import "bytes"

// jdwp is the Java debugger's port. It has one place for a debugger, and the
// handshake takes it: it is asked only where the process is known, or with All.
// Since the handshake is an echo, the version is asked for as well.
func jdwp() *protocol {
	return &protocol{
		name: "jdwp", spec: "Java Debug Wire Protocol, VirtualMachine Command Set", names: []string{"jdwp"},
		mirrored: true,
		request:  func(question) []byte { return []byte("JDWP-Handshake") },
		parse: func(h heard, s *Service) verdict {
			const handshake = "JDWP-Handshake"
			if len(h.data) < len(handshake) {
				return prefixOf(h.data, handshake)
			}
			return yesIf(string(h.data) == handshake)
		},
		confirm: func(t *talk, s *Service) bool {
			id := t.nonce[:4]
			in := t.ask(concat(be32(11), id, []byte{0, 1, 1}), func(in []byte) bool {
				r := reader{in: in}
				length := r.u32()
				return !r.bad && len(in) >= int(length)
			})
			r := reader{in: in}
			length, got, flags, code := r.u32(), r.bytes(4), r.u8(), r.u16()
			if r.bad || int(length) != len(in) || !bytes.Equal(got, id) || flags != 0x80 || code != 0 {
				return false
			}
			r.bytes(int(r.u32())) // a description
			r.u32()
			r.u32()
			version := r.bytes(int(r.u32()))
			s.Version, s.Evidence.Product = cleanVersion(string(version)), "VirtualMachine.Version"
			s.Product = printable(string(r.bytes(int(r.u32()))))
			s.AnswersWithoutCredentials = true
			return true
		},
	}
}
