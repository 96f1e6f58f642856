package verify

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// ntp asks as a client. Modes 6 and 7, which tell more and amplify, are not
// used (RFC 5905 section 7.3).
func ntp() *protocol {
	return &protocol{
		name: "ntp", spec: "RFC 5905 section 7.3", udp: []uint16{123}, names: []string{"ntpd", "chronyd", "systemd-timesyncd"},
		request: func(q question) []byte {
			const version4, client = 4 << 3, 3
			packet := make([]byte, 48)
			packet[0] = version4 | client
			copy(packet[40:], q.nonce[:8])
			return packet
		},
		parse: func(h heard, s *Service) verdict {
			const server = 4
			if len(h.data) < 48 || h.data[0]&7 != server || !bytes.Equal(h.data[24:32], h.nonce[:8]) {
				return no
			}
			s.ProtocolVersion = itoa(int(h.data[0] >> 3 & 7))
			addInfo(s, "stratum "+itoa(int(h.data[1])))
			return yes
		},
	}
}

// chrony asks how many sources there are, which chronyd tells to those it is
// configured to (chrony candm.h). The request is padded to the answer's length.
func chrony() *protocol {
	return &protocol{
		name: "chrony", spec: "chrony candm.h, protocol version 6", udp: []uint16{323},
		request: func(q question) []byte {
			const version, isRequest, sources = 6, 1, 14
			m := concat([]byte{version, isRequest, 0, 0}, be16(sources), be16(0), q.nonce[:4], be32(0), be32(0))
			return append(m, make([]byte, 28)...)
		},
		parse: func(h heard, s *Service) verdict {
			const isReply, sources = 2, 14
			if len(h.data) < 28 || h.data[0] > 6 || h.data[1] != isReply || binary.BigEndian.Uint16(h.data[4:]) != sources || !bytes.Equal(h.data[16:20], h.nonce[:4]) {
				return no
			}
			s.ProtocolVersion = itoa(int(h.data[0]))
			s.Product, s.Evidence.Product = "chrony", "its own protocol"
			return yes
		},
	}
}

// snmp starts as a manager of version 3 does: a get without user or engine,
// which an agent answers with a report that names its engine (RFC 3414 section
// 4). No community is guessed.
func snmp() *protocol {
	return &protocol{
		name: "snmp", spec: "RFC 3412 section 6, RFC 3414 section 4", udp: []uint16{161}, names: []string{"snmpd"},
		request: func(q question) []byte {
			const version3, reportable, userSecurity, getRequest = 3, 4, 3, 0xa0
			empty, zero, id := ber(tagOctets), ber(tagInteger, []byte{0}), ber(tagInteger, messageID(q.nonce))
			return ber(tagSequence, ber(tagInteger, []byte{version3}),
				ber(tagSequence, id, ber(tagInteger, []byte{0, 0xff, 0xe3}), ber(tagOctets, []byte{reportable}), ber(tagInteger, []byte{userSecurity})),
				ber(tagOctets, ber(tagSequence, empty, zero, zero, empty, empty, empty)),
				ber(tagSequence, empty, empty, ber(getRequest, id, zero, zero, ber(tagSequence))))
		},
		parse: func(h heard, s *Service) verdict {
			all := reader{in: h.data}
			message := all.want(tagSequence)
			version := message.want(tagInteger)
			global := message.want(tagSequence)
			id := global.want(tagInteger)
			security := message.want(tagOctets)
			if message.bad || global.bad || len(version.in) != 1 || version.in[0] != 3 || !bytes.Equal(id.in, messageID(h.nonce)) {
				return no
			}
			s.ProtocolVersion = "3"
			user := security.want(tagSequence)
			takeEngine(s, user.want(tagOctets).in)
			return yes
		},
	}
}

// takeEngine reads who made an agent from its engine id (RFC 3411 section 5,
// SnmpEngineID): the enterprise number of IANA.
func takeEngine(s *Service, id []byte) {
	if len(id) < 5 || id[0]&0x80 == 0 {
		return
	}
	number := binary.BigEndian.Uint32(id) &^ (1 << 31)
	names := map[uint32]string{8072: "Net-SNMP", 9: "Cisco", 11: "HP", 311: "Microsoft", 2636: "Juniper", 14988: "MikroTik", 12356: "Fortinet", 318: "APC", 674: "Dell", 6876: "VMware", 25506: "H3C", 2011: "Huawei", 30065: "Arista", 41112: "Ubiquiti"}
	if name := names[number]; name != "" {
		s.Product, s.Evidence.Product = name, "engine id"
	} else {
		addInfo(s, "enterprise "+itoa(int(number)))
	}
}

// tftp asks for a file that is not there. The answer comes from a new port (RFC
// 1350 section 4).
func tftp() *protocol {
	return &protocol{
		name: "tftp", spec: "RFC 1350 sections 4 and 5", udp: []uint16{69}, names: []string{"in.tftpd", "atftpd"},
		elsewhere: true,
		request: func(q question) []byte {
			const readRequest = 1
			return concat(be16(readRequest), []byte(q.nonce.word()), []byte("\x00octet\x00"))
		},
		parse: func(h heard, s *Service) verdict {
			const failure, mostCodes = 5, 8
			r := reader{in: h.data}
			op, code, words := r.u16(), r.u16(), r.text()
			return yesIf(!r.bad && op == failure && code <= mostCodes && len(r.in) == 0 && (words == "" || isText([]byte(words))))
		},
	}
}

// ike offers to make a key, and is answered or refused (RFC 7296 section 3.1).
func ike() *protocol {
	return &protocol{
		name: "isakmp", spec: "RFC 7296 sections 3.1 and 2.6", udp: []uint16{500}, names: []string{"charon"},
		request: func(q question) []byte {
			const informational, initiator, version2 = 34, 8, 0x20 // IKE_SA_INIT without payloads: answered with INVALID_SYNTAX
			return concat(q.nonce[:8], make([]byte, 8), []byte{0, version2, informational, initiator}, be32(0), be32(28))
		},
		parse: func(h heard, s *Service) verdict {
			const response = 0x20
			r := reader{in: h.data}
			spi := r.bytes(8)
			r.bytes(8)
			_, version, _, flags := r.u8(), r.u8(), r.u8(), r.u8()
			r.u32()
			length := r.u32()
			if r.bad || !bytes.Equal(spi, h.nonce[:8]) || int(length) != len(h.data) || version>>4 != 1 && version>>4 != 2 || version>>4 == 2 && flags&response == 0 {
				return no
			}
			s.ProtocolVersion = itoa(int(version>>4)) + "." + itoa(int(version&15))
			return yes
		},
	}
}

// coap sends an empty message that must be reset (RFC 7252 section 4.3).
func coap() *protocol {
	return &protocol{
		name: "coap", spec: "RFC 7252 section 4.3", udp: []uint16{5683},
		request: func(q question) []byte { return []byte{0x40, 0, q.nonce[0], q.nonce[1]} },
		parse: func(h heard, s *Service) verdict {
			return yesIf(len(h.data) == 4 && h.data[0] == 0x70 && h.data[1] == 0 && bytes.Equal(h.data[2:], h.nonce[:2]))
		},
	}
}

// xdmcp asks a display manager whether it is willing (XDMCP section 5).
func xdmcp() *protocol {
	return &protocol{
		name: "xdmcp", spec: "X Display Manager Control Protocol 1.1 section 5", udp: []uint16{177},
		request: func(question) []byte { return []byte{0, 1, 0, 2, 0, 1, 0} },
		parse: func(h heard, s *Service) verdict {
			const willing, unwilling = 5, 6
			r := reader{in: h.data}
			version, op, length := r.u16(), r.u16(), r.u16()
			return yesIf(!r.bad && version == 1 && (op == willing || op == unwilling) && int(length) == len(r.in))
		},
	}
}

// rmcp pings a management controller (DMTF DSP0136 section 3.2.4.3).
func rmcp() *protocol {
	return &protocol{
		name: "asf-rmcp", spec: "DMTF DSP0136 section 3.2.4", udp: []uint16{623},
		request: func(q question) []byte {
			return concat([]byte{6, 0, 0xff, 6}, be32(4542), []byte{0x80, q.nonce[0] &^ 0x80, 0, 0})
		},
		parse: func(h heard, s *Service) verdict {
			return yesIf(len(h.data) == 28 && h.data[0] == 6 && h.data[3] == 6 && binary.BigEndian.Uint32(h.data[4:]) == 4542 && h.data[8] == 0x40 && h.data[9] == h.nonce[0]&^0x80)
		},
	}
}

// l2tp starts a control connection (RFC 2661 section 6.1).
func l2tp() *protocol {
	return &protocol{
		name: "l2tp", spec: "RFC 2661 sections 3.1 and 6.2", udp: []uint16{1701},
		request: func(q question) []byte {
			avp := func(kind uint16, value []byte) []byte {
				return concat(be16(0x8000|uint16(6+len(value))), be16(0), be16(kind), value)
			}
			body := concat(avp(0, be16(1)), avp(2, []byte{1, 0}), avp(3, be32(3)), avp(4, be32(0)), avp(7, []byte("porthole")), avp(9, q.nonce[:2]), avp(10, be16(4)))
			return concat(be16(0xc802), be16(uint16(12+len(body))), be16(0), be16(0), be16(0), be16(0), body)
		},
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			flags, length, tunnel := r.u16(), r.u16(), r.bytes(2)
			return yesIf(!r.bad && flags&0xc80f == 0xc802 && int(length) == len(h.data) && bytes.Equal(tunnel, h.nonce[:2]))
		},
	}
}

// kerberos asks for a ticket of a realm that is not there (RFC 4120 section
// 5.9.1): an error in the right form, without a name of a user in it.
func kerberosRequest(n nonce) []byte {
	const asRequest, explicit = 0x6a, 0xa0
	name := func(kind byte, parts ...string) []byte {
		var list [][]byte
		for _, p := range parts {
			list = append(list, ber(0x1b, []byte(p)))
		}
		return ber(tagSequence, ber(explicit, ber(tagInteger, []byte{kind})), ber(explicit|1, ber(tagSequence, list...)))
	}
	const realm = "PORTHOLE.INVALID"
	body := ber(tagSequence,
		ber(explicit, ber(3, []byte{0, 0, 0, 0, 0})),
		ber(explicit|2, ber(0x1b, []byte(realm))),
		ber(explicit|3, name(2, "krbtgt", realm)),
		ber(explicit|5, ber(0x18, []byte("20370913024805Z"))),
		ber(explicit|7, ber(tagInteger, messageID(n))),
		ber(explicit|8, ber(tagSequence, ber(tagInteger, []byte{18}))))
	return ber(asRequest, ber(tagSequence, ber(explicit|1, ber(tagInteger, []byte{5})), ber(explicit|2, ber(tagInteger, []byte{10})), ber(explicit|4, body)))
}

func readKerberos(in []byte, s *Service) verdict {
	const errorTag = 0x7e
	if v := berWhole(in, errorTag); v != yes {
		return v
	}
	r := reader{in: in}
	message := r.want(errorTag)
	body := message.want(tagSequence)
	version := body.want(0xa0)
	kind := body.want(0xa1)
	v, k := version.want(tagInteger), kind.want(tagInteger)
	if body.bad || v.bad || k.bad || string(v.in) != "\x05" || string(k.in) != "\x1e" {
		return no
	}
	s.ProtocolVersion = "5"
	for len(body.in) > 0 && !body.bad {
		tag, content := body.value()
		if tag == 0xaa && bytes.Contains(content, []byte("\x06kadmin")) && bytes.HasSuffix(content, []byte("\x08changepw")) { // its name
			s.Protocol = "kpasswd"
		}
		if tag == 0xa9 { // the server's realm
			field := reader{in: content}
			if realm := printable(string(field.want(0x1b).in)); !strings.Contains(realm, "PORTHOLE") {
				addInfo(s, "realm "+realm)
			}
		}
	}
	return yes
}

func kerberosUDP() *protocol {
	return &protocol{
		name: "kerberos", spec: "RFC 4120 sections 5.4.1 and 5.9.1", udp: []uint16{88}, names: []string{"krb5kdc"},
		request: func(q question) []byte { return kerberosRequest(q.nonce) },
		parse:   func(h heard, s *Service) verdict { return yesIf(readKerberos(h.data, s) == yes) },
	}
}

func kerberos() *protocol {
	return &protocol{
		name: "kerberos", spec: "RFC 4120 sections 5.9.1 and 7.2.2", tcp: []uint16{88, 464}, names: []string{"krb5kdc", "kadmind"},
		request: func(q question) []byte { m := kerberosRequest(q.nonce); return concat(be32(uint32(len(m))), m) },
		parse: func(h heard, s *Service) verdict {
			if len(h.data) < 5 {
				return partialIf(len(h.data) == 0 || h.data[0] == 0)
			}
			if length := binary.BigEndian.Uint32(h.data); length < 20 || length > 4096 {
				return no
			}
			return readKerberos(h.data[4:], s)
		},
		unasked: true, // it answers anything with an error of its own
	}
}
