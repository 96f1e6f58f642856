package verify

import (
	"bytes"
	"strings"
)

// saned opens a session with a server of scanners, without a name, and leaves (SANE
// Standard 1.06, sections 5.1.1 and 5.2.1).
func saned() *protocol {
	const version, granted, denied, exit = 0x01000003, 0, 11, 10
	return &protocol{
		name: "sane", spec: "SANE Standard 1.06 sections 5.1.1, 5.2.1 and 5.2.10", tcp: []uint16{6566}, names: []string{"saned"},
		request: func(question) []byte { return concat(be32(0), be32(version), be32(0)) },
		parse: func(h heard, s *Service) verdict {
			if len(h.data) < 8 {
				return partialOf(h.data, "\x00\x00\x00\x00\x01", "\x00\x00\x00\x0b\x01")
			}
			r := reader{in: h.data}
			status, major := r.u32(), r.u8()
			r.u8()
			build := r.u16() // the version of the protocol
			if len(h.data) != 8 || status != granted && status != denied || major != 1 || build < 2 || build > 9 {
				return no
			}
			s.ProtocolVersion = itoa(int(build))
			s.WantsCredentials = status == denied
			return yes
		},
		confirm: func(t *talk, s *Service) bool { // it closes when it is told to, and not before
			if t.p.cur == nil {
				return s.WantsCredentials
			}
			return len(t.ask(be32(exit), func([]byte) bool { return true })) == 0 && t.p.cur == nil
		},
		rank: 38,
	}
}

// owserver asks a server of 1-Wire sensors for its version, which is a file to it (OWFS
// owserver protocol).
func owserver() *protocol {
	const read, persistent, flags, header, size = 2, 0, 0x100, 24, 64
	const file = "/system/configuration/version\x00"
	return &protocol{
		name: "owserver", spec: "OWFS, owserver network protocol, message READ", tcp: []uint16{4304}, names: []string{"owserver"},
		request: func(question) []byte {
			return concat(be32(persistent), be32(uint32(len(file))), be32(read), be32(flags), be32(size), be32(0), []byte(file))
		},
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			version, payload, result, _, length, offset := r.u32(), r.u32(), r.u32(), r.u32(), r.u32(), r.u32()
			if r.bad {
				return prefixOf(h.data, "\x00\x00\x00\x00\x00\x00\x00")
			}
			if version != 0 || payload == 0 || payload > size || result != payload || length < payload || offset != 0 {
				return no
			}
			if len(r.in) < int(payload) {
				return partial
			}
			words := string(r.in)
			s.Product, s.Version, s.Evidence.Product = "OWFS", versionAfter("="+words, "="), strings.TrimRight(file, "\x00")
			s.AnswersWithoutCredentials = true
			return yesIf(s.Version == words)
		},
		complaint: func(in []byte) bool { // an error, which is a negative result
			return len(in) == header && bytes.HasPrefix(in, []byte("\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff"))
		},
	}
}

// hamlib asks a server of Hamlib which radio or rotator it moves, in the form whose
// answer names the question. Each letter of anything else is an order to it
// (rigctld(1), section Protocol).
func hamlib() *protocol {
	return &protocol{
		name: "hamlib", spec: "rigctld(1) and rotctld(1), section Extended Response Protocol", tcp: []uint16{4532, 4533}, names: []string{"rigctld", "rotctld"},
		request: func(question) []byte { return []byte("+\\get_info\n") },
		parse: func(h heard, s *Service) verdict {
			const begin, end = "get_info:\n", "\nRPRT 0\n"
			text := string(h.data)
			if !strings.HasPrefix(text, begin) {
				return prefixOf(h.data, begin)
			}
			if !strings.HasSuffix(text, end) {
				return partialIf(isText(h.data))
			}
			info, ok := strings.CutPrefix(text[len(begin):len(text)-len(end)], "Info: ")
			addInfo(s, info)
			s.AnswersWithoutCredentials = true
			return yesIf(ok)
		},
		complaint: func(in []byte) bool { return bytes.Contains(in, []byte("RPRT -")) },
	}
}
