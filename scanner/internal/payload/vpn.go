package payload

// ikeInit is the first message of an IKEv2 exchange, whole enough that a
// responder has to answer it: with its own half, with the group it wants
// (INVALID_KE_PAYLOAD), or with NO_PROPOSAL_CHOSEN. Any 32 bytes are a public
// key of Curve25519, so noise will do.
func ikeInit(n nonce) []byte {
	const (
		payloadNone, payloadSA, payloadKE, payloadNonce = 0, 33, 34, 40

		version2, saInit, initiator = 0x20, 34, 0x08
		curve25519                  = 31
	)
	body := join(
		ikePayload(payloadKE, ikeProposal()),
		ikePayload(payloadNonce, be16(curve25519), be16(0), n[:32]),
		ikePayload(payloadNone, n[:32]))
	return join(n[:8], make([]byte, 8), // the responder has no SPI yet
		[]byte{payloadSA, version2, saInit, initiator},
		be32(0), be32(uint32(28+len(body))), body)
}

// ikePayload is a payload with the generic header of RFC 7296 section 3.2,
// which names the kind of the payload after it.
func ikePayload(next byte, content ...[]byte) []byte {
	body := join(content...)
	return join([]byte{next, 0}, be16(uint16(4+len(body))), body)
}

// ikeProposal offers AES-CBC-256, HMAC-SHA2-256 and the groups 31 and 14 (RFC
// 7296 section 3.3, RFC 8247 section 2).
func ikeProposal() []byte {
	const (
		encryption, prf, integrity, group = 1, 2, 3, 4

		aesCBC, prfSHA256, authSHA256 = 12, 5, 12
		keyLength256                  = 0x800e0100 // an attribute: type 14, value 256
	)
	transform := func(last byte, kind byte, id uint16, attribute ...byte) []byte {
		return join([]byte{last, 0}, be16(uint16(8+len(attribute))), []byte{kind, 0}, be16(id), attribute)
	}
	const more, last = 3, 0
	transforms := join(
		transform(more, encryption, aesCBC, be32(keyLength256)...),
		transform(more, prf, prfSHA256),
		transform(more, integrity, authSHA256),
		transform(more, group, 31),
		transform(last, group, 14))
	const number, protocolIKE, spiSize, count = 1, 1, 0, 5
	return join([]byte{last, 0}, be16(uint16(8+len(transforms))),
		[]byte{number, protocolIKE, spiSize, count}, transforms)
}

// nonESPMarker stands before IKE on the port where ESP travels too.
func nonESPMarker() []byte { return make([]byte, 4) }

// openvpnReset is a client's first message: a session of its own, nothing to
// acknowledge, message 0. A server that asks for a TLS-auth key ignores it.
func openvpnReset(n nonce) []byte {
	const hardResetClientV2, keyID = 7 << 3, 0
	return join([]byte{hardResetClientV2 | keyID}, n[:8], []byte{0}, be32(0))
}

// l2tpStart asks for a tunnel (SCCRQ), which is answered with SCCRP or
// StopCCN. It is given up by the far end when nothing more comes.
func l2tpStart(n nonce) []byte {
	const control = 0xc802 // type, length and sequence bits, version 2
	const messageType, protocolVersion, framing, hostName, tunnelID = 0, 2, 3, 7, 9
	const startRequest, version1, bothFramings = 1, 0x0100, 3
	avp := func(kind uint16, value []byte) []byte {
		const mandatory, vendorIETF = 0x8000, 0
		return join(be16(mandatory|uint16(6+len(value))), be16(vendorIETF), be16(kind), value)
	}
	body := join(
		avp(messageType, be16(startRequest)),
		avp(protocolVersion, be16(version1)),
		avp(framing, be32(bothFramings)),
		avp(hostName, []byte("porthole")),
		avp(tunnelID, []byte{n[0] | 1, n[1]})) // not 0
	return join(be16(control), be16(uint16(12+len(body))),
		be16(0), be16(0), // no tunnel, no session yet
		be16(0), be16(0), // sequence numbers
		body)
}
