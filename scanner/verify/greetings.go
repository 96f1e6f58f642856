package verify

import (
	"bytes"
	"encoding/json"
	"strings"
)

// greeter is a protocol whose server says on its first line what it is: a fixed
// begin, and behind it the version of the protocol if that names no product.
func greeter(name, spec, begin, product string, tcp ...uint16) *protocol {
	return &protocol{
		name: name, spec: spec, tcp: tcp, unasked: true,
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, begin)
			}
			rest, ok := strings.CutPrefix(line, begin)
			if !ok {
				return no
			}
			if product == "" {
				s.ProtocolVersion = versionBehind(rest)
				return yesIf(s.ProtocolVersion != "")
			}
			s.Product, s.Evidence.Product = product, "greeting"
			return yes
		},
	}
}

// greeters are those protocols.
func greeters() []*protocol {
	return []*protocol{
		greeter("mpd", "MPD protocol, section Initial greeting", "OK MPD ", "", 6600), // the version is that of the protocol
		greeter("munin", "munin-node(1)", "# munin node at ", "Munin node", 4949),
		greeter("asterisk-ami", "Asterisk Manager Interface", "Asterisk Call Manager/", "", 5038),
		greeter("ceph", "Ceph messenger protocol v2, section Banner", "ceph v", "", 3300, 6789),
		greeter("teamspeak-query", "TeamSpeak 3 ServerQuery manual", "TS3", "TeamSpeak", 10011),
	}
}

// gpsd greets with a JSON object of class VERSION (gpsd_json(5)).
func gpsd() *protocol {
	return &protocol{
		name: "gpsd", spec: "gpsd_json(5), VERSION", tcp: []uint16{2947}, names: []string{"gpsd"}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, `{"class":"VERSION"`)
			}
			var v struct {
				Class, Release string
				Major          int `json:"proto_major"`
				Minor          int `json:"proto_minor"`
			}
			if json.Unmarshal([]byte(line), &v) != nil || v.Class != "VERSION" || v.Release == "" {
				return no
			}
			s.Product, s.Version, s.Evidence.Product = "gpsd", cleanVersion(v.Release), "VERSION"
			s.ProtocolVersion = itoa(v.Major) + "." + itoa(v.Minor)
			return yes
		},
	}
}

// freeswitch asks for a login in its event socket (FreeSWITCH, mod_event_socket).
func freeswitch() *protocol {
	return &protocol{
		name: "freeswitch-event", spec: "FreeSWITCH mod_event_socket", tcp: []uint16{8021}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			const greeting = "Content-Type: auth/request\n\n"
			if len(h.data) < len(greeting) {
				return prefixOf(h.data, greeting)
			}
			s.WantsCredentials = true
			return yesIf(string(h.data) == greeting)
		},
	}
}

// nbd greets with its magic numbers (NBD protocol, section Newstyle negotiation).
func nbd() *protocol {
	return &protocol{
		name: "nbd", spec: "NBD doc/proto.md, section Handshake phase", tcp: []uint16{10809}, names: []string{"nbd-server"}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			const newStyle, oldStyle = "NBDMAGICIHAVEOPT", "NBDMAGIC\x00\x00\x42\x02\x81\x86\x12\x53"
			if len(h.data) < 18 {
				return partialOf(h.data, newStyle, oldStyle)
			}
			return yesIf(bytes.HasPrefix(h.data, []byte(newStyle)) || bytes.HasPrefix(h.data, []byte(oldStyle)))
		},
	}
}

// nntp greets with 200 or 201 (RFC 3977 section 5.1), which other protocols do
// as well: it must name itself.
func nntp() *protocol {
	return &protocol{
		name: "nntp", spec: "RFC 3977 section 5.1", tcp: []uint16{119}, tls: []uint16{563}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			code, text, v := replyOf(h.data)
			if v != yes {
				return v
			}
			if code != 200 && code != 201 && code != 400 && code != 502 || !hasWord(text, "NNTP") && !hasWord(text, "NNRP") && !hasWord(text, "INN") && !contains(text, "InterNetNews") {
				return no
			}
			takeKnown(s, text, "greeting", []known{{"InterNetNews NNRP server INN", "INN"}, {"InterNetNews server INN", "INN"}, {"Leafnode NNTP Daemon, version", "Leafnode"}, {"DNEWS", "DNEWS"}})
			return yes
		},
		follow: func(t *talk, _ *Service) { t.say([]byte("QUIT\r\n")) },
	}
}

// clamd asks the virus scanner for its version (clamd(8), section COMMANDS).
func clamd() *protocol {
	return &protocol{
		name: "clamd", spec: "clamd(8), section Commands", tcp: []uint16{3310}, names: []string{"clamd"},
		request: func(question) []byte { return []byte("nVERSION\n") },
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, "ClamAV ")
			}
			version := versionAfter(line, "ClamAV ")
			if !strings.HasPrefix(line, "ClamAV ") || version == "" {
				return no
			}
			version, _, _ = strings.Cut(version, "/")
			s.Product, s.Version, s.Evidence.Product = "ClamAV", version, "VERSION"
			s.AnswersWithoutCredentials = true
			return yes
		},
		complaint: func(in []byte) bool { return bytes.HasPrefix(in, []byte("UNKNOWN COMMAND")) },
	}
}

// spamd pings SpamAssassin (spamd/PROTOCOL).
func spamd() *protocol {
	return &protocol{
		name: "spamd", spec: "SpamAssassin spamd/PROTOCOL", tcp: []uint16{783}, names: []string{"spamd"}, unasked: true,
		request: func(question) []byte { return []byte("PING SPAMC/1.2\r\n\r\n") },
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, "SPAMD/")
			}
			fields := strings.Fields(line)
			if len(fields) < 3 || !strings.HasPrefix(fields[0], "SPAMD/") || !isDigits(fields[1]) {
				return no
			}
			s.ProtocolVersion = fields[0][len("SPAMD/"):]
			s.Product, s.Evidence.Product = "SpamAssassin", "answer"
			return yes
		},
		complaint: func(in []byte) bool { return bytes.HasPrefix(in, []byte("SPAMD/")) },
	}
}

// nut asks a UPS server for its version (RFC 9271 section 4.2.11).
func nut() *protocol {
	return &protocol{
		name: "nut", spec: "RFC 9271 section 4.2", tcp: []uint16{3493}, names: []string{"upsd"},
		request: func(question) []byte { return []byte("VER\n") },
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, "Network UPS Tools upsd ")
			}
			version := versionAfter(line, "Network UPS Tools upsd ")
			s.Product, s.Version, s.Evidence.Product = "Network UPS Tools", version, "VER"
			return yesIf(version != "" && strings.HasPrefix(line, "Network UPS Tools upsd "))
		},
		complaint: func(in []byte) bool {
			return bytes.HasPrefix(in, []byte("ERR UNKNOWN-COMMAND")) || bytes.HasPrefix(in, []byte("ERR INVALID-ARGUMENT"))
		},
		follow: func(t *talk, _ *Service) { t.say([]byte("LOGOUT\n")) },
	}
}

// spice links to a virtual screen (SPICE protocol, section Link).
func spice() *protocol {
	return &protocol{
		name: "spice", spec: "SPICE protocol, section Channel link establishment", tcp: []uint16{5930},
		request: func(question) []byte {
			return concat([]byte("REDQ"), le32(2), le32(2), le32(18), le32(0), []byte{1, 0}, le32(0), le32(0), le32(18))
		},
		parse: func(h heard, s *Service) verdict {
			if len(h.data) < 16 {
				return prefixOf(h.data, "REDQ")
			}
			s.ProtocolVersion = itoa(int(h.data[4])) + "." + itoa(int(h.data[8]))
			return yesIf(string(h.data[:4]) == "REDQ" && h.data[4] <= 2 && h.data[5] == 0)
		},
	}
}

// minecraft asks for the status of a game server (Minecraft protocol, Server
// List Ping).
func minecraft() *protocol {
	return &protocol{
		name: "minecraft", spec: "Minecraft protocol, Server List Ping", tcp: []uint16{25565},
		request: func(question) []byte {
			const host = "porthole.invalid"
			handshake := concat([]byte{0, 0x2f, byte(len(host))}, []byte(host), []byte{0x63, 0xdd, 1})
			return concat([]byte{byte(len(handshake))}, handshake, []byte{1, 0})
		},
		parse: func(h heard, s *Service) verdict {
			i := bytes.IndexByte(h.data, '{')
			if i < 0 {
				return partialIf(len(h.data) < 8)
			}
			var status struct{ Version struct{ Name string } }
			if i > 8 || h.data[len(h.data)-1] != '}' || json.Unmarshal(h.data[i:], &status) != nil {
				return partialIf(i <= 8 && bytes.HasPrefix(h.data[i:], []byte(`{"`)))
			}
			if status.Version.Name == "" {
				return no
			}
			s.Product, s.Evidence.Product = "Minecraft", "status"
			s.Version = versionAfter("="+strings.TrimLeft(status.Version.Name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz "), "=")
			return yes
		},
	}
}

// mumble greets inside TLS with its version (Mumble protocol, section
// Establishing a connection).
func mumble() *protocol {
	return &protocol{
		name: "mumble", spec: "Mumble protocol, messages Version and their framing", tls: []uint16{64738}, names: []string{"murmurd", "mumble-server"}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			const version, varintField, releaseField = 0, 0x08, 0x12
			r := reader{in: h.data}
			kind, length := r.u16(), r.u32()
			if r.bad {
				return partialIf(len(h.data) == 0 || bytes.HasPrefix([]byte{0, 0, 0, 0, 0}, h.data))
			}
			if kind != version || length < 10 || length > 300 {
				return no
			}
			if len(r.in) < int(length) {
				return partialIf(len(r.in) == 0 || r.in[0] == varintField)
			}
			r.in = r.in[:length]
			if r.u8() != varintField {
				return no
			}
			for r.u8() >= 0x80 && !r.bad { // the number of the version
			}
			if field := r.u8(); field == 0x28 { // since 1.5 a second number goes before
				for r.u8() >= 0x80 && !r.bad {
				}
				r.u8()
			} else if field != releaseField {
				return no
			}
			release := string(r.bytes(int(r.u8())))
			if r.bad || release == "" || !isText([]byte(release)) {
				return no
			}
			s.Product, s.Version, s.Evidence.Product = "Murmur", versionAfter("="+release, "="), "Version"
			return yes
		},
	}
}
