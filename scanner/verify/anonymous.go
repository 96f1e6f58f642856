package verify

import (
	"context"
	"slices"
)

// anonymousSuites are those of TLS 1.2 in which nobody shows a certificate (RFC 5246
// appendix A.5, RFC 5288, RFC 8422 section 6). NRPE has no others unless it is told to.
func anonymousSuites() []uint16 {
	return []uint16{0x00a7, 0x00a6, 0x006d, 0x006c, 0x003a, 0x0034, 0xc019, 0xc018, 0xc017, 0x0089, 0x0046, 0x001b, 0x0018}
}

// askAnonymous offers these suites to a server that refused all others, and notes if it
// takes one: whoever stands between can pass for it. The handshake goes no further.
func (p *port) askAnonymous(ctx context.Context) {
	if p.s.TLS == nil || p.s.TLS.Alert != "handshake failure" || p.s.TLS.Version != "" {
		return
	}
	p.secure = false // the connection is not to be made inside TLS
	defer func() { p.secure = true }()
	if !p.connect(ctx) {
		return
	}
	r := p.exchange(anonymousHello(p.nonce()), p.wait, func(r reply) verdict { return readTLS(r.data) })
	if suite, ok := chosenSuite(r.data); ok && slices.Contains(anonymousSuites(), suite) {
		addInfo(&p.s, "TLS without a certificate (anonymous Diffie-Hellman)")
	}
}

// anonymousHello is a ClientHello of TLS 1.2 with these suites (RFC 5246 section
// 7.4.1.2).
func anonymousHello(n nonce) []byte {
	const handshake, clientHello, groups, formats = 22, 1, 10, 11
	extension := func(kind uint16, body []byte) []byte { return concat(be16(kind), be16(uint16(len(body))), body) }
	var suites []byte
	for _, suite := range anonymousSuites() {
		suites = append(suites, be16(suite)...)
	}
	extensions := concat(extension(groups, concat(be16(6), be16(29), be16(23), be16(24))), extension(formats, []byte{1, 0}))
	body := concat([]byte{3, 3}, n[:], n[:], []byte{0}, be16(uint16(len(suites))), suites, []byte{1, 0}, be16(uint16(len(extensions))), extensions)
	message := concat([]byte{clientHello}, be32(uint32(len(body)))[1:], body)
	return concat([]byte{handshake, 3, 1}, be16(uint16(len(message))), message)
}

// chosenSuite is the suite in a ServerHello (RFC 5246 section 7.4.1.3).
func chosenSuite(in []byte) (suite uint16, ok bool) {
	const handshake, serverHello = 22, 2
	r := reader{in: in}
	kind, major := r.u8(), r.u8()
	r.bytes(3) // the rest of the version, and the length
	message := r.u8()
	r.bytes(3 + 2 + 32) // length, version, random
	r.bytes(int(r.u8()))
	suite = r.u16()
	return suite, !r.bad && kind == handshake && major == 3 && message == serverHello
}
