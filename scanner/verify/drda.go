package verify

import (
	"bytes"
	"strings"
)

// drda asks a database of IBM's kind who it is, before anybody logs in (DRDA volume
// 3, EXCSAT and EXCSATRD). Derby and Db2 speak it.
func drda() *protocol {
	const request, reply, header = 1, 2, 10
	const exchange, answer, syntaxError = 0x1041, 0x1443, 0x124c
	const serverName, className, release = 0x115e, 0x1147, 0x115a
	parameter := func(code uint16, value []byte) []byte {
		return concat(be16(uint16(len(value)+4)), be16(code), value)
	}
	return &protocol{
		name: "drda", spec: "DRDA volume 3, EXCSAT, EXCSATRD and SYNTAXRM", tcp: []uint16{1527, 50000, 446}, names: []string{"db2sysc"},
		request: func(q question) []byte {
			const managers = "\x14\x03\x00\x07\x24\x07\x00\x07\x14\x74\x00\x05\x14\x40\x00\x07\x24\x0f\x00\x07"
			name := toEBCDIC("PORTHOLE")
			object := parameter(exchange, concat(parameter(serverName, name), parameter(release, name), parameter(0x1404, []byte(managers)), parameter(className, name)))
			return concat(be16(uint16(len(object)+6)), []byte{0xd0, request, 0, 1}, object)
		},
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			length, magic, kind, id, inner, code := int(r.u16()), r.u8(), r.u8()&15, r.u16(), int(r.u16()), r.u16()
			if r.bad {
				return partialIf(len(h.data) < 3 || magic == 0xd0)
			}
			if magic != 0xd0 || kind != reply || id != 1 || inner != length-6 || code != answer || length < header {
				return no
			}
			if len(h.data) < length {
				return partial
			}
			values := map[uint16]string{}
			for r.in = h.data[header:length]; len(r.in) > 0 && !r.bad; {
				size, code := int(r.u16()), r.u16()
				values[code] = fromEBCDIC(r.bytes(size - 4))
			}
			class := printable(values[className])
			if r.bad || class == "" {
				return no
			}
			s.Product, s.Version = databaseOf(class, values[release])
			s.Evidence.Product = "SRVCLSNM"
			return yes
		},
		complaint: func(in []byte) bool {
			return len(in) >= header && in[2] == 0xd0 && bytes.Equal(in[8:10], be16(syntaxError))
		},
	}
}

// databaseOf reads the class and the release of a server: "Apache Derby" and
// "CSS10140/10.14.2.0", "QDB2/LINUXX8664" and "SQL11055".
func databaseOf(class, release string) (product, version string) {
	if !strings.HasPrefix(class, "QDB2") {
		return class, versionAfter(release, "/")
	}
	if digits, ok := strings.CutPrefix(release, "SQL"); ok && len(digits) == 5 && isDigits(digits) {
		version = strings.TrimPrefix(digits[:2], "0") + "." + strings.TrimPrefix(digits[2:4], "0") + "." + digits[4:]
	}
	return "IBM Db2", version
}

// ebcdic are the letters, digits and signs of code page 500 that stand in a row
// there, each row with the place of its first.
func ebcdic() map[byte]string {
	return map[byte]string{0x40: " ", 0x4b: ".", 0x4d: "(", 0x5d: ")", 0x60: "-/", 0x6d: "_", 0x6f: "?", 0x7a: ":", 0x81: "abcdefghi", 0x91: "jklmnopqr", 0xa2: "stuvwxyz",
		0xc1: "ABCDEFGHI", 0xd1: "JKLMNOPQR", 0xe2: "STUVWXYZ", 0xf0: "0123456789"}
}

func toEBCDIC(text string) (out []byte) {
	for _, c := range []byte(text) {
		for first, row := range ebcdic() {
			if i := strings.IndexByte(row, c); i >= 0 {
				out = append(out, first+byte(i))
			}
		}
	}
	return out
}

func fromEBCDIC(in []byte) string {
	var b strings.Builder
	for _, c := range in {
		for first, row := range ebcdic() {
			if i := int(c) - int(first); i >= 0 && i < len(row) {
				b.WriteByte(row[i])
			}
		}
	}
	return b.String()
}
