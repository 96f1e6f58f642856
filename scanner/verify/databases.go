package verify

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// cassandra lists its options to everybody (CQL native protocol v4, section
// 4.1.3 OPTIONS and 4.2.4 SUPPORTED).
func cassandra() *protocol {
	const request4, response4, options, supported, errorCode = 4, 0x84, 5, 6, 0
	return &protocol{
		name: "cassandra", spec: "CQL binary protocol v4 sections 2 and 4", tcp: []uint16{9042, 9142},
		request: func(q question) []byte {
			return []byte{request4, 0, q.nonce[0] & 0x7f, q.nonce[1], options, 0, 0, 0, 0}
		},
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			version, _, hi, lo, op, length := r.u8(), r.u8(), r.u8(), r.u8(), r.u8(), r.u32()
			if r.bad {
				return partialIf(len(h.data) == 0 || version&0x80 != 0)
			}
			if version&0x80 == 0 || version&0x7f > 5 || hi != h.nonce[0]&0x7f || lo != h.nonce[1] || op != supported || length > 4096 {
				return no
			}
			if len(r.in) < int(length) {
				return partial
			}
			if !bytes.Contains(r.in, []byte("\x00\x0bCQL_VERSION")) {
				return no
			}
			s.ProtocolVersion = versionAfter(string(r.in), "CQL_VERSION\x00\x01\x00\x05")
			return yes
		},
		complaint: func(in []byte) bool {
			return bytes.Contains(in, []byte("Invalid or unsupported protocol version"))
		},
		rank: 30,
	}
}

// clickhouse refuses a web browser on its own port in plain words. Its own
// greeting would take a login.
func clickhouse() *protocol {
	return &protocol{
		name: "clickhouse", spec: "ClickHouse src/Server/TCPHandler.cpp, receiveHello",
		unasked: true,
		request: func(question) []byte { return []byte("GET / HTTP/1.0\r\n\r\n") },
		parse: func(h heard, s *Service) verdict {
			if !bytes.Contains(h.data, []byte(" is for clickhouse-client program")) {
				return prefixOf(h.data, "HTTP/1.0 400")
			}
			s.Product, s.Evidence.Product = "ClickHouse", "error message"
			return yes
		},
	}
}

// mssql asks for the version before any login (MS-TDS section 2.2.6.5).
func mssql() *protocol {
	const prelogin, response, lastPacket = 0x12, 0x04, 1
	return &protocol{
		name: "mssql", spec: "MS-TDS sections 2.2.3.1 and 2.2.6.5", tcp: []uint16{1433, 2433},
		request: func(question) []byte {
			options := []byte{0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff} // version, encryption, end
			body := concat(options, make([]byte, 6), []byte{2})     // encryption is not supported
			return concat([]byte{prelogin, lastPacket}, be16(uint16(8+len(body))), []byte{0, 0, 0, 0}, body)
		},
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			kind, status, length := r.u8(), r.u8(), r.u16()
			r.bytes(4)
			if r.bad {
				return partialIf(len(h.data) == 0 || kind == response)
			}
			if kind != response || status != lastPacket || length < 20 || length > 512 {
				return no
			}
			if len(h.data) < int(length) {
				return partial
			}
			body := reader{in: h.data[8:length]}
			option, offset, size := body.u8(), int(body.u16()), int(body.u16())
			if body.bad || option != 0 || size != 6 || offset+size > int(length)-8 {
				return no
			}
			v := h.data[8+offset:]
			s.Product, s.Evidence.Product = "Microsoft SQL Server", "PRELOGIN"
			s.Version = itoa(int(v[0])) + "." + itoa(int(v[1])) + "." + itoa(int(v[2])<<8|int(v[3]))
			return yes
		},
		rank: 20,
	}
}

// oracle asks the listener for its version, which it tells to everybody or
// refuses in words of its own.
func oracle() *protocol {
	const connect, refuse = 1, 4
	return &protocol{
		name: "oracle-tns", spec: "Oracle Net, TNS packets CONNECT and REFUSE", tcp: []uint16{1521, 1526},
		request: func(question) []byte {
			data := []byte("(CONNECT_DATA=(COMMAND=version))")
			head := concat(be16(0x0136), be16(0x012c), be16(0), be16(0x0800), be16(0x7fff), be16(0x7f08), be16(0),
				be16(1), be16(uint16(len(data))), be16(58), be32(0), []byte{0, 0}, make([]byte, 24))
			return concat(be16(uint16(8+len(head)+len(data))), be16(0), []byte{connect, 0}, be16(0), head, data)
		},
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			length, _, kind := r.u16(), r.u16(), r.u8()
			if r.bad {
				return partial
			}
			if length < 12 || length > 2048 || kind != refuse && kind != 2 {
				return no
			}
			if len(h.data) < int(length) {
				return partial
			}
			text := string(h.data[8:length])
			if !strings.Contains(text, "(DESCRIPTION=") && !strings.Contains(text, "(VSNNUM=") {
				return no
			}
			if n := versionAfter(text, "(VSNNUM="); n != "" {
				s.Product, s.Evidence.Product = "Oracle TNS listener", "VSNNUM"
				s.Version = oracleVersion(n)
			}
			return yes
		},
		rank: 31,
	}
}

// oracleVersion takes 318767104 apart, which is 19.0.0.0.0. An int of 32 bits
// holds all that it takes.
func oracleVersion(number string) string {
	n := 0
	for _, c := range []byte(number) {
		if c < '0' || c > '9' || n > 1<<27 {
			return ""
		}
		n = n*10 + int(c-'0')
	}
	return itoa(n>>24) + "." + itoa(n>>20&15) + "." + itoa(n>>12&255) + "." + itoa(n>>8&15) + "." + itoa(n&255)
}

// bolt offers versions of Neo4j's protocol and is told which was chosen.
func bolt() *protocol {
	return &protocol{
		name: "bolt", spec: "Bolt protocol, section Handshake", tcp: []uint16{7687}, names: []string{"neo4j"},
		request: func(question) []byte {
			return concat(be32(0x6060b017), be32(0x00000405), be32(0x00000304), be32(4), be32(3))
		},
		parse: func(h heard, s *Service) verdict {
			if len(h.data) < 4 {
				return partialIf(len(h.data) == 0 || h.data[0] == 0)
			}
			version := binary.BigEndian.Uint32(h.data)
			fits := len(h.data) == 4 && (version == 3 || version&0xffff00ff == 4 || version&0xffff00ff == 5) && version>>8&0xff <= 4
			if fits {
				s.ProtocolVersion = itoa(int(version&0xff)) + "." + itoa(int(version>>8&0xff))
			}
			return yesIf(fits)
		},
		rank: 28,
	}
}

// tarantool greets with two lines of 64 bytes.
func tarantool() *protocol {
	return &protocol{
		name: "tarantool", spec: "Tarantool binary protocol, section Greeting message", tcp: []uint16{3301}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			const greeting = 128
			if len(h.data) < greeting {
				return prefixOf(h.data, "Tarantool ")
			}
			line, _ := firstLine(h.data)
			rest, ok := strings.CutPrefix(line, "Tarantool ")
			if !ok || h.data[63] != '\n' || h.data[127] != '\n' {
				return no
			}
			s.Product, s.Version, s.Evidence.Product = "Tarantool", versionAfter("="+rest, "="), "greeting"
			return yes
		},
	}
}
