package verify

import (
	"bytes"
	"strings"
)

// memcached tells its version on one line. Over UDP a header goes before the
// request; statistics are never asked for, since their answer is large.
func memcached() *protocol {
	return &protocol{
		name: "memcached", spec: "memcached doc/protocol.txt", tcp: []uint16{11211, 11212},
		names:   []string{"memcached"},
		request: func(question) []byte { return []byte("version\r\n") },
		parse:   parseMemcached,
		complaint: func(in []byte) bool {
			return bytes.HasPrefix(in, []byte("ERROR\r\n")) || bytes.HasPrefix(in, []byte("CLIENT_ERROR unauthenticated\r\n"))
		},
	}
}

func parseMemcached(h heard, s *Service) verdict {
	line, ok := firstLine(h.data)
	if !ok {
		return partialOf(h.data, "VERSION ", "CLIENT_ERROR unauthenticated")
	}
	if line == "CLIENT_ERROR unauthenticated" { // memcached -Y
		s.WantsCredentials = true
		return yes
	}
	version, ok := strings.CutPrefix(line, "VERSION ")
	if !ok || !startsVersion(version) || !isText([]byte(version)) {
		return no
	}
	s.Product, s.Version, s.Evidence.Product = "memcached", cleanVersion(version), "VERSION"
	s.AnswersWithoutCredentials = true
	return yes
}

// memcachedBinary asks for the version in the other protocol of memcached, which is
// all that it speaks with -B binary, and before a login.
func memcachedBinary() *protocol {
	const request, response, version, header = 0x80, 0x81, 0x0b, 24
	return &protocol{
		name: "memcached", spec: "memcached doc/protocol-binary.xml", tcp: []uint16{11211},
		request: func(q question) []byte {
			return concat([]byte{request, version}, make([]byte, 10), q.nonce[:4], make([]byte, 8))
		},
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			magic, op, _, _, _, status, length := r.u8(), r.u8(), r.u16(), r.u8(), r.u8(), r.u16(), r.u32()
			opaque := r.bytes(4)
			r.bytes(8)
			if r.bad {
				return partialIf(len(h.data) == 0 || magic == response)
			}
			if magic != response || op != version || status != 0 || length < 3 || length > 60 || !bytes.Equal(opaque, h.nonce[:4]) {
				return no
			}
			if len(r.in) < int(length) {
				return partial
			}
			text := string(r.in[:length])
			if !startsVersion(text) || !isText([]byte(text)) {
				return no
			}
			s.Product, s.Version, s.Evidence.Product = "memcached", cleanVersion(text), "version"
			s.AnswersWithoutCredentials = true
			return yes
		},
		rank: 60,
	}
}

func memcachedUDP() *protocol {
	header := func(n nonce) []byte { return concat(n[:2], []byte{0, 0, 0, 1, 0, 0}) }
	return &protocol{
		name: "memcached", spec: "memcached doc/protocol.txt, section UDP protocol", udp: []uint16{11211},
		request: func(q question) []byte { return concat(header(q.nonce), []byte("version\r\n")) },
		parse: func(h heard, s *Service) verdict {
			body, ok := bytes.CutPrefix(h.data, header(h.nonce))
			if !ok {
				return no
			}
			return parseMemcached(heard{data: body}, s)
		},
	}
}
