package verify

import (
	"bytes"
	"strings"
)

// fastcgi asks for the values of the server, and begins no request (FastCGI
// specification section 4.1).
func fastcgi() *protocol {
	return &protocol{
		name: "fastcgi", spec: "FastCGI specification section 4.1", tcp: []uint16{9000}, names: []string{"php-fpm", "php-fpm8.2"},
		request: func(question) []byte { return []byte{1, 9, 0, 0, 0, 0, 0, 0} },
		parse: func(h heard, s *Service) verdict {
			const version, valuesResult = 1, 10
			if len(h.data) < 8 {
				return prefixOf(h.data, "\x01\x0a\x00\x00")
			}
			length := int(h.data[4])<<8 | int(h.data[5]) + int(h.data[6])
			if h.data[0] != version || h.data[1] != valuesResult || h.data[2] != 0 || h.data[3] != 0 || length > 256 {
				return no
			}
			return yesIf(len(h.data) == 8+length)
		},
		rank: 13,
	}
}

// uwsgi asks for a page in uWSGI's own framing, which the server answers in the
// words of HTTP (uwsgi protocol, modifier 0; one without variables is dropped).
// What proves it is that the same server answers no HTTP request.
func uwsgi() *protocol {
	return &protocol{
		name: "uwsgi", spec: "uWSGI documentation, The uwsgi Protocol", tcp: []uint16{3031}, names: []string{"uwsgi", "uwsgi-core"},
		request: func(question) []byte {
			var vars []byte
			for _, v := range [][2]string{{"REQUEST_METHOD", "GET"}, {"PATH_INFO", "/"}, {"SERVER_PROTOCOL", "HTTP/1.0"}, {"SERVER_NAME", "porthole.invalid"}, {"SERVER_PORT", "80"}} {
				for _, text := range v {
					vars = append(append(vars, byte(len(text)), 0), text...)
				}
			}
			return concat([]byte{0, byte(len(vars)), byte(len(vars) >> 8), 0}, vars)
		},
		parse: func(h heard, s *Service) verdict {
			if !bytes.HasPrefix(h.data, []byte("HTTP/1.")) {
				return prefixOf(h.data, "HTTP/1.")
			}
			_, _, ok := statusLine(bytes.TrimRight(bytes.SplitN(h.data, []byte("\n"), 2)[0], "\r"))
			return yesIf(ok)
		},
		confirm: func(t *talk, s *Service) bool {
			if get := t.p.reaction.get; get == closes || get == resets {
				return true
			}
			if !t.p.connect(t.ctx) {
				return false
			}
			return len(t.ask([]byte("GET / HTTP/1.0\r\n\r\n"), func(in []byte) bool { return len(in) > 5 })) == 0
		},
		rank: 3,
	}
}

// ajp pings (AJPv13, CPing and CPong).
func ajp() *protocol {
	return &protocol{
		name: "ajp13", spec: "Apache Tomcat AJPv13 extensions, CPing and CPong", tcp: []uint16{8009},
		request: func(question) []byte { return []byte{0x12, 0x34, 0, 1, 10} },
		parse: func(h heard, s *Service) verdict {
			const cpong = "AB\x00\x01\x09"
			if len(h.data) < len(cpong) {
				return prefixOf(h.data, cpong)
			}
			s.ProtocolVersion = "1.3"
			return yesIf(string(h.data) == cpong)
		},
		rank: 15,
	}
}

// beanstalkd asks for its statistics (beanstalkd doc/protocol.txt, stats).
func beanstalkd() *protocol {
	return &protocol{
		name: "beanstalkd", spec: "beanstalkd doc/protocol.txt, stats", tcp: []uint16{11300}, names: []string{"beanstalkd"},
		request: func(question) []byte { return []byte("stats\r\n") },
		parse: func(h heard, s *Service) verdict {
			text := string(h.data)
			if !strings.HasPrefix(text, "OK ") {
				return prefixOf(h.data, "OK ")
			}
			if !strings.Contains(text, "current-jobs-urgent:") || !strings.HasSuffix(text, "\r\n") {
				return partial
			}
			for line := range strings.Lines(text) {
				if version, ok := strings.CutPrefix(line, "version: "); ok {
					s.Product, s.Version, s.Evidence.Product = "beanstalkd", cleanVersion(strings.Trim(strings.TrimSpace(version), `"`)), "stats"
				}
			}
			s.AnswersWithoutCredentials = true
			return yes
		},
		complaint: func(in []byte) bool { return bytes.HasPrefix(in, []byte("UNKNOWN_COMMAND\r\n")) },
	}
}

// gearman asks for its version (Gearman protocol, Administrative Protocol).
func gearman() *protocol {
	return &protocol{
		name: "gearman", spec: "Gearman PROTOCOL, Administrative Protocol", tcp: []uint16{4730}, names: []string{"gearmand"},
		request: func(question) []byte { return []byte("version\r\n") },
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, "OK ")
			}
			version, ok := strings.CutPrefix(line, "OK ")
			if !ok || !startsVersion(version) || versionAfter("="+version, "=") != version {
				return no
			}
			s.Product, s.Version, s.Evidence.Product = "Gearman", version, "version"
			s.AnswersWithoutCredentials = true
			return yes
		},
		complaint: func(in []byte) bool { return bytes.HasPrefix(in, []byte("ERR UNKNOWN_COMMAND Unknown+server+command")) },
	}
}

// epmd is Erlang's port mapper, which tells the names of the nodes (Erlang
// distribution protocol, section NAMES_REQ).
func epmd() *protocol {
	return &protocol{
		name: "epmd", spec: "Erlang distribution protocol, NAMES_REQ", tcp: []uint16{4369}, names: []string{"epmd"},
		request: func(question) []byte { return []byte{0, 1, 'n'} },
		parse: func(h heard, s *Service) verdict {
			if len(h.data) < 4 {
				return partialIf(len(h.data) == 0 || h.data[0] == 0)
			}
			r := reader{in: h.data}
			if port := r.u32(); port == 0 || port > 65535 {
				return no
			}
			if !h.closed {
				return partial // it closes when it has said all
			}
			for line := range strings.Lines(string(r.in)) {
				name, rest, ok := strings.Cut(strings.TrimPrefix(line, "name "), " at port ")
				at := strings.TrimSpace(rest)
				if !ok || !strings.HasPrefix(line, "name ") || !isDigits(at) {
					return no
				}
				addInfo(s, "node "+name+" at port "+at)
			}
			s.AnswersWithoutCredentials = true
			return yes
		},
		rank: 25,
	}
}

// zabbixAgent asks an agent for its version, in its framing. It answers to the
// servers it knows and closes for others.
func zabbixAgent() *protocol {
	return &protocol{
		name: "zabbix-agent", spec: "Zabbix documentation, Passive agent checks, Header", tcp: []uint16{10050},
		names: []string{"zabbix_agentd", "zabbix_agent2"},
		request: func(question) []byte {
			const key = "agent.version"
			return concat([]byte("ZBXD\x01"), le32(uint32(len(key))), le32(0), []byte(key))
		},
		parse: func(h heard, s *Service) verdict {
			const header = 13
			if len(h.data) < header {
				return prefixOf(h.data, "ZBXD\x01")
			}
			if string(h.data[:5]) != "ZBXD\x01" {
				return no
			}
			length := int(h.data[5]) | int(h.data[6])<<8
			if h.data[7] != 0 || h.data[8] != 0 || length > 1024 {
				return no
			}
			if len(h.data) < header+length {
				return partial
			}
			version := string(h.data[header : header+length])
			if strings.HasPrefix(version, "{") { // a server or a proxy
				return no
			}
			if startsVersion(version) && isText([]byte(version)) {
				s.Product, s.Version, s.Evidence.Product = "Zabbix agent", cleanVersion(version), "agent.version"
				s.AnswersWithoutCredentials = true
			}
			return yes
		},
		complaint: func(in []byte) bool { return bytes.HasPrefix(in, []byte("ZBXD\x01")) },
		rank:      26,
	}
}

// jdwp is the Java debugger's port. It has one place for a debugger, and the
// handshake takes it: it is asked only where the process is known, or with All.
// Since the handshake is an echo, the version is asked for as well.
func jdwp() *protocol {
	return &protocol{
		name: "jdwp", spec: "Java Debug Wire Protocol, VirtualMachine Command Set", names: []string{"jdwp"},
		mirrored: true,
		request:  func(question) []byte { return []byte("JDWP-Handshake") },
		parse: func(h heard, s *Service) verdict {
			const handshake = "JDWP-Handshake"
			if len(h.data) < len(handshake) {
				return prefixOf(h.data, handshake)
			}
			return yesIf(string(h.data) == handshake)
		},
		confirm: func(t *talk, s *Service) bool {
			id := t.nonce[:4]
			in := t.ask(concat(be32(11), id, []byte{0, 1, 1}), func(in []byte) bool {
				r := reader{in: in}
				length := r.u32()
				return !r.bad && len(in) >= int(length)
			})
			r := reader{in: in}
			length, got, flags, code := r.u32(), r.bytes(4), r.u8(), r.u16()
			if r.bad || int(length) != len(in) || !bytes.Equal(got, id) || flags != 0x80 || code != 0 {
				return false
			}
			r.bytes(int(r.u32())) // a description
			r.u32()
			r.u32()
			version := r.bytes(int(r.u32()))
			s.Version, s.Evidence.Product = cleanVersion(string(version)), "VirtualMachine.Version"
			s.Product = printable(string(r.bytes(int(r.u32()))))
			s.AnswersWithoutCredentials = true
			return true
		},
	}
}
