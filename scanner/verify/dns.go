package verify

import (
	"bytes"
	"strings"
)

// dns is asked for the server's version, a text that many give (RFC 4892
// section 2). A refusal proves a name server as well.
func dns() *protocol {
	return &protocol{
		name: "dns", spec: "RFC 1035 section 4.2.2, RFC 4892", tcp: []uint16{53}, tls: []uint16{853}, names: []string{"named", "unbound", "dnsmasq", "knotd", "nsd", "pdns_server"},
		request: func(q question) []byte {
			m := dnsQuestion(q.nonce)
			return concat(be16(uint16(len(m))), m)
		},
		parse: func(h heard, s *Service) verdict {
			if len(h.data) < 2 {
				return partial
			}
			length := int(h.data[0])<<8 | int(h.data[1])
			if length < 12 || length > 4096 {
				return no
			}
			if len(h.data) < 2+length {
				return partialIf(len(h.data) < 4 || bytes.Equal(h.data[2:4], h.nonce[:2]))
			}
			return readDNS(h.data[2:2+length], h.nonce, s)
		},
		rank: 3,
	}
}

func dnsUDP() *protocol {
	return &protocol{
		name: "dns", spec: "RFC 1035 section 4.2.1, RFC 4892", udp: []uint16{53},
		request: func(q question) []byte { return dnsQuestion(q.nonce) },
		parse:   func(h heard, s *Service) verdict { return readDNS(h.data, h.nonce, s) },
	}
}

// dnsQuestion asks for version.bind, class CHAOS, type TXT.
func dnsQuestion(n nonce) []byte {
	return concat(n[:2], []byte{0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, []byte("\x07version\x04bind\x00"), []byte{0, 16, 0, 3})
}

// readDNS wants our id, the bit of a response, and our question.
func readDNS(in []byte, n nonce, s *Service) verdict {
	asked := dnsQuestion(n)
	r := reader{in: in}
	id, flags, questions, answers := r.bytes(2), r.u16(), r.u16(), r.u16()
	r.u32()
	const response, opcode, code = 0x8000, 0x7800, 0xf
	if r.bad || !bytes.Equal(id, n[:2]) || flags&response == 0 || flags&opcode != 0 || questions > 1 {
		return no
	}
	if questions == 0 { // some refuse without it
		return yesIf(flags&code != 0 && answers == 0 && len(r.in) == 0)
	}
	if !bytes.EqualFold(r.bytes(len(asked)-12), asked[12:]) {
		return no
	}
	for range answers {
		skipName(&r)
		kind := r.u16()
		r.bytes(6) // class, time to live
		data := r.bytes(int(r.u16()))
		if r.bad {
			return no
		}
		if kind == 16 && len(data) > 1 && int(data[0]) < len(data) {
			takeDNSVersion(s, printable(string(data[1:1+int(data[0])])))
		}
	}
	return yes
}

// skipName takes a name, which may end with a pointer (RFC 1035 section 4.1.4).
func skipName(r *reader) {
	for !r.bad {
		switch n := r.u8(); {
		case n == 0:
			return
		case n >= 0xc0:
			r.u8()
			return
		case n >= 64:
			r.bad = true
		default:
			r.bytes(int(n))
		}
	}
}

// takeDNSVersion reads the text. BIND gives its version alone.
func takeDNSVersion(s *Service, text string) {
	table := []known{
		{"unbound", "Unbound"}, {"dnsmasq", "dnsmasq"}, {"PowerDNS Authoritative Server", "PowerDNS Authoritative Server"},
		{"PowerDNS Recursor", "PowerDNS Recursor"}, {"Knot DNS", "Knot DNS"}, {"Knot Resolver", "Knot Resolver"}, {"NSD", "NSD"}, {"CoreDNS", "CoreDNS"},
		{"Microsoft DNS", "Microsoft DNS"}, {"BIND", "BIND"}, {"dnsdist", "dnsdist"}, {"gdnsd", "gdnsd"}, {"pdnsd", "pdnsd"}, {"MaraDNS", "MaraDNS"},
	}
	switch {
	case takeKnown(s, text, "version.bind", table):
	case strings.HasPrefix(text, "9.") && len(text) > 4 && text[2] >= '0' && text[2] <= '9':
		s.Product, s.Version, s.Evidence.Product = "BIND", versionAfter("="+text, "="), "version.bind"
	default:
		addInfo(s, "version.bind: "+text)
	}
}
