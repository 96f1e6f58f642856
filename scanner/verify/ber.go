package verify

// Tags of BER (X.690 section 8.1.2) as SNMP, LDAP and Kerberos use them.
const (
	tagBoolean  = 0x01
	tagInteger  = 0x02
	tagOctets   = 0x04
	tagOID      = 0x06
	tagEnum     = 0x0a
	tagSequence = 0x30
	tagReport   = 0xa8 // SNMP: context 8 (RFC 3416 section 3)
)

// ber is a value of up to 65,535 bytes with its tag and length.
func ber(tag byte, parts ...[]byte) []byte {
	content := concat(parts...)
	switch length := len(content); {
	case length < 0x80:
		return concat([]byte{tag, byte(length)}, content)
	case length <= 0xff:
		return concat([]byte{tag, 0x81, byte(length)}, content)
	default:
		return concat([]byte{tag, 0x82}, be16(uint16(length)), content)
	}
}

// value takes the next BER value: its tag and content.
func (r *reader) value() (tag byte, content []byte) {
	tag = r.u8()
	length := int(r.u8())
	if length >= 0x80 {
		n := length & 0x7f
		if n == 0 || n > 4 {
			r.bad = true
			return 0, nil
		}
		length = 0
		for range n {
			length = length<<8 | int(r.u8())
		}
	}
	content = r.bytes(length)
	return tag, content
}

// want takes the next value, which must have that tag, and opens it.
func (r *reader) want(tag byte) reader {
	got, content := r.value()
	if got != tag {
		r.bad = true
	}
	return reader{in: content, bad: r.bad}
}

// berWhole judges whether a whole value with that tag has come.
func berWhole(in []byte, tag byte) verdict {
	if len(in) > 0 && in[0] != tag {
		return no
	}
	r := reader{in: in}
	if r.value(); r.bad {
		return partialIf(len(in) < mostBytes && (len(in) < 2 || in[1] <= 0x84))
	}
	return yes
}
