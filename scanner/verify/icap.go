package verify

import "strings"

// icap asks a filter of pages what it can do (RFC 3507 section 4.10).
func icap() *protocol {
	return &protocol{
		name: "icap", spec: "RFC 3507 sections 4.3.3 and 4.10", tcp: []uint16{1344}, tls: []uint16{11344}, names: []string{"c-icap"}, unasked: true,
		request: func(question) []byte {
			return []byte("OPTIONS icap://porthole.invalid/ ICAP/1.0\r\nHost: porthole.invalid\r\n\r\n")
		},
		parse: func(h heard, s *Service) verdict {
			text := string(h.data)
			if !strings.HasPrefix(text, "ICAP/1.0 ") {
				return prefixOf(h.data, "ICAP/1.0 ")
			}
			head, _, ok := strings.Cut(text, "\r\n\r\n")
			if !ok {
				return partialIf(!h.closed)
			}
			if len(head) < 12 || !isDigits(head[9:12]) {
				return no
			}
			s.ProtocolVersion = "1.0"
			for _, line := range strings.Split(head, "\r\n")[1:] {
				if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Server") {
					takeAgent(s, strings.TrimSpace(value), "Server header")
				}
			}
			return yes
		},
	}
}
