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

// powerman switches the power of machines, for whoever connects (powermand(8)).
func powerman() *protocol {
	return &protocol{
		name: "powerman", spec: "PowerMan src/powerman/client_proto.h", tcp: []uint16{10101}, names: []string{"powermand"}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, "001 ")
			}
			version, ok := strings.CutPrefix(line, "001 ")
			if !ok || !startsVersion(version) {
				return no
			}
			if len(h.data) < len(line)+2+len("powerman> ") {
				return partial
			}
			s.Product, s.Version, s.Evidence.Product = "PowerMan", versionAfter("="+version, "="), "greeting"
			s.AnswersWithoutCredentials = true
			return yesIf(strings.HasSuffix(string(h.data), "\r\npowerman> "))
		},
		follow: func(t *talk, _ *Service) { t.say([]byte("quit\r\n")) },
	}
}

// lcdproc says hello to a server of small displays, as a client that shows nothing
// (LCDproc Developer's Guide, section Opening a session).
func lcdproc() *protocol {
	return &protocol{
		name: "lcdproc", spec: "LCDproc Developer's Guide, The LCDproc client language, hello", tcp: []uint16{13666}, names: []string{"LCDd"},
		request: func(question) []byte { return []byte("hello\n") },
		parse: func(h heard, s *Service) verdict {
			const begin = "connect LCDproc "
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, begin)
			}
			rest, ok := strings.CutPrefix(line, begin)
			if !ok || !strings.Contains(rest, " lcd wid ") {
				return no
			}
			s.Product, s.Version, s.Evidence.Product = "LCDproc", versionAfter("="+rest, "="), "hello"
			s.ProtocolVersion = versionAfter(rest, " protocol ")
			s.AnswersWithoutCredentials = true
			return yesIf(s.Version != "")
		},
		complaint: func(in []byte) bool { return bytes.HasPrefix(in, []byte("huh? ")) },
		follow:    func(t *talk, _ *Service) { t.say([]byte("bye\n")) },
	}
}

// conserver keeps the consoles of other machines. It says ok to whoever connects, and
// tells which words it takes before a login (conserver conserver/group.c).
func conserver() *protocol {
	return &protocol{
		name: "conserver", spec: "conserver conserver/master.c, commands of the master process", tcp: []uint16{782, 3109}, names: []string{"conserver"},
		request: func(question) []byte { return []byte("help\r\n") },
		parse: func(h heard, s *Service) verdict {
			text := strings.TrimPrefix(string(h.data), "ok\r\n")
			if !strings.HasPrefix(text, "exit ") {
				return partialIf(strings.HasPrefix("exit ", text) || strings.HasPrefix("ok\r\n", text))
			}
			for _, word := range []string{"exit ", "help ", "login "} {
				if !strings.Contains("\n"+text, "\n"+word) {
					return partial
				}
			}
			s.WantsCredentials = true
			return yesIf(strings.Contains(text, "disconnect\r\n"))
		},
		complaint: func(in []byte) bool {
			return string(in) == "ok\r\n" || bytes.HasPrefix(in, []byte("ok\r\nunknown command"))
		},
		follow: func(t *talk, _ *Service) { t.say([]byte("exit\r\n")) },
	}
}

// icecream is the console of a scheduler that gives compilers work (Icecream
// README.md, section Network setup and telnet interface).
func icecream() *protocol {
	return &protocol{
		name: "icecream-monitor", spec: "Icecream README.md and scheduler/scheduler.cpp, handle_control_login", tcp: []uint16{8766}, names: []string{"icecc-scheduler"}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, "200-ICECC ")
			}
			if !strings.HasPrefix(line, "200-ICECC ") || !strings.Contains(line, " jobs in queue ") {
				return no
			}
			s.Product, s.Version, s.Evidence.Product = "Icecream", versionAfter(line, "200-ICECC "), "greeting"
			s.AnswersWithoutCredentials = true
			return yesIf(s.Version != "")
		},
		follow: func(t *talk, _ *Service) { t.say([]byte("quit\n")) },
	}
}
