package payload

import (
	"encoding/binary"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// dnsQuery asks for the address of localhost, which a server answers or
// refuses by itself and does not pass on.
func dnsQuery(n nonce) []byte {
	return question(dnsmessage.Header{ID: binary.BigEndian.Uint16(n[:2]), RecursionDesired: true},
		"localhost.", dnsmessage.TypeA, dnsmessage.ClassINET)
}

// mdnsServices asks for the types of service on the link, with the bit that
// wants the answer sent to us and not to everybody.
func mdnsServices() []byte {
	const unicastResponse = 1 << 15
	return question(dnsmessage.Header{}, "_services._dns-sd._udp.local.",
		dnsmessage.TypePTR, dnsmessage.ClassINET|unicastResponse)
}

// netbiosStatus asks for the names of a node, by the wildcard name "*". A
// NetBIOS name is 16 bytes, each written as two letters from A (RFC 1001
// section 14.1).
func netbiosStatus(n nonce) []byte {
	const typeNBSTAT, star, null = 0x21, "CK", "AA"
	return question(dnsmessage.Header{ID: binary.BigEndian.Uint16(n[:2])},
		star+strings.Repeat(null, 15)+".", typeNBSTAT, dnsmessage.ClassINET)
}

// question is a DNS message with one question. The names above are constants
// that fit one, so that nothing here fails.
func question(h dnsmessage.Header, name string, kind dnsmessage.Type, class dnsmessage.Class) []byte {
	m := dnsmessage.Message{
		Header:    h,
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: kind, Class: class}},
	}
	packed, err := m.Pack()
	if err != nil {
		return nil
	}
	return packed
}
