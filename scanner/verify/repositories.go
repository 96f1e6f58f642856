package verify

import "strings"

// cvs is asked in words that begin nothing, which it names in its refusal (CVS
// client/server protocol, section Connection and Authentication).
func cvs() *protocol {
	const begin, reason = "cvs [", " aborted]: bad auth protocol start: "
	return &protocol{
		name: "cvs", spec: "CVS client/server protocol, section How to Connect to and Authenticate Oneself to the CVS server", tcp: []uint16{2401}, names: []string{"cvs"},
		request: func(q question) []byte { return []byte(q.nonce.word() + "\n") },
		unasked: true,
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, begin)
			}
			rest, ok := strings.CutPrefix(line, begin)
			who, rest, ok2 := strings.Cut(rest, reason)
			return yesIf(ok && ok2 && rest != "" && (who == "pserver" || who == "server"))
		},
	}
}

// bzr asks a server of Bazaar or Breezy for the version of its protocol (Breezy
// doc/developers/network-protocol.txt, hello).
func bzr() *protocol {
	const mistake = "error\x01Generic bzr smart protocol error: bad request '"
	return &protocol{
		name: "bzr", spec: "Breezy doc/developers/network-protocol.txt, hello", tcp: []uint16{4155}, unasked: true, names: []string{"brz", "bzr"},
		request: func(question) []byte { return []byte("hello\n") },
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return partialOf(h.data, "ok\x01", mistake)
			}
			if version, ok := strings.CutPrefix(line, "ok\x01"); ok {
				s.ProtocolVersion = printable(version)
				return yesIf(len(version) == 1 && isDigits(version) && len(h.data) == len("ok\x012\n"))
			}
			return yesIf(strings.HasPrefix(line, mistake))
		},
	}
}

// unison is a server of Unison, which tells the version of its protocol. It ends when
// it is told something wrong.
func unison() *protocol {
	return &protocol{
		name: "unison", spec: "Unison src/remote.ml, connection header", unasked: true, names: []string{"unison"},
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, "Unison ")
			}
			s.ProtocolVersion = versionAfter(line, "Unison ")
			return yesIf(strings.HasPrefix(line, "Unison ") && s.ProtocolVersion != "" && strings.Contains(line, " with OCaml "))
		},
	}
}
