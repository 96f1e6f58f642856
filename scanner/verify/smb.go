package verify

import (
	"bytes"
	"encoding/binary"
)

// smb negotiates SMB 2 and 3 and no session (MS-SMB2 section 2.2.3).
func smb() *protocol {
	return &protocol{
		name: "smb", spec: "MS-SMB2 sections 2.2.1, 2.2.3 and 2.2.4", tcp: []uint16{445, 139}, names: []string{"smbd"},
		request: smbNegotiate,
		parse:   parseSMB,
		rank:    4,
	}
}

func smbNegotiate(q question) []byte {
	const headerSize, bodySize, signing = 64, 36, 1
	le16 := func(n uint16) []byte { return binary.LittleEndian.AppendUint16(nil, n) }
	header := concat([]byte("\xfeSMB"), le16(headerSize), make([]byte, 2), make([]byte, 4), le16(0), le16(1), make([]byte, 4), make([]byte, 4),
		make([]byte, 8), // message id: the first must be 0
		make([]byte, 4), make([]byte, 4), make([]byte, 8), make([]byte, 16))
	body := concat(le16(bodySize), le16(4), le16(signing), le16(0), le32(0), q.nonce[:], make([]byte, 8),
		le16(0x0202), le16(0x0210), le16(0x0300), le16(0x0302))
	message := concat(header, body)
	return concat(be32(uint32(len(message))), message)
}

func parseSMB(h heard, s *Service) verdict {
	const headerSize, fromServer = 64, 1
	r := reader{in: h.data}
	length := r.u32()
	if r.bad {
		return partialIf(len(h.data) == 0 || h.data[0] == 0)
	}
	if length < headerSize+64 || length > mostBytes {
		return no
	}
	if len(r.in) < int(length) {
		return partial
	}
	message := r.in[:length]
	le := binary.LittleEndian
	if string(message[:4]) != "\xfeSMB" || le.Uint16(message[4:]) != headerSize || le.Uint16(message[12:]) != 0 ||
		le.Uint32(message[16:])&fromServer == 0 || le.Uint64(message[24:]) != 0 || le.Uint16(message[headerSize:]) != 65 {
		return no
	}
	body := message[headerSize:]
	switch dialect := le.Uint16(body[4:]); dialect {
	case 0x0202, 0x0210, 0x0300, 0x0302, 0x0311:
		s.ProtocolVersion = itoa(int(dialect>>8)) + "." + itoa(int(dialect>>4&15))
		if low := dialect & 15; low != 0 || dialect>>8 == 3 && dialect>>4&15 == 1 {
			s.ProtocolVersion += "." + itoa(int(low))
		}
	case 0x02ff: // any of SMB 2
	default:
		return no
	}
	if body[2]&2 == 0 {
		addInfo(s, "message signing not required")
	}
	return yes
}

// netbiosNames asks a host for its names (RFC 1002 section 4.2.17).
func netbiosNames() *protocol {
	return &protocol{
		name: "netbios-ns", spec: "RFC 1002 sections 4.2.17 and 4.2.18", udp: []uint16{137}, names: []string{"nmbd"},
		request: func(q question) []byte {
			return concat(q.nonce[:2], []byte{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 32}, []byte("CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), []byte{0, 0, 0x21, 0, 1})
		},
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			id, flags, _, answers := r.bytes(2), r.u16(), r.u16(), r.u16()
			r.u32()
			name, _, kind := r.text(), 0, r.u16()
			r.bytes(6) // class, time to live
			length := int(r.u16())
			whole := len(r.in) == length
			n := int(r.u8())
			if r.bad || !whole || !bytes.Equal(id, h.nonce[:2]) || flags&0x8000 == 0 || answers != 1 || len(name) != 33 || kind != 0x21 || n == 0 || len(r.in) < 18*n {
				return no
			}
			addInfo(s, "name "+printable(string(r.in[:15])))
			return yes
		},
	}
}

// msrpc asks the endpoint mapper to be bound to (C706 section 12.6.4.3).
func msrpc() *protocol {
	const bind, bindAck, bindNak = 11, 12, 13
	return &protocol{
		name: "msrpc", spec: "C706 (DCE 1.1: RPC) section 12.6.4", tcp: []uint16{135},
		request: func(q question) []byte {
			epm := []byte{0x08, 0x83, 0xaf, 0xe1, 0x1f, 0x5d, 0xc9, 0x11, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa, 3, 0, 0, 0}
			ndr := []byte{0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 2, 0, 0, 0}
			body := concat([]byte{0xb8, 0x10, 0xb8, 0x10}, le32(0), []byte{1, 0, 0, 0, 0, 0, 1, 0}, epm, ndr)
			return concat([]byte{5, 0, bind, 3, 0x10, 0, 0, 0}, []byte{byte(16 + len(body)), 0, 0, 0}, q.nonce[:4], body)
		},
		parse: func(h heard, s *Service) verdict {
			if len(h.data) < 16 {
				return prefixOf(h.data, "\x05\x00")
			}
			length := int(binary.LittleEndian.Uint16(h.data[8:]))
			if h.data[0] != 5 || h.data[2] != bindAck && h.data[2] != bindNak || length < 20 || length > 1024 || !bytes.Equal(h.data[12:16], h.nonce[:4]) {
				return no
			}
			s.ProtocolVersion = "5." + itoa(int(h.data[1]))
			return framed(h.data, length)
		},
		rank: 22,
	}
}
