package payload

// Tags of BER (X.690 section 8.1.2) as SNMP and LDAP use them.
const (
	tagBoolean     = 0x01
	tagInteger     = 0x02
	tagOctetString = 0x04
	tagEnumerated  = 0x0a
	tagSequence    = 0x30
	tagGetRequest  = 0xa0 // SNMP: context 0, constructed (RFC 3416 section 3)
	tagSearch      = 0x63 // LDAP: application 3, constructed (RFC 4511 section 4.5.1)
	tagPresent     = 0x87 // LDAP filter: context 7 (RFC 4511 section 4.5.1)
)

// snmpDiscovery is the request with which an SNMPv3 manager starts: a get
// without user, engine or variables, which an agent answers with a report that
// names its engine. It needs no community and guesses none.
func snmpDiscovery(n nonce) []byte {
	const version3, largestMessage, reportable, userSecurity = 3, 65507, 0x04, 3
	number := ber(tagInteger, []byte{n[0]&0x3f | 0x40, n[1], n[2], n[3]}) // positive, in its shortest form
	empty := ber(tagOctetString)
	zero := ber(tagInteger, []byte{0})
	return ber(tagSequence,
		ber(tagInteger, []byte{version3}),
		ber(tagSequence,
			number,
			ber(tagInteger, be32(largestMessage)[1:]),
			ber(tagOctetString, []byte{reportable}),
			ber(tagInteger, []byte{userSecurity})),
		ber(tagOctetString, ber(tagSequence, empty, zero, zero, empty, empty, empty)),
		ber(tagSequence, empty, empty,
			ber(tagGetRequest, number, zero, zero, ber(tagSequence))))
}

// ldapRootSearch asks a directory for its root entry, which says who it is:
// the LDAP ping, with nothing but the version wanted.
func ldapRootSearch() []byte {
	const messageID, baseObject, neverDereference, noLimit, typesToo = 1, 0, 0, 0, 0
	return ber(tagSequence,
		ber(tagInteger, []byte{messageID}),
		ber(tagSearch,
			ber(tagOctetString), // the root
			ber(tagEnumerated, []byte{baseObject}),
			ber(tagEnumerated, []byte{neverDereference}),
			ber(tagInteger, []byte{noLimit}),
			ber(tagInteger, []byte{noLimit}),
			ber(tagBoolean, []byte{typesToo}),
			ber(tagPresent, []byte("objectClass")),
			ber(tagSequence, ber(tagOctetString, []byte("supportedLDAPVersion")))))
}

// ber is a BER value of up to 65,535 bytes with its tag and length.
func ber(tag byte, parts ...[]byte) []byte {
	content := join(parts...)
	switch length := len(content); {
	case length < 0x80:
		return join([]byte{tag, byte(length)}, content)
	case length <= 0xff:
		return join([]byte{tag, 0x81, byte(length)}, content)
	default:
		return join([]byte{tag, 0x82}, be16(uint16(length)), content)
	}
}
