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
