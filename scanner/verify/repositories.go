package verify

import (
	"fmt"
	"strconv"
	"strings"
)

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

// rsync greets with the version of its protocol. Modules are not asked for.
func rsync() *protocol {
	return &protocol{
		name: "rsync", spec: "rsync clientserver.c, exchange_protocols", tcp: []uint16{873}, names: []string{"rsync"}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, "@RSYNCD: ")
			}
			version := versionAfter(line, "@RSYNCD: ")
			if !strings.HasPrefix(line, "@RSYNCD: ") || version == "" {
				return no
			}
			s.ProtocolVersion = version
			return yes
		},
		// A daemon that is told nothing more would wait for its timeout.
		follow: func(t *talk, s *Service) { t.say([]byte("@RSYNCD: " + s.ProtocolVersion + "\n@RSYNCD: EXIT\n")) },
	}
}

// svn greets with what it can do (Subversion, ra_svn protocol, section 2).
func svn() *protocol {
	return &protocol{
		name: "svn", spec: "Subversion ra_svn/protocol section 2", tcp: []uint16{3690}, names: []string{"svnserve"}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			text := string(h.data)
			if !strings.HasPrefix(text, "( success ( ") {
				return prefixOf(h.data, "( success ( ")
			}
			if !strings.HasSuffix(text, ") ) ") && !strings.HasSuffix(text, ") ) \n") {
				return partial
			}
			fields := strings.Fields(text)
			if len(fields) < 6 || strings.Count(text, "(") != strings.Count(text, ")") {
				return no
			}
			s.ProtocolVersion = printable(fields[4])
			_, err := strconv.Atoi(fields[3])
			return yesIf(err == nil && strings.Contains(text, "edit-pipeline"))
		},
	}
}

// git asks for a repository that is not there, which the daemon says in its own
// framing (gitprotocol-pack, section Git Transport).
func git() *protocol {
	return &protocol{
		name: "git", spec: "gitprotocol-pack and gitprotocol-common (pkt-line)", tcp: []uint16{9418}, names: []string{"git-daemon", "git"},
		request: func(q question) []byte {
			text := "git-upload-pack /" + q.nonce.word() + ".porthole\x00host=porthole.invalid\x00"
			return fmt.Appendf(nil, "%04x%s", len(text)+4, text)
		},
		parse: func(h heard, s *Service) verdict {
			if len(h.data) < 8 {
				return partialIf(isHex(h.data[:min(4, len(h.data))]))
			}
			n, err := strconv.ParseUint(string(h.data[:4]), 16, 16)
			if err != nil || n < 8 || n > 1000 || string(h.data[4:8]) != "ERR " {
				return no
			}
			if len(h.data) < int(n) {
				return partial
			}
			return yesIf(isText(h.data[4:n]))
		},
		rank: 14,
	}
}
