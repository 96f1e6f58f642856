package verify

import (
	"bytes"
	"strings"
)

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

// ircRefusal is a chat server that closes on a stranger before it is asked, mostly since
// the address came too often (RFC 2812 section 3.7.4). The words are those of ircd-hybrid,
// ratbox, UnrealIRCd and InspIRCd.
func ircRefusal() *protocol {
	return &protocol{
		name: "irc", spec: "RFC 2812 section 3.7.4", unasked: true,
		parse: func(h heard, _ *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, "ERROR :")
			}
			for _, begin := range []string{"ERROR :Closing Link: ", "ERROR :Closing link: ", "ERROR :Your host is trying to (re)connect too fast"} {
				if strings.HasPrefix(line, begin) {
					return yes
				}
			}
			return no
		},
	}
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
