package verify

import (
	"bytes"
	"strconv"
	"strings"
)

// rsync greets with the version of its protocol. Modules are not asked for.
func rsync() *protocol {
	return &protocol{
		name: "rsync", spec: "rsync clientserver.c, exchange_protocols", tcp: []uint16{873}, names: []string{"rsync"}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, "@RSYNCD: ")
			}
			version := versionAfter(line, "@RSYNCD: ")
			if !strings.HasPrefix(line, "@RSYNCD: ") || version == "" {
				return no
			}
			s.ProtocolVersion = version
			return yes
		},
		// A daemon that is told nothing more would wait for its timeout.
		follow: func(t *talk, s *Service) { t.say([]byte("@RSYNCD: " + s.ProtocolVersion + "\n@RSYNCD: EXIT\n")) },
	}
}

// svn greets with what it can do (Subversion, ra_svn protocol, section 2).
func svn() *protocol {
	return &protocol{
		name: "svn", spec: "Subversion ra_svn/protocol section 2", tcp: []uint16{3690}, names: []string{"svnserve"}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			text := string(h.data)
			if !strings.HasPrefix(text, "( success ( ") {
				return prefixOf(h.data, "( success ( ")
			}
			if !strings.HasSuffix(text, ") ) ") && !strings.HasSuffix(text, ") ) \n") {
				return partial
			}
			fields := strings.Fields(text)
			if len(fields) < 6 || strings.Count(text, "(") != strings.Count(text, ")") {
				return no
			}
			s.ProtocolVersion = printable(fields[4])
			_, err := strconv.Atoi(fields[3])
			return yesIf(err == nil && strings.Contains(text, "edit-pipeline"))
		},
	}
}

// git asks for a repository that is not there, which the daemon says in its own
// framing (gitprotocol-pack, section Git Transport).
func git() *protocol {
	return &protocol{
		name: "git", spec: "gitprotocol-pack and gitprotocol-common (pkt-line)", tcp: []uint16{9418}, names: []string{"git-daemon", "git"},
		request: func(q question) []byte {
			text := "git-upload-pack /" + q.nonce.word() + ".porthole\x00host=porthole.invalid\x00"
			return []byte(hex4(len(text)+4) + text)
		},
		parse: func(h heard, s *Service) verdict {
			if len(h.data) < 8 {
				return partialIf(isHex(h.data[:min(4, len(h.data))]))
			}
			n, err := strconv.ParseUint(string(h.data[:4]), 16, 16)
			if err != nil || n < 8 || n > 1000 || string(h.data[4:8]) != "ERR " {
				return no
			}
			if len(h.data) < int(n) {
				return partial
			}
			return yesIf(isText(h.data[4:n]))
		},
		rank: 14,
	}
}

func hex4(n int) string {
	return string("0123456789abcdef"[n>>12&15]) + string("0123456789abcdef"[n>>8&15]) + string("0123456789abcdef"[n>>4&15]) + string("0123456789abcdef"[n&15])
}

func isHex(in []byte) bool {
	for _, c := range in {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return true
}

// irc asks for the capabilities, which is no registration (IRCv3 capability
// negotiation; RFC 2812 section 5).
func irc() *protocol {
	return &protocol{
		name: "irc", spec: "IRCv3 capability negotiation, RFC 2812 section 5", tcp: []uint16{6667, 6665, 6666, 6668, 6669}, tls: []uint16{6697},
		names:   []string{"ngircd", "inspircd", "ircd", "unrealircd"},
		request: func(question) []byte { return []byte("CAP LS 302\r\n") },
		parse: func(h heard, s *Service) verdict {
			best := partialOf(h.data, ":", "NOTICE ", "CAP ", "ERROR ")
			for line := range strings.Lines(string(h.data)) {
				if !strings.HasSuffix(line, "\n") {
					return best
				}
				switch ircLine(line) {
				case yes:
					takeKnown(s, string(h.data), "greeting", []known{{"BitlBee-IRCd", "BitlBee"}})
					return yes
				case no:
					return no
				}
			}
			return best
		},
		unasked:   true,
		complaint: ircComplaint,
		follow: func(t *talk, s *Service) {
			takeKnown(s, string(t.p.greeting), "greeting", []known{{"BitlBee-IRCd", "BitlBee"}}) // where it came before the question
			t.say([]byte("QUIT\r\n"))
		},
	}
}

// ircLine judges one line: an answer to CAP or a numeric proves, a notice may
// come before.
func ircLine(line string) verdict {
	fields := strings.Fields(line)
	if len(fields) > 0 && strings.HasPrefix(fields[0], ":") {
		fields = fields[1:]
		if len(fields) > 2 && len(fields[0]) == 3 && isDigits(fields[0]) && (fields[1] == "*" || fields[1] == "CAP" || fields[1] == "AUTH") {
			return yes
		}
	}
	switch {
	case len(fields) >= 3 && fields[0] == "CAP" && fields[2] == "LS":
		return yes
	case len(fields) >= 4 && fields[0] == "NOTICE" && (fields[1] == "*" || strings.EqualFold(fields[1], "AUTH")) && fields[2] == ":***":
		return yes // what a server says while it looks up who came
	case len(fields) >= 3 && fields[0] == "NOTICE" && (fields[1] == "*" || fields[1] == "AUTH" || fields[1] == "Auth"):
		return partial
	}
	return no
}

func isDigits(text string) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return text != ""
}

// ircComplaint knows the notices before a registration, and the numerics for a
// command that is not known.
func ircComplaint(in []byte) bool {
	line, _ := firstLine(in)
	fields := strings.Fields(line)
	if len(fields) > 0 && strings.HasPrefix(fields[0], ":") {
		fields = fields[1:]
	}
	return len(fields) >= 3 && (fields[0] == "NOTICE" && (fields[1] == "*" || strings.EqualFold(fields[1], "AUTH")) ||
		len(fields[0]) == 3 && isDigits(fields[0]) && fields[1] == "*" ||
		fields[0] == "451" || fields[0] == "421") ||
		len(fields) > 1 && fields[0] == "ERROR" && strings.HasPrefix(fields[1], ":")
}

// xmpp opens a stream for a host that the server does not have (RFC 6120 section
// 4). Its features tell whether there is TLS.
func xmpp() *protocol {
	return &protocol{
		name: "xmpp", spec: "RFC 6120 section 4", tcp: []uint16{5222, 5269, 5298}, tls: []uint16{5223, 5270},
		names: []string{"prosody", "lua5.4"},
		request: func(q question) []byte {
			space, to := "jabber:client", q.host
			if q.port == 5269 || q.port == 5270 {
				space = "jabber:server"
			}
			if to == "" || strings.ContainsAny(to, "'<>&") {
				to = "porthole.invalid"
			}
			return []byte("<?xml version='1.0'?><stream:stream to='" + to + "' xmlns='" + space + "' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>")
		},
		unasked: true,
		parse:   parseXMPP,
		whole: func(in []byte) bool {
			return bytes.Contains(in, []byte("</stream:features>")) || bytes.Contains(in, []byte("</stream:stream>"))
		},
		complaint: func(in []byte) bool {
			return bytes.HasPrefix(in, []byte("<?xml")) && bytes.Contains(in, []byte("stream"))
		},
		follow: func(t *talk, s *Service) {
			if bytes.Contains(t.got, []byte("urn:ietf:params:xml:ns:xmpp-tls")) {
				t.startTLS(s, []byte("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), func(in []byte) bool { return bytes.Contains(in, []byte("<proceed")) })
			}
			if s.Transport == TransportPlain {
				t.say([]byte("</stream:stream>"))
			}
		},
		rank: 16,
	}
}

func parseXMPP(h heard, s *Service) verdict {
	text := string(h.data)
	if v := partialOf(h.data, "<?xml", "<stream:stream"); v == no {
		return no
	}
	_, rest, ok := strings.Cut(text, "<stream:stream")
	if !ok {
		return partialIf(len(text) < 200)
	}
	head, _, ok := strings.Cut(rest, ">")
	if !ok {
		return partial
	}
	if !strings.Contains(head, "http://etherx.jabber.org/streams") || !strings.Contains(head, "jabber:") && !strings.Contains(text, "urn:ietf:params:xml:ns:xmpp-streams") {
		return no
	}
	if _, after, ok := strings.Cut(head, "version="); ok && len(after) > 4 {
		s.ProtocolVersion = versionAfter("="+after[1:], "=")
	}
	return yes
}

// sip asks what a server can do. It may not pass the question on (RFC 3261
// section 11).
func sip() *protocol {
	return &protocol{
		name: "sip", spec: "RFC 3261 section 11", tcp: []uint16{5060}, tls: []uint16{5061}, names: []string{"kamailio", "asterisk", "opensips"},
		request:   func(q question) []byte { return sipOptions(q, "TCP") },
		parse:     parseSIP,
		complaint: func(in []byte) bool { return bytes.HasPrefix(in, []byte("SIP/2.0 ")) },
		rank:      18,
	}
}

func sipUDP() *protocol {
	return &protocol{
		name: "sip", spec: "RFC 3261 section 11, RFC 3581", udp: []uint16{5060},
		request: func(q question) []byte { return sipOptions(q, "UDP") },
		parse:   parseSIP,
	}
}

func sipOptions(q question, transport string) []byte {
	word := q.nonce.word()
	return []byte("OPTIONS sip:porthole.invalid SIP/2.0\r\n" +
		"Via: SIP/2.0/" + transport + " porthole.invalid:5060;branch=z9hG4bK" + word + ";rport\r\n" +
		"Max-Forwards: 0\r\nFrom: <sip:porthole@porthole.invalid>;tag=" + word[:8] + "\r\n" +
		"To: <sip:porthole.invalid>\r\nCall-ID: " + word + "\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
}

func parseSIP(h heard, s *Service) verdict {
	head, v := headOf(h, "SIP/2.0 ")
	if v != yes {
		return v
	}
	if len(head) < 11 || !isDigits(head[8:11]) || !strings.Contains(head, h.nonce.word()) {
		return no
	}
	s.ProtocolVersion = "2.0"
	takeServerField(s, head, "Server", "User-Agent")
	for name := range fieldsOf(head) {
		s.WantsCredentials = s.WantsCredentials || strings.EqualFold(name, "WWW-Authenticate")
	}
	return yes
}

// rtsp asks what a media server can do (RFC 2326 section 10.1).
func rtsp() *protocol {
	return &protocol{
		name: "rtsp", spec: "RFC 2326 sections 6 and 10.1", tcp: []uint16{554, 8554},
		request: func(question) []byte { return []byte("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n") },
		unasked: true,
		parse: func(h heard, s *Service) verdict {
			head, v := headOf(h, "RTSP/")
			if v != yes {
				return v
			}
			if len(head) < 12 || head[8] != ' ' || !isDigits(head[9:12]) || head[5:8] != "1.0" && head[5:8] != "2.0" {
				return no
			}
			s.ProtocolVersion = head[5:8]
			takeServerField(s, head, "Server")
			return yes
		},
		complaint: func(in []byte) bool { return bytes.HasPrefix(in, []byte("RTSP/")) },
		rank:      19,
	}
}

// stun asks which address it is seen from (RFC 8489 section 5).
func stun(proto string) *protocol {
	p := &protocol{
		name: "stun", spec: "RFC 8489 section 5", names: []string{"turnserver"},
		request: func(q question) []byte { return concat([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, q.nonce[:12]) },
		parse: func(h heard, s *Service) verdict {
			const success, failure = 0x0101, 0x0111
			if len(h.data) < 20 {
				return partialOf(h.data, "\x01\x01", "\x01\x11")
			}
			r := reader{in: h.data}
			kind, length, cookie, id := r.u16(), int(r.u16()), r.u32(), r.bytes(12)
			if kind != success && kind != failure || cookie != 0x2112a442 || !bytes.Equal(id, h.nonce[:12]) || length%4 != 0 || length > 1024 {
				return no
			}
			if len(r.in) < length {
				return partial
			}
			takeStunSoftware(s, r.in[:length])
			return yes
		},
	}
	if proto == "udp" {
		p.udp = []uint16{3478, 19302}
	} else {
		p.tcp, p.tls, p.rank = []uint16{3478}, []uint16{5349}, 17
	}
	return p
}

func takeStunSoftware(s *Service, attributes []byte) {
	const software = 0x8022
	r := reader{in: attributes}
	for len(r.in) >= 4 && !r.bad {
		kind, length := r.u16(), int(r.u16())
		value := r.bytes(length)
		r.bytes(-length & 3)
		if kind != software || len(value) == 0 {
			continue
		}
		words := printable(strings.Trim(string(value), "\x00"))
		s.Evidence.Product = "SOFTWARE"
		if name, own, ok := strings.Cut(words, " '"); ok { // Coturn-4.6.1 'Gorst'
			addInfo(s, strings.Trim(own, "'"))
			words = name
		}
		if i := strings.LastIndexAny(words, "-/ "); i > 0 && startsVersion(words[i+1:]) {
			s.Product, s.Version = words[:i], cleanVersion(words[i+1:])
			return
		}
		s.Product = words
	}
}
