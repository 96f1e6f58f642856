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
		names:     []string{"memcached"},
		request:   func(question) []byte { return []byte("version\r\n") },
		parse:     parseMemcached,
		complaint: func(in []byte) bool { return bytes.HasPrefix(in, []byte("ERROR\r\n")) },
	}
}

func parseMemcached(h heard, s *Service) verdict {
	line, ok := firstLine(h.data)
	if !ok {
		return prefixOf(h.data, "VERSION ")
	}
	version, ok := strings.CutPrefix(line, "VERSION ")
	if !ok || !startsVersion(version) || !isText([]byte(version)) {
		return no
	}
	s.Product, s.Version, s.Evidence.Product = "memcached", cleanVersion(version), "VERSION"
	s.AnswersWithoutCredentials = true
	return yes
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
