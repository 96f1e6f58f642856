package payload

// table is every request, in the order of the ports. n fills the fields that have
// to be unpredictable.
func table(n nonce) []payload {
	return []payload{
		{53, "domain", "RFC 1035 section 4.1, RFC 6761 section 6.3", dnsQuery(n)},
		{69, "tftp", "RFC 1350 section 5", tftpRead()},
		{111, "rpcbind", "RFC 5531 section 9, RFC 1833 section 3", rpcNull(n)},
		{123, "ntp", "RFC 5905 section 7.3", ntpClient(n)},
		{137, "netbios-ns", "RFC 1002 section 4.2.17", netbiosStatus(n)},
		{161, "snmp", "RFC 3412 section 6, RFC 3414 section 4", snmpDiscovery(n)},
		{177, "xdmcp", "X Display Manager Control Protocol 1.1 section 5", xdmcpQuery()},
		{389, "cldap", "RFC 4511 section 4.5.1, MS-ADTS section 6.3.3", ldapRootSearch()},
		{427, "slp", "RFC 2608 section 10.1", slpTypes(n)},
		{443, "quic", "RFC 8999 section 6, RFC 9000 sections 6 and 14.1", quicVersions(n)},
		{500, "isakmp", "RFC 7296 section 1.2, RFC 8031", ikeInit(n)},
		{520, "rip", "RFC 2453 section 3.9.1", ripRequest()},
		{623, "asf-rmcp", "DMTF DSP0136 section 3.2.4.3", rmcpPing()},
		{1194, "openvpn", "OpenVPN wire protocol, section P_CONTROL_HARD_RESET_CLIENT_V2", openvpnReset(n)},
		{1434, "ms-sql-m", "MC-SQLR section 2.2.2", []byte{clntUcastEx}},
		{1645, "radius", "RFC 2865 section 4.1", radiusAccess(n)},
		{1701, "l2tp", "RFC 2661 section 6.1", l2tpStart(n)},
		{1812, "radius", "RFC 2865 section 4.1", radiusAccess(n)},
		{1900, "ssdp", "UPnP Device Architecture 2.0 section 1.3.2", ssdpSearch()},
		{3478, "stun", "RFC 8489 section 5", stunBinding(n)},
		{3702, "ws-discovery", "WS-Discovery (April 2005) section 5.2", wsdProbe(n)},
		{4500, "ipsec-nat-t", "RFC 3948 section 2.2, RFC 7296 section 1.2", join(nonESPMarker(), ikeInit(n))},
		{5060, "sip", "RFC 3261 section 11, RFC 3581", sipOptions(n)},
		{5351, "nat-pmp", "RFC 6886 section 3.2", natpmpAddress()},
		{5353, "mdns", "RFC 6762 section 5.4, RFC 6763 section 9", mdnsServices()},
		{5683, "coap", "RFC 7252 section 4.3", coapPing(n)},
		{6881, "bittorrent-dht", "BEP 5, section ping", dhtPing(n)},
		{11211, "memcached", "memcached doc/protocol.txt, section UDP protocol", memcachedVersion(n)},
		{27015, "source-engine", "Valve developer wiki, Server queries, A2S_INFO", sourceInfo()},
	}
}

// clntUcastEx asks the SQL Server Browser for its instances.
const clntUcastEx = 0x03

// rpcNull calls procedure 0 of the port mapper (program 100000, version 2),
// which does nothing but answer.
func rpcNull(n nonce) []byte {
	const call, rpcVersion, portmap, portmapVersion, null, authNone = 0, 2, 100000, 2, 0, 0
	return join(n[:4],
		be32(call), be32(rpcVersion), be32(portmap), be32(portmapVersion), be32(null),
		be32(authNone), be32(0), // credentials
		be32(authNone), be32(0)) // verifier
}

// ntpClient is a client's request of NTP version 4. Only the transmit
// timestamp is filled, with noise: the server returns it as it is.
func ntpClient(n nonce) []byte {
	const version4, client = 4 << 3, 3
	packet := make([]byte, 48)
	packet[0] = version4 | client
	copy(packet[40:], n[:8])
	return packet
}

// xdmcpQuery asks a display manager whether it would manage a display, with
// no authentication names.
func xdmcpQuery() []byte {
	const version, query = 1, 2
	names := []byte{0}
	return join(be16(version), be16(query), be16(uint16(len(names))), names)
}

// slpTypes asks for the types of service that an SLP agent knows in the
// default scope, of all naming authorities.
func slpTypes(n nonce) []byte {
	const version, serviceTypeRequest, allAuthorities = 2, 9, 0xffff
	const language, scope = "en", "DEFAULT"
	body := join(
		be16(0), // previous responders
		be16(allAuthorities),
		be16(uint16(len(scope))), []byte(scope))
	length := uint32(14 + len(language) + len(body))
	return join([]byte{version, serviceTypeRequest}, be32(length)[1:],
		be16(0), []byte{0, 0, 0}, // flags, next extension
		n[:2], be16(uint16(len(language))), []byte(language), body)
}

// quicVersions opens a QUIC connection in a version that is reserved to be
// unknown (RFC 9000 section 15), which a server answers with the versions it
// knows, provided the datagram is as long as a first one has to be.
func quicVersions(n nonce) []byte {
	const longHeader, fixedBit, reservedVersion, firstDatagram = 0x80, 0x40, 0x1a2a3a4a, 1200
	packet := join([]byte{longHeader | fixedBit}, be32(reservedVersion),
		[]byte{8}, n[:8], // destination connection
		[]byte{8}, n[8:16]) // source connection
	return append(packet, make([]byte, firstDatagram-len(packet))...)
}

// ripRequest asks a router for its table: one entry of no address family with
// an infinite metric.
func ripRequest() []byte {
	const request, version, infinity = 1, 2, 16
	return join([]byte{request, version, 0, 0}, make([]byte, 16), be32(infinity))
}

// rmcpPing is the presence ping that a management controller (ASF, IPMI)
// answers with a pong.
func rmcpPing() []byte {
	const version, noAck, classASF, asfEnterprise, presencePing = 6, 0xff, 6, 4542, 0x80
	return join([]byte{version, 0, noAck, classASF}, be32(asfEnterprise), []byte{presencePing, 0, 0, 0})
}

// radiusAccess is an Access-Request whose password is noise: a server that
// knows this machine as a client can only reject it. (A Status-Server, RFC
// 5997, would not even be a login that fails, but without the shared secret it
// is never answered.)
func radiusAccess(n nonce) []byte {
	const accessRequest, userName, userPassword, nasIdentifier = 1, 1, 2, 32
	attribute := func(kind byte, value []byte) []byte {
		return join([]byte{kind, byte(2 + len(value))}, value)
	}
	attributes := join(
		attribute(userName, []byte("porthole")),
		attribute(userPassword, n[16:32]),
		attribute(nasIdentifier, []byte("porthole")))
	return join([]byte{accessRequest, n[0]}, be16(uint16(20+len(attributes))), n[:16], attributes)
}

// stunBinding asks a STUN server from which address it was asked.
func stunBinding(n nonce) []byte {
	const bindingRequest, magicCookie = 0x0001, 0x2112a442
	return join(be16(bindingRequest), be16(0), be32(magicCookie), n[:12])
}

// natpmpAddress asks a NAT gateway for its external address.
func natpmpAddress() []byte { return []byte{0, 0} }

// coapPing is an empty confirmable message, which an endpoint has to reject
// with a reset.
func coapPing(n nonce) []byte {
	const version1, confirmable, empty = 1 << 6, 0 << 4, 0
	return join([]byte{version1 | confirmable, empty}, n[:2])
}

// dhtPing asks a node of the BitTorrent DHT for its identifier.
func dhtPing(n nonce) []byte {
	return join([]byte("d1:ad2:id20:"), n[:20], []byte("e1:q4:ping1:t2:ph1:y1:qe"))
}

// memcachedVersion asks for the version, in the frame of memcached's UDP:
// request, sequence number, datagrams in all, reserved.
func memcachedVersion(n nonce) []byte {
	return join(n[:2], be16(0), be16(1), be16(0), []byte("version\r\n"))
}

// sourceInfo asks a game server for its name and players.
func sourceInfo() []byte {
	const single = 0xffffffff // the answer need not be split
	return join(be32(single), []byte("TSource Engine Query\x00"))
}
