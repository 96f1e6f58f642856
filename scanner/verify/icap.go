package verify

// icap asks a filter of pages what it can do (RFC 3507 section 4.10).
func icap() *protocol {
	return &protocol{
		name: "icap", spec: "RFC 3507 sections 4.3.3 and 4.10", tcp: []uint16{1344}, tls: []uint16{11344}, names: []string{"c-icap"}, unasked: true,
		request: func(question) []byte {
			return []byte("OPTIONS icap://porthole.invalid/ ICAP/1.0\r\nHost: porthole.invalid\r\n\r\n")
		},
		parse: func(h heard, s *Service) verdict {
			head, v := headOf(h, "ICAP/1.0 ")
			if v != yes {
				return v
			}
			if len(head) < 12 || !isDigits(head[9:12]) {
				return no
			}
			s.ProtocolVersion = "1.0"
			takeServerField(s, head, "Server")
			return yes
		},
	}
}
