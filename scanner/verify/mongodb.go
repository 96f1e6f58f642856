package verify

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// mongodb answers hello to everybody, then buildInfo, which is allowed before a
// login as well.
func mongodb() *protocol {
	return &protocol{
		name: "mongodb", spec: "MongoDB Wire Protocol, OP_MSG", tcp: []uint16{27017, 27018, 27019},
		names:   []string{"mongod", "mongos"},
		request: func(q question) []byte { return mongoCommand(q.nonce, "hello") },
		parse: func(h heard, s *Service) verdict {
			body, v := readMongo(h.data, h.nonce)
			if v != yes {
				return v
			}
			if !bytes.Contains(body, []byte("\x10maxWireVersion\x00")) {
				return no
			}
			return yes
		},
		complaint: func(in []byte) bool {
			return bytes.Contains(in, []byte("It looks like you are trying to access MongoDB over HTTP"))
		},
		follow: func(t *talk, s *Service) {
			in := t.ask(mongoCommand(t.nonce, "buildInfo"), func(in []byte) bool { _, v := readMongo(in, t.nonce); return v != partial })
			if body, v := readMongo(in, t.nonce); v == yes {
				if version := bsonText(body, "version"); version != "" {
					s.Product, s.Version, s.Evidence.Product = "MongoDB", version, "buildInfo"
					if bytes.Contains(body, []byte("ferretdb")) {
						s.Product, s.Version = "FerretDB", strings.TrimPrefix(bsonText(body, "ferretdbVersion"), "v")
					}
				}
			}
		},
		rank: 12,
	}
}

// mongoCommand is {command: 1, $db: "admin"} in an OP_MSG.
func mongoCommand(n nonce, command string) []byte {
	const opMsg, int32Kind, stringKind = 2013, 0x10, 0x02
	elements := concat([]byte{int32Kind}, []byte(command), []byte{0}, le32(1),
		[]byte{stringKind}, []byte("$db\x00"), le32(6), []byte("admin\x00"))
	document := concat(le32(uint32(4+len(elements)+1)), elements, []byte{0})
	body := concat(le32(0), []byte{0}, document) // flags, section of kind 0
	return concat(le32(uint32(16+len(body))), n[:4], le32(0), le32(opMsg), body)
}

// readMongo is the document in an answer to the request of that nonce.
func readMongo(in []byte, n nonce) ([]byte, verdict) {
	const header, opMsg = 16, 2013
	if len(in) < header {
		return nil, partial
	}
	length := int(binary.LittleEndian.Uint32(in))
	if length < header+5 || length > 1<<20 || !bytes.Equal(in[8:12], n[:4]) || binary.LittleEndian.Uint32(in[12:]) != opMsg {
		return nil, no
	}
	if len(in) < min(length, mostBytes) {
		return nil, partial
	}
	return in[header+5 : min(length, len(in))], yes
}

// bsonText is the string element of that name.
func bsonText(document []byte, name string) string {
	_, rest, ok := bytes.Cut(document, []byte("\x02"+name+"\x00"))
	if !ok || len(rest) < 5 {
		return ""
	}
	n := int(binary.LittleEndian.Uint32(rest))
	if n < 1 || n > 100 || len(rest) < 4+n {
		return ""
	}
	return printable(string(rest[4 : 4+n-1]))
}
