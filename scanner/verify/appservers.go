package verify

import (
	"bytes"
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
