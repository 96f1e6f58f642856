package verify

import "strings"

// erlangDist is the port at which the nodes of Erlang meet, and RabbitMQ's with
// them: who has the cookie runs any code there. It is told a name, which a node
// answers before it asks for proof of the cookie. The connection ends there, so
// nobody joins.
//
// A node of OTP 25 logs nothing of it, but knows the name for some time. One that
// allows only some names logs an error, and so does one that wants capabilities that
// are not offered here: only Verifier.All asks it. The name is always the same, since
// a node never frees the memory of one.
func erlangDist() *protocol {
	return &protocol{
		name: "erlang-dist", spec: "Erlang distribution protocol, Distribution Handshake", tcp: []uint16{25672},
		request: func(question) []byte {
			const name, capabilities = "porthole@porthole.invalid", 0x4_0307_0f94 // all that OTP 27 wants, but not to be listed
			message := concat([]byte{'N'}, be32(capabilities>>32), be32(capabilities&0xffffffff), be32(1), []byte{0, byte(len(name))}, []byte(name))
			return concat([]byte{0, byte(len(message))}, message)
		},
		parse: parseErlangDist,
	}
}

// parseErlangDist reads the status, and after "ok" the challenge, which has the name
// of the node. Each is a message behind two bytes of length.
func parseErlangDist(h heard, s *Service) verdict {
	r := reader{in: h.data}
	length := int(r.u16())
	status := r.bytes(length)
	switch {
	case len(h.data) >= 2 && (length < 3 || length > len("sok_simultaneous")), len(h.data) > 2 && h.data[2] != 's':
		return no
	case r.bad:
		return partial
	}
	switch string(status) {
	case "snok", "snot_allowed", "salive":
		return yesIf(len(r.in) == 0)
	case "sok", "sok_simultaneous":
	default:
		return no
	}
	if len(r.in) == 0 {
		return partial
	}
	length = int(r.u16())
	challenge := reader{in: r.bytes(length)}
	if r.bad {
		return partialIf(length <= 512)
	}
	kind := challenge.u8()
	challenge.bytes(8 + 4 + 4) // capabilities, the challenge, when the node began
	node := string(challenge.bytes(int(challenge.u16())))
	if challenge.bad || kind != 'N' || len(challenge.in) > 0 || len(r.in) > 0 || strings.Count(node, "@") != 1 || !isText([]byte(node)) {
		return no
	}
	addInfo(s, "node "+node)
	return yes
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
