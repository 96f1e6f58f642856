package verify

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// quassel offers the protocol of the Quassel core, and introduces itself as a
// client that has not logged in, which the core answers with what it can do (Quassel
// common/protocol.h and common/protocols/datastream).
func quassel() *protocol {
	const magic, encryption, dataStream, last = 0x42b33f00, 1, 2, 1 << 31
	return &protocol{
		name: "quassel", spec: "Quassel src/common/protocol.h and protocols/datastream", tcp: []uint16{4242}, names: []string{"quasselcore"},
		request: func(question) []byte { return concat(be32(magic|encryption), be32(last|dataStream)) },
		parse: func(h heard, s *Service) verdict {
			if len(h.data) < 4 {
				return partialOf(h.data, "\x00\x00\x00\x02", "\x01\x00\x00\x02")
			}
			if len(h.data) != 4 || h.data[0]&^3 != 0 || h.data[1] != 0 || h.data[2] != 0 || h.data[3] != dataStream {
				return no
			}
			s.StartTLS = h.data[0]&encryption != 0
			return yes
		},
		confirm: func(t *talk, s *Service) bool {
			if s.StartTLS { // the choice is made: it goes on in TLS
				seen, ok := t.p.upgrade(t.p.t.Host)
				if !ok {
					return false
				}
				s.TLS, s.Transport = seen, TransportStartTLS
			}
			in := t.ask(quasselHello(), func(in []byte) bool {
				return len(in) > 4 && uint64(len(in)) >= 4+uint64(binary.BigEndian.Uint32(in))
			})
			return bytes.Contains(in, qtText("ClientInitAck")) && bytes.Contains(in, []byte("StorageBackends"))
		},
		rank: 40,
	}
}

// quasselHello is the first message of a client: a list of names and values.
func quasselHello() []byte {
	const text, name, number = 10, 12, 3
	value := func(kind uint32, v []byte) []byte { return concat(be32(kind), []byte{0}, v) }
	key := func(words string) []byte { return value(name, concat(be32(uint32(len(words))), []byte(words))) }
	list := concat(be32(8), key("MsgType"), value(text, qtText("ClientInit")), key("Features"), value(number, be32(0)),
		key("ClientVersion"), value(text, qtText("porthole")), key("ClientDate"), value(text, qtText("")))
	return concat(be32(uint32(len(list))), list)
}

// qtText is a string as Qt writes it: its length in bytes, and UTF-16.
func qtText(words string) []byte {
	wide := utf16BE(words)
	return append(be32(uint32(len(wide))), wide...)
}

func utf16BE(words string) (out []byte) {
	for _, c := range utf16.Encode([]rune(words)) {
		out = binary.BigEndian.AppendUint16(out, c)
	}
	return out
}
