package verify

import (
	"bytes"
	"net"
	"strings"
	"testing"
)

// amqpStart is what RabbitMQ begins with (AMQP 0-9-1 section 1.4.2.1).
func amqpStart() []byte {
	text := func(name, value string) []byte {
		return concat([]byte{byte(len(name))}, []byte(name+"S"), be32(uint32(len(value))), []byte(value))
	}
	table := concat(text("product", "RabbitMQ"), text("version", "3.10.8"), text("platform", "Erlang/OTP 25.2.3"))
	body := concat(be16(10), be16(10), []byte{0, 9}, be32(uint32(len(table))), table, be32(5), []byte("PLAIN"), be32(5), []byte("en_US"))
	return concat([]byte{1}, be16(0), be32(uint32(len(body))), body, []byte{0xce})
}

// after answers a request that begins so, and closes on any other.
func after(begin string, answer []byte) func(net.Conn) {
	return byRequest(func(request []byte) []byte {
		if strings.HasPrefix(string(request), begin) {
			return answer
		}
		if strings.HasPrefix(begin, string(request)) {
			return more
		}
		return nil
	})
}

// TestDocumentedNumbers holds what is known by the number alone where to ask, or
// greets, by the words of its document.
func TestDocumentedNumbers(t *testing.T) {
	property := func(name, value string) []byte {
		return concat(be16(uint16(len(name))), []byte(name), []byte{9}, be16(uint16(len(value))), []byte(value))
	}
	openwireInfo := concat([]byte{1}, []byte("ActiveMQ"), be32(12), []byte{1}, be32(2), property("ProviderName", "ActiveMQ"), property("ProviderVersion", "5.17.2"))
	pptpReply := concat(be16(156), be16(1), be32(0x1a2b3c4d), be16(2), be16(0), be16(0x0100), []byte{1, 0}, be32(0), be32(0), be16(1), be16(1),
		[]byte("gate"), make([]byte, 60), []byte("linux"), make([]byte, 59))
	status := `{"version":{"name":"1.20.4","protocol":765},"players":{"max":20,"online":0}}`
	refusal := "(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR=1189)(ERROR_STACK=(ERROR=(CODE=1189)(EMFI=4))))"
	quotation := func(conn net.Conn) { conn.Write([]byte("All work and no play makes Jack a dull boy.\r\n")) }
	for _, tt := range []struct {
		name, protocol, product, version, ownVersion string
		number                                       uint16
		serve                                        func(net.Conn)
	}{
		{"RabbitMQ", "amqp", "RabbitMQ", "3.10.8", "0-9-1", 5672, after("AMQP\x00\x00\x09\x01", amqpStart())},
		{"RabbitMQ elsewhere", "amqp", "RabbitMQ", "3.10.8", "0-9-1", 31000, byRequest(func(request []byte) []byte {
			if string(request) == "AMQP\x00\x00\x09\x01" {
				return amqpStart()
			}
			return []byte("AMQP\x00\x00\x09\x01")
		})},
		{"AMQP 1.0", "amqp", "", "", "1.0", 5672, always("AMQP\x00\x01\x00\x00")},
		{"STOMP", "stomp", "", "", "", 61613, after("CONNECT\n", []byte("ERROR\nversion:1.0,1.1,1.2\ncontent-type:text/plain\n\nSupported versions are 1.0,1.1,1.2\n\x00"))},
		{"ActiveMQ", "openwire", "Apache ActiveMQ", "5.17.2", "12", 61616, greet(string(concat(be32(uint32(len(openwireInfo))), openwireInfo)))},
		{"LMTP", "lmtp", "Cyrus", "", "", 24, greet("220 mail.example Cyrus LMTP server ready\r\n")},
		{"ClamAV", "clamd", "ClamAV", "1.0.3", "", 3310, after("nVERSION\n", []byte("ClamAV 1.0.3/27105/Sun Nov 29 08:00:00 2026\n"))},
		{"nsqd", "nsq", "nsqd", "", "", 4150, after("  V0", []byte("\x00\x00\x00\x12\x00\x00\x00\x01E_BAD_PROTOCOL"))},
		{"nsqlookupd elsewhere", "nsq", "nsqlookupd", "", "", 31000, always("\x00\x00\x00\x0eE_BAD_PROTOCOL")},
		{"SHOUTcast", "icy", "SHOUTcast", "1.9.8", "", 8000, after("GET ", []byte("ICY 200 OK\r\nicy-notice1:<BR>This stream requires Winamp<BR>\r\nicy-notice2:SHOUTcast Distributed Network Audio Server/Linux v1.9.8<BR>\r\nicy-name:x\r\n\r\n"))},
		{"SPICE", "spice", "", "", "2.2", 5930, after("REDQ", concat([]byte("REDQ"), le32(2), le32(2), le32(178), make([]byte, 178)))},
		{"FreeSWITCH", "freeswitch-event", "", "", "", 8021, greet("Content-Type: auth/request\n\n")},
		{"Ceph", "ceph", "", "", "2", 6789, greet("ceph v2\n")},
		{"TeamSpeak", "teamspeak-query", "TeamSpeak", "", "", 10011, greet("TS3\n\rWelcome to the TeamSpeak 3 ServerQuery interface.\n\r")},
		{"PPTP", "pptp", "linux", "", "", 1723, after("\x00\x9c\x00\x01\x1a\x2b\x3c\x4d", pptpReply)},
		{"Minecraft", "minecraft", "Minecraft", "1.20.4", "", 25565, after("", concat([]byte{byte(2 + len(status)), 0, byte(len(status))}, []byte(status)))},
		{"Oracle", "oracle-tns", "Oracle TNS listener", "19.0.0.0.0", "", 1521,
			after("\x00", concat(be16(uint16(12+len(refusal))), be16(0), []byte{4, 0}, be16(0), []byte{34, 0}, be16(uint16(len(refusal))), []byte(refusal)))},
		{"RDP that wants its own security", "rdp", "", "", "", 3389, after("\x03\x00\x00\x13\x0e\xe0", []byte("\x03\x00\x00\x13\x0e\xd0\x00\x00\x124\x00\x03\x00\x08\x00\x05\x00\x00\x00"))},
		{"RDP elsewhere", "rdp", "", "", "", 31000, byRequest(func(request []byte) []byte {
			if strings.HasPrefix(string(request), "\x03\x00\x00\x13\x0e\xe0") {
				return []byte("\x03\x00\x00\x13\x0e\xd0\x00\x00\x124\x00\x03\x00\x08\x00\x05\x00\x00\x00")
			}
			return []byte("\x03\x00\x00\x09\x02\xf0\x80\x21\x80")
		})},
		{"RDP before it had a choice", "rdp", "", "", "", 3389, after("\x03\x00\x00\x13\x0e\xe0", []byte("\x03\x00\x00\x0b\x06\xd0\x00\x00\x124\x00"))},
		{"a quotation", "qotd", "", "", "", 17, quotation},
		{"a quotation elsewhere", "", "", "", "", 31000, quotation},
		{"discard", "", "", "", "", 9, swallow},
		{"MS-RPC", "msrpc", "", "", "5.0", 135, byRequest(func(request []byte) []byte {
			if len(request) < 16 || request[0] != 5 {
				return nil
			}
			body := concat([]byte{0xb8, 0x10, 0xb8, 0x10, 1, 0, 0, 0, 4, 0}, []byte("135\x00"), []byte{0, 0, 1, 0, 0, 0}, make([]byte, 24))
			return concat([]byte{5, 0, 12, 3, 0x10, 0, 0, 0, byte(16 + len(body)), 0, 0, 0}, request[12:16], body)
		})},
	} {
		s, f := ask(t, tt.number, tt.serve, Verifier{})
		if s.Protocol != tt.protocol || s.Product != tt.product || s.Version != tt.version || s.ProtocolVersion != tt.ownVersion {
			t.Errorf("%s on %d: %v %q %q %q, protocol %q after %d connections (%q)", tt.name, tt.number, s.Outcome, s.Protocol, s.Product, s.Version, s.ProtocolVersion, len(f.connections), s.Evidence.FirstBytes)
		}
	}
}

// TestDocumentedDatagrams holds what is known of an answer over UDP by the words of
// its document, and that one that belongs to another question is not taken.
func TestDocumentedDatagrams(t *testing.T) {
	n := recordNonce
	names := concat(n[:2], be16(0x8400), be16(0), be16(1), be32(0), []byte(" CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\x00"), be16(0x21), be16(1), be32(0), be16(65),
		[]byte{1}, []byte("FILES          \x00"), be16(0x0400), make([]byte, 46))
	ikeRefusal := concat(n[:8], bytes.Repeat([]byte{7}, 8), []byte{41, 0x20, 34, 0x20}, be32(0), be32(36), []byte{0, 0, 0, 8, 0, 0, 0, 7})
	control := concat(be16(8), be16(0), be16(0), []byte{2})
	for _, tt := range []struct {
		name, protocol string
		port           uint16
		answer         []byte
		bound          bool // to the question
	}{
		{"NetBIOS names", "netbios-ns", 137, names, true},
		{"NFS", "nfs", 2049, concat(n[:4], be32(1), be32(0), be32(0), be32(0), be32(0)), true},
		{"NFS of other versions", "nfs", 2049, concat(n[:4], be32(1), be32(0), be32(0), be32(0), be32(2), be32(4), be32(4)), true},
		{"TFTP", "tftp", 69, []byte("\x00\x05\x00\x01File not found\x00"), false},
		{"IKEv2", "isakmp", 500, ikeRefusal, true},
		{"CoAP", "coap", 5683, concat([]byte{0x70, 0}, n[:2]), true},
		{"XDMCP", "xdmcp", 177, concat(be16(1), be16(5), be16(14), be16(0), be16(4), []byte("host"), be16(4), []byte("idle")), false},
		{"a management controller", "asf-rmcp", 623, concat([]byte{6, 0, 0xff, 6}, be32(4542), []byte{0x40, n[0] &^ 0x80, 0, 16}, be32(4542), be32(0), []byte{0x81, 0}, make([]byte, 6)), true},
		{"L2TP", "l2tp", 1701, concat(be16(0xc802), be16(uint16(12+len(control))), n[:2], be16(0), be16(0), be16(1), control), true},
		{"memcached", "memcached", 11211, concat(n[:2], []byte{0, 0, 0, 1, 0, 0}, []byte("VERSION 1.6.18\r\n")), true},
	} {
		proto := protocolOf(t, tt.protocol, tt.port)
		if v := proto.parse(heard{data: tt.answer, nonce: n}, new(Service)); v != yes {
			t.Errorf("%s: %v", tt.name, v)
		}
		other := n
		for i := range other {
			other[i] ^= 0x55
		}
		if v := proto.parse(heard{data: tt.answer, nonce: other}, new(Service)); tt.bound == (v == yes) {
			t.Errorf("%s, asked something else: %v", tt.name, v)
		}
		if v := proto.parse(heard{data: tt.answer[:len(tt.answer)-1], nonce: n}, new(Service)); v == yes {
			t.Errorf("%s, cut short, is taken", tt.name)
		}
	}
}

// protocolOf is the one of that name that is usual on a UDP port.
func protocolOf(t *testing.T, name string, port uint16) *protocol {
	for _, proto := range protocols() {
		for _, p := range proto.udp {
			if proto.name == name && p == port {
				return proto
			}
		}
	}
	t.Fatalf("there is no %s on %d/udp", name, port)
	return nil
}
