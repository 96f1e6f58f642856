package verify

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// h2Database offers a version of its protocol that no driver has, which the database
// H2 names in its refusal (H2 org.h2.server.TcpServerThread).
func h2Database() *protocol {
	const statusError, state, words = 0, "90047", `Version mismatch, driver version is "`
	version := func(n nonce) uint32 { return 0x10000 | binary.BigEndian.Uint32(n[:4])&0xffff }
	return &protocol{
		name: "h2-database", spec: "H2 org.h2.server.TcpServerThread, run", unasked: true,
		request: func(q question) []byte { return concat(be32(version(q.nonce)), be32(version(q.nonce))) },
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			status, code, message := r.u32(), wideText(&r), wideText(&r)
			if r.bad {
				return prefixOf(h.data, "\x00\x00\x00\x00\x00\x00\x00\x05\x009\x000\x000\x004\x007\x00")
			}
			if status != statusError || code != state || !strings.HasPrefix(message, words) || !strings.Contains(message, `" but server version is "`) {
				return no
			}
			if bytes.Contains(h.data, utf16BE("org.h2.jdbc.")) {
				s.Product, s.Evidence.Product = "H2", "name of the error"
			}
			return yes
		},
		whole: func(in []byte) bool { return bytes.Contains(in, utf16BE("org.h2.jdbc.")) },
	}
}

// wideText is a string of Java: its length in characters, and UTF-16.
func wideText(r *reader) string {
	length := r.u32()
	if length > 1000 {
		r.bad = true
		return ""
	}
	in := r.bytes(2 * int(length))
	out := make([]uint16, 0, length)
	for i := 0; i+1 < len(in); i += 2 {
		out = append(out, binary.BigEndian.Uint16(in[i:]))
	}
	return string(utf16.Decode(out))
}
