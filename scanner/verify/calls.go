package verify

import (
	"bytes"
	"strings"
)

// sip asks what a server can do. It may not pass the question on (RFC 3261
// section 11).
func sip() *protocol {
	return &protocol{
		name: "sip", spec: "RFC 3261 section 11", tcp: []uint16{5060}, tls: []uint16{5061}, names: []string{"kamailio", "asterisk", "opensips"},
		request:   func(q question) []byte { return sipOptions(q, "TCP") },
		parse:     parseSIP,
		complaint: func(in []byte) bool { return bytes.HasPrefix(in, []byte("SIP/2.0 ")) },
		rank:      18,
	}
}

func sipUDP() *protocol {
	return &protocol{
		name: "sip", spec: "RFC 3261 section 11, RFC 3581", udp: []uint16{5060},
		request: func(q question) []byte { return sipOptions(q, "UDP") },
		parse:   parseSIP,
	}
}

func sipOptions(q question, transport string) []byte {
	word := q.nonce.word()
	return []byte("OPTIONS sip:porthole.invalid SIP/2.0\r\n" +
		"Via: SIP/2.0/" + transport + " porthole.invalid:5060;branch=z9hG4bK" + word + ";rport\r\n" +
		"Max-Forwards: 0\r\nFrom: <sip:porthole@porthole.invalid>;tag=" + word[:8] + "\r\n" +
		"To: <sip:porthole.invalid>\r\nCall-ID: " + word + "\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
}

func parseSIP(h heard, s *Service) verdict {
	head, v := headOf(h, "SIP/2.0 ")
	if v != yes {
		return v
	}
	if len(head) < 11 || !isDigits(head[8:11]) || !strings.Contains(head, h.nonce.word()) {
		return no
	}
	s.ProtocolVersion = "2.0"
	takeServerField(s, head, "Server", "User-Agent")
	for name := range fieldsOf(head) {
		s.WantsCredentials = s.WantsCredentials || strings.EqualFold(name, "WWW-Authenticate")
	}
	return yes
}

// stun asks which address it is seen from (RFC 8489 section 5).
func stun(proto string) *protocol {
	p := &protocol{
		name: "stun", spec: "RFC 8489 section 5", names: []string{"turnserver"},
		request: func(q question) []byte { return concat([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, q.nonce[:12]) },
		parse: func(h heard, s *Service) verdict {
			const success, failure = 0x0101, 0x0111
			if len(h.data) < 20 {
				return partialOf(h.data, "\x01\x01", "\x01\x11")
			}
			r := reader{in: h.data}
			kind, length, cookie, id := r.u16(), int(r.u16()), r.u32(), r.bytes(12)
			if kind != success && kind != failure || cookie != 0x2112a442 || !bytes.Equal(id, h.nonce[:12]) || length%4 != 0 || length > 1024 {
				return no
			}
			if len(r.in) < length {
				return partial
			}
			takeStunSoftware(s, r.in[:length])
			return yes
		},
	}
	if proto == "udp" {
		p.udp = []uint16{3478, 19302}
	} else {
		p.tcp, p.tls, p.rank = []uint16{3478}, []uint16{5349}, 17
	}
	return p
}

func takeStunSoftware(s *Service, attributes []byte) {
	const software = 0x8022
	r := reader{in: attributes}
	for len(r.in) >= 4 && !r.bad {
		kind, length := r.u16(), int(r.u16())
		value := r.bytes(length)
		r.bytes(-length & 3)
		if kind != software || len(value) == 0 {
			continue
		}
		words := printable(strings.Trim(string(value), "\x00"))
		s.Evidence.Product = "SOFTWARE"
		if name, own, ok := strings.Cut(words, " '"); ok { // Coturn-4.6.1 'Gorst'
			addInfo(s, strings.Trim(own, "'"))
			words = name
		}
		if i := strings.LastIndexAny(words, "-/ "); i > 0 && startsVersion(words[i+1:]) {
			s.Product, s.Version = words[:i], cleanVersion(words[i+1:])
			return
		}
		s.Product = words
	}
}
