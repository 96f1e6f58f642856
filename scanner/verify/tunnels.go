package verify

import (
	"bytes"
	"strings"
)

// socks5 offers no method that would let it in: no authentication, and if that
// is taken, nothing follows (RFC 1928 section 3). A second question on the same
// connection shows that the server read the first.
func socks5() *protocol {
	return &protocol{
		name: "socks5", spec: "RFC 1928 section 3", tcp: []uint16{1080, 9050, 9150}, names: []string{"danted", "microsocks", "sockd", "tor"},
		request: func(question) []byte { return []byte{5, 1, 0} },
		parse: func(h heard, s *Service) verdict {
			if len(h.data) < 2 {
				return prefixOf(h.data, "\x05")
			}
			if len(h.data) != 2 || h.data[0] != 5 || h.data[1] != 0 && h.data[1] != 0xff {
				return no
			}
			s.AnswersWithoutCredentials = h.data[1] == 0
			s.WantsCredentials = !s.AnswersWithoutCredentials
			return yes
		},
		confirm: confirmSOCKS,
		complaint: func(in []byte) bool {
			return string(in) == "\x05\xff" || bytes.Contains(in, []byte("Tor is not an HTTP Proxy")) || bytes.Contains(in, []byte("This is a SOCKS"))
		},
		rank: 11,
	}
}

// confirmSOCKS asks again, on a connection of its own, for what a fixed answer does
// not know: a method that no server has, which is refused, or where the first was
// refused the usual one, a password, which is not sent.
func confirmSOCKS(t *talk, s *Service) bool {
	const password, reserved = 2, 0x80
	method, want := byte(reserved), "\x05\xff"
	if s.WantsCredentials {
		method, want = password, "\x05\x02"
	}
	if !t.p.connect(t.ctx) {
		return false
	}
	in := string(t.ask([]byte{5, 1, method}, func(in []byte) bool { return len(in) >= 2 }))
	return in == want || in == "" && t.p.cur == nil && method == reserved // ssh -D closes
}

// socks4 asks for a command that does not exist, which is refused in the
// protocol's own words (SOCKS: A protocol for TCP proxy across firewalls).
func socks4() *protocol {
	return &protocol{
		name: "socks4", spec: "SOCKS 4 protocol, replies 91 to 93", tcp: []uint16{1080},
		request: func(question) []byte { return []byte{4, 0x7f, 0, 0, 0, 0, 0, 0, 0} },
		parse: func(h heard, s *Service) verdict {
			if len(h.data) < 8 {
				return partialOf(h.data, "\x00\x5b", "\x00\x5c", "\x00\x5d")
			}
			return yesIf(len(h.data) == 8 && h.data[0] == 0 && h.data[1] >= 91 && h.data[1] <= 93)
		},
	}
}

// torControl asks Tor's control port what it speaks, which it tells before
// authentication (control-spec section 3.21).
func torControl() *protocol {
	return &protocol{
		name: "tor-control", spec: "Tor control-spec section 3.21 PROTOCOLINFO", tcp: []uint16{9051, 9151},
		request: func(question) []byte { return []byte("PROTOCOLINFO\r\n") },
		parse: func(h heard, s *Service) verdict {
			text := string(h.data)
			if !strings.HasPrefix(text, "250-PROTOCOLINFO ") {
				return prefixOf(h.data, "250-PROTOCOLINFO ")
			}
			if !strings.Contains(text, "\n250 OK") {
				return partial
			}
			s.ProtocolVersion = versionAfter(text, "250-PROTOCOLINFO ")
			if version := versionAfter(text, `Tor="`); version != "" {
				s.Product, s.Version, s.Evidence.Product = "Tor", version, "PROTOCOLINFO"
			}
			s.AnswersWithoutCredentials = strings.Contains(text, "METHODS=NULL")
			s.WantsCredentials = !s.AnswersWithoutCredentials
			return yes
		},
		complaint: func(in []byte) bool {
			return bytes.Contains(in, []byte("Tor ControlPort is not an HTTP")) || bytes.HasPrefix(in, []byte("514 Authentication required")) || bytes.HasPrefix(in, []byte("510 Unrecognized command"))
		},
		follow: func(t *talk, _ *Service) { t.say([]byte("QUIT\r\n")) },
	}
}

// openvpn opens a session without keys (OpenVPN protocol, control channel
// reset). A server with tls-auth or tls-crypt stays silent.
func openvpn(proto string) *protocol {
	reset := func(n nonce) []byte { return concat([]byte{7 << 3}, n[:8], []byte{0}, be32(0)) }
	parse := func(in []byte, n nonce, s *Service) verdict {
		const serverReset = 8
		if len(in) < 14 || in[0]>>3 != serverReset || in[9] < 1 || in[9] > 8 {
			return no
		}
		r := reader{in: in[10:]}
		acked := r.bytes(4 * int(in[9]))
		own := r.bytes(8)
		return yesIf(!r.bad && bytes.Equal(acked[:4], []byte{0, 0, 0, 0}) && bytes.Equal(own, n[:8]))
	}
	p := &protocol{name: "openvpn", spec: "OpenVPN protocol, P_CONTROL_HARD_RESET_CLIENT_V2", names: []string{"openvpn"}}
	if proto == "udp" {
		p.udp = []uint16{1194}
		p.request = func(q question) []byte { return reset(q.nonce) }
		p.parse = func(h heard, s *Service) verdict { return parse(h.data, h.nonce, s) }
		return p
	}
	p.tcp, p.rank = []uint16{1194}, 24
	p.request = func(q question) []byte { return concat(be16(14), reset(q.nonce)) }
	p.parse = func(h heard, s *Service) verdict {
		if len(h.data) < 3 {
			return partialIf(len(h.data) == 0 || h.data[0] == 0)
		}
		length := int(h.data[0])<<8 | int(h.data[1])
		if length < 14 || length > 200 || h.data[2]>>3 != 8 {
			return no
		}
		if len(h.data) < 2+length {
			return partial
		}
		return parse(h.data[2:2+length], h.nonce, s)
	}
	return p
}

// pptp asks for a control connection (RFC 2637 section 2.1).
func pptp() *protocol {
	return &protocol{
		name: "pptp", spec: "RFC 2637 sections 2.1 and 2.2", tcp: []uint16{1723},
		request: func(question) []byte {
			return concat(be16(156), be16(1), be32(0x1a2b3c4d), be16(1), be16(0), be16(0x0100), be16(0), be32(1), be32(1), be16(0), be16(0), make([]byte, 128))
		},
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			length, kind, cookie, control := r.u16(), r.u16(), r.u32(), r.u16()
			if r.bad {
				return partialIf(len(h.data) == 0 || h.data[0] == 0)
			}
			if length != 156 || kind != 1 || cookie != 0x1a2b3c4d || control != 2 {
				return no
			}
			if len(h.data) < 156 {
				return partial
			}
			host, _, _ := strings.Cut(string(h.data[28:92]), "\x00")
			vendor, _, _ := strings.Cut(string(h.data[92:156]), "\x00")
			s.Product, s.Evidence.Product = printable(vendor), "vendor"
			addInfo(s, "host "+printable(host))
			return yes
		},
	}
}

// vtun is a server of tunnels, which greets in a field of fifty bytes (VTun auth.c).
func vtun() *protocol {
	return &protocol{
		name: "vtun", spec: "VTun auth.c, auth_server", unasked: true, names: []string{"vtund"},
		parse: func(h heard, s *Service) verdict {
			const begin, field = "VTUN server ver ", 50
			if len(h.data) < field {
				return prefixOf(h.data, begin)
			}
			words := string(bytes.TrimRight(h.data, "\x00"))
			rest, ok := strings.CutPrefix(words, begin)
			if !ok || len(h.data) != field || !strings.HasSuffix(rest, "\n") {
				return no
			}
			addInfo(s, "version "+rest)
			s.Product, s.Evidence.Product = "VTun", "greeting"
			return yes
		},
	}
}

// i2pSAM asks for a version of the protocol by which programs use I2P (I2P, SAM V3,
// Handshake).
func i2pSAM() *protocol {
	return &protocol{
		name: "i2p-sam", spec: "I2P SAM V3.1, SAM Bridge Handshake", tcp: []uint16{7656}, names: []string{"i2pd"},
		request: func(question) []byte { return []byte("HELLO VERSION\n") },
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, "HELLO REPLY RESULT=")
			}
			s.ProtocolVersion = versionAfter(line, " VERSION=")
			return yesIf(strings.HasPrefix(line, "HELLO REPLY RESULT=OK ") && s.ProtocolVersion != "" || line == "HELLO REPLY RESULT=NOVERSION")
		},
	}
}

// i2pBOB is the older protocol for that (I2P, BOB).
func i2pBOB() *protocol {
	return &protocol{
		name: "i2p-bob", spec: "I2P BOB, Basic Open Bridge", tcp: []uint16{2827}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, "BOB ")
			}
			s.ProtocolVersion = versionAfter(line, "BOB ")
			if rest := string(h.data[len(line)+1:]); rest != "OK\n" {
				return partialIf(strings.HasPrefix("OK\n", rest))
			}
			return yesIf(strings.HasPrefix(line, "BOB ") && s.ProtocolVersion != "")
		},
		follow: func(t *talk, _ *Service) { t.say([]byte("quit\n")) },
	}
}
