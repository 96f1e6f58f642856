package verify

import (
	"bytes"
	"strings"
)

// varnishCLI is the console of Varnish, which greets with what it is, or with a
// challenge to who has no secret (varnish-cli(7)).
func varnishCLI() *protocol {
	return &protocol{
		name: "varnish-cli", spec: "varnish-cli(7), sections Wire-level protocol and Authentication", tcp: []uint16{6082}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			const head, granted, challenge = 13, "200 ", "107 59      \n"
			if len(h.data) < head {
				return partialOf(h.data, granted, challenge)
			}
			length, body := strings.TrimRight(string(h.data[4:head-1]), " "), h.data[head:]
			if h.data[head-1] != '\n' || !isDigits(length) {
				return no
			}
			if string(h.data[:head]) == challenge {
				if len(body) < 59 {
					return partialIf(isText(body) || len(body) == 0)
				}
				s.WantsCredentials = true
				return yesIf(bytes.HasSuffix(body, []byte("\n\nAuthentication required.\n\n")))
			}
			_, words, ok := strings.Cut(string(body), "\nVarnish Cache CLI ")
			if !strings.HasPrefix(string(h.data), granted) || !ok {
				return partialIf(len(body) < 80 && (len(body) == 0 || body[0] == '-'))
			}
			if !strings.HasSuffix(words, "quit' to close CLI session.\n\n") {
				return partial
			}
			s.ProtocolVersion = versionBehind(words)
			if version := versionAfter(words, "\nvarnish-"); version != "" {
				s.Product, s.Version, s.Evidence.Product = "Varnish", version, "greeting"
			}
			s.AnswersWithoutCredentials = true
			return yes
		},
		follow: func(t *talk, s *Service) {
			if s.AnswersWithoutCredentials {
				t.say([]byte("quit\n"))
			}
		},
	}
}

// haproxyCLI is the console of HAProxy, which tells what it is to who asks (HAProxy
// Management Guide, section 9.3).
func haproxyCLI() *protocol {
	return &protocol{
		name: "haproxy-cli", spec: "HAProxy Management Guide sections 9.1 and 9.3, show info",
		request: func(question) []byte { return []byte("show info\n") },
		parse: func(h heard, s *Service) verdict {
			const begin = "Name: HAProxy\nVersion: "
			rest, ok := strings.CutPrefix(string(h.data), begin)
			if !ok {
				return prefixOf(h.data, begin)
			}
			version, _, ok := strings.Cut(rest, "\n")
			if !ok {
				return partial
			}
			s.Product, s.Version, s.Evidence.Product = "HAProxy", cleanVersion(version), "show info"
			s.AnswersWithoutCredentials = true
			return yes
		},
		complaint: func(in []byte) bool { return bytes.HasPrefix(in, []byte("Unknown command")) },
	}
}
