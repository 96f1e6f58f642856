package verify

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// mdns asks which kinds of services a host announces, by a question of its own that
// is answered to who asked (RFC 6762 section 6.7, RFC 6763 section 9).
func mdns() *protocol {
	ask := func(n nonce) []byte {
		const pointer, internet = 12, 1
		return concat(n[:2], []byte{0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, []byte("\x09_services\x07_dns-sd\x04_udp\x05local\x00"), be16(pointer), be16(internet))
	}
	return &protocol{
		name: "mdns", spec: "RFC 6762 section 6.7, RFC 6763 section 9", udp: []uint16{5353}, names: []string{"avahi-daemon"},
		request: func(q question) []byte { return ask(q.nonce) },
		parse: func(h heard, s *Service) verdict {
			const response, authoritative = 0x8000, 0x0400
			asked := ask(h.nonce)
			r := reader{in: h.data}
			id, flags, questions, answers := r.bytes(2), r.u16(), r.u16(), r.u16()
			r.u32()
			if r.bad || !bytes.Equal(id, asked[:2]) || flags&(response|authoritative) != response|authoritative || flags&0xf != 0 || questions > 1 || answers == 0 {
				return no
			}
			if questions == 1 && !bytes.EqualFold(r.bytes(len(asked)-12), asked[12:]) {
				return no
			}
			return yesIf(bytes.Contains(r.in, []byte("\x04_udp\x05local")) || bytes.Contains(r.in, []byte("\x04_tcp\x05local")) || questions == 1)
		},
	}
}

// ssdp asks for the root device, which tells who made it (UPnP Device Architecture
// 1.1 section 1.3.2).
func ssdp() *protocol {
	return &protocol{
		name: "ssdp", spec: "UPnP Device Architecture 1.1 sections 1.3.2 and 1.3.3", udp: []uint16{1900}, names: []string{"minidlnad", "minissdpd"},
		request: func(question) []byte {
			return []byte("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: upnp:rootdevice\r\n\r\n")
		},
		parse: func(h heard, s *Service) verdict {
			g := readPage(h.data)
			if g.status != 200 || !strings.EqualFold(g.get("st"), "upnp:rootdevice") || g.get("usn") == "" {
				return no
			}
			product, version, rest := serverProduct(g.get("server"))
			if s.Product, s.Version = product, version; product != "" {
				s.Evidence.Product = "SERVER header"
			}
			addInfo(s, rest)
			return yes
		},
	}
}

// dtls starts a handshake, which a server first answers with a cookie (RFC 6347
// section 4.2.1), or refuses.
func dtls() *protocol {
	const handshake, alert, epochAndSequence = 22, 21, 8
	return &protocol{
		name: "dtls", spec: "RFC 6347 sections 4.1 and 4.2", udp: []uint16{443, 2221, 3391, 4433, 5349, 5684, 10161, 10162},
		request: func(q question) []byte {
			const clientHello = 1
			suites := []byte{0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x2c, 0xc0, 0x30, 0xc0, 0x09, 0xc0, 0x13, 0xc0, 0x0a, 0xc0, 0x14, 0, 0x9c, 0, 0x9d, 0, 0x2f, 0, 0x35, 0xc0, 0xac, 0xc0, 0xae}
			extension := func(kind uint16, body []byte) []byte { return concat(be16(kind), be16(uint16(len(body))), body) }
			extensions := concat(
				extension(10, concat(be16(6), be16(29), be16(23), be16(24))), // groups
				extension(11, []byte{1, 0}),                                  // point formats
				extension(13, concat(be16(10), be16(0x0403), be16(0x0804), be16(0x0401), be16(0x0503), be16(0x0501)))) // signatures
			body := concat([]byte{0xfe, 0xfd}, q.nonce[:], q.nonce[:], []byte{0, 0}, be16(uint16(len(suites))), suites, []byte{1, 0}, be16(uint16(len(extensions))), extensions)
			length := be32(uint32(len(body)))[1:]
			message := concat([]byte{clientHello}, length, be16(0), be16(0)[:1], be16(0), length, body)
			return concat([]byte{handshake, 0xfe, 0xff}, make([]byte, epochAndSequence), be16(uint16(len(message))), message)
		},
		parse: func(h heard, s *Service) verdict {
			const serverHello, verifyRequest = 2, 3
			r := reader{in: h.data}
			kind, version := r.u8(), r.u16()
			epoch := r.u16()
			r.bytes(6)
			record := reader{in: r.bytes(int(r.u16()))}
			if r.bad || epoch != 0 || version != 0xfeff && version != 0xfefd && version != 0x0100 {
				return no
			}
			if kind == alert {
				level, code := record.u8(), record.u8()
				return yesIf(!record.bad && len(record.in) == 0 && (level == 1 || level == 2) && code < 128)
			}
			message := record.u8()
			size := int(record.u8())<<16 | int(record.u16())
			record.bytes(2) // its number
			offset, part := int(record.u8())<<16|int(record.u16()), int(record.u8())<<16|int(record.u16())
			if kind != handshake || record.bad || offset != 0 || part > size || part > len(record.in) || message != serverHello && message != verifyRequest {
				return no
			}
			if chosen := record.u16(); chosen == 0xfefd {
				s.ProtocolVersion = "1.2"
			} else if chosen != 0xfeff {
				return no
			} else if message == serverHello { // a request for a cookie may be in the name of 1.0
				s.ProtocolVersion = "1.0"
			}
			if message == verifyRequest {
				return yesIf(int(record.u8()) == size-3 && !record.bad)
			}
			return yes
		},
	}
}

// gemini asks inside TLS for a page of a host that is nobody's (Gemini protocol
// specification).
func gemini() *protocol {
	return &protocol{
		name: "gemini", spec: "Project Gemini specification sections 2 and 3", tls: []uint16{1965},
		request: func(q question) []byte {
			host := q.host
			if host == "" {
				host = "porthole.invalid"
			}
			return []byte("gemini://" + host + "/\r\n")
		},
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return partialIf(len(h.data) < 1029 && isText(h.data) || len(h.data) == 0)
			}
			if len(line) < 3 || !isDigits(line[:2]) || line[0] < '1' || line[0] > '6' || line[2] != ' ' {
				return no
			}
			return yesIf(h.closed || line[0] == '2') // an answer without a page is all
		},
		complaint: func(in []byte) bool {
			line, _ := firstLine(in)
			return len(line) > 3 && line[0] == '5' && isDigits(line[:2]) && line[2] == ' '
		},
		confirm: func(t *talk, _ *Service) bool { return t.p.secure },
	}
}

// usbip asks which devices a host lends (Linux Documentation/usb/usbip_protocol).
func usbip() *protocol {
	return &protocol{
		name: "usbip", spec: "Linux Documentation/usb/usbip_protocol.rst, OP_REQ_DEVLIST", tcp: []uint16{3240}, names: []string{"usbipd"},
		request: func(question) []byte { return []byte{1, 0x11, 0x80, 5, 0, 0, 0, 0} },
		parse: func(h heard, s *Service) verdict {
			const reply = "\x01\x11\x00\x05\x00\x00\x00\x00"
			if len(h.data) < 12 {
				return prefixOf(h.data, reply)
			}
			devices := binary.BigEndian.Uint32(h.data[8:])
			if string(h.data[:8]) != reply || devices > 1000 || devices == 0 && len(h.data) != 12 {
				return no
			}
			addInfo(s, itoa(int(devices))+" devices")
			s.AnswersWithoutCredentials = true
			return yes
		},
		rank: 29,
	}
}
