package verify

import (
	"bytes"
	"strings"
)

const (
	ldapSearch = 0x63 // application 3 (RFC 4511 section 4.5.1)
	ldapEntry  = 0x64 // application 4
	ldapDone   = 0x65 // application 5
)

// ldap asks a directory for its root entry, which says who it is (RFC 4512
// section 5.1).
func ldap() *protocol {
	return &protocol{
		name: "ldap", spec: "RFC 4511 section 4.5.1, RFC 4512 section 5.1", tcp: []uint16{389, 3268}, tls: []uint16{636, 3269},
		names: []string{"slapd", "ns-slapd"},
		request: func(q question) []byte {
			return rootDSE(q.nonce, "supportedLDAPVersion", "vendorName", "vendorVersion", "objectClass", "supportedExtension", "dnsHostName", "defaultNamingContext", "isGlobalCatalogReady")
		},
		parse: func(h heard, s *Service) verdict { return parseLDAP(h, s) },
		rank:  3,
	}
}

// cldap is the same over UDP (RFC 1798, MS-ADTS section 6.3.3).
func cldap() *protocol {
	return &protocol{
		name: "ldap", spec: "MS-ADTS section 6.3.3", udp: []uint16{389},
		request: func(q question) []byte { return rootDSE(q.nonce, "supportedLDAPVersion", "vendorName") },
		parse:   func(h heard, s *Service) verdict { return parseLDAP(h, s) },
	}
}

// messageID is a positive number of four bytes.
func messageID(n nonce) []byte { return []byte{n[0]&0x3f | 0x40, n[1], n[2], n[3]} }

func rootDSE(n nonce, attributes ...string) []byte {
	const baseObject, neverDereference, present = 0, 0, 0x87
	var list [][]byte
	for _, a := range attributes {
		list = append(list, ber(tagOctets, []byte(a)))
	}
	return ber(tagSequence,
		ber(tagInteger, messageID(n)),
		ber(ldapSearch,
			ber(tagOctets), // the root
			ber(tagEnum, []byte{baseObject}),
			ber(tagEnum, []byte{neverDereference}),
			ber(tagInteger, []byte{0}), // no limit of entries
			ber(tagInteger, []byte{5}), // seconds
			ber(tagBoolean, []byte{0}), // values too
			ber(present, []byte("objectClass")),
			ber(tagSequence, list...)))
}

// parseLDAP reads the root entry, or the refusal to give it.
func parseLDAP(h heard, s *Service) verdict {
	if v := berWhole(h.data, tagSequence); v != yes {
		return v
	}
	all := reader{in: h.data}
	message := all.want(tagSequence)
	id := message.want(tagInteger)
	tag, content := message.value()
	if message.bad || !bytes.Equal(id.in, messageID(h.nonce)) || tag != ldapEntry && tag != ldapDone {
		return no
	}
	s.ProtocolVersion = "3"
	if tag == ldapDone {
		const success, strongerAuthRequired, inappropriateAuthentication, insufficientAccess = 0, 8, 48, 50
		result := reader{in: content}
		code := result.want(tagEnum)
		if result.bad || len(code.in) != 1 {
			return no
		}
		s.WantsCredentials = code.in[0] == strongerAuthRequired || code.in[0] == inappropriateAuthentication || code.in[0] == insufficientAccess
		return yes
	}
	takeRootDSE(s, content)
	return yes
}

// takeRootDSE reads the attributes of the root entry.
func takeRootDSE(s *Service, entry []byte) {
	const tagSet = 0x31
	r := reader{in: entry}
	r.want(tagOctets)
	list := r.want(tagSequence)
	values := make(map[string][]string)
	for len(list.in) > 0 && !list.bad {
		attribute := list.want(tagSequence)
		name := strings.ToLower(string(attribute.want(tagOctets).in))
		set := attribute.want(tagSet)
		for len(set.in) > 0 && !set.bad {
			values[name] = append(values[name], printable(string(set.want(tagOctets).in)))
		}
	}
	first := func(name string) string { return append(values[name], "")[0] }
	vendor, version := first("vendorname"), first("vendorversion")
	switch {
	case contains(strings.Join(values["objectclass"], " "), "OpenLDAProotDSE"):
		s.Product, s.Evidence.Product = "OpenLDAP", "objectClass"
	case vendor != "":
		s.Product, s.Evidence.Product = vendor, "vendorName"
		if name, v, ok := strings.Cut(version, "/"); ok {
			s.Product, version = name, v
		}
		s.Version, _, _ = strings.Cut(cleanVersion(version), " ")
	case first("isglobalcatalogready") != "" || first("defaultnamingcontext") != "" && first("dnshostname") != "":
		s.Product, s.Evidence.Product = "Active Directory", "rootDSE"
	}
	const startTLS = "1.3.6.1.4.1.1466.20037"
	for _, oid := range values["supportedextension"] {
		s.StartTLS = s.StartTLS || oid == startTLS
	}
	addInfo(s, first("dnshostname"))
}
