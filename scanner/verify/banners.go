package verify

import (
	"bytes"
	"encoding/json"
	"strings"
)

// dict is a dictionary server, whose greeting ends with an identifier in angle
// brackets behind its capabilities, if it has any (RFC 2229 section 3.1).
func dict() *protocol {
	return &protocol{
		name: "dict", spec: "RFC 2229 section 3.1", tcp: []uint16{2628}, names: []string{"dictd"}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, "220 ")
			}
			fields := strings.Fields(line)
			if len(fields) < 4 || fields[0] != "220" {
				return no
			}
			id, capabilities := fields[len(fields)-1], fields[len(fields)-2]
			if !inBrackets(id) || !strings.Contains(id, "@") || !inBrackets(capabilities) || strings.Contains(capabilities, "@") {
				return no
			}
			takeKnown(s, line, "greeting", []known{{"dictd", "dictd"}})
			return yes
		},
		follow: func(t *talk, _ *Service) { t.say([]byte("QUIT\r\n")) },
	}
}

func inBrackets(word string) bool {
	return strings.HasPrefix(word, "<") && strings.HasSuffix(word, ">")
}

// hylafax is the fax server, which greets in the manner of FTP (hfaxd(8)).
func hylafax() *protocol {
	return &protocol{
		name: "hylafax", spec: "HylaFAX hfaxd(8)", tcp: []uint16{4559}, names: []string{"hfaxd"}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			code, text, v := replyOf(h.data)
			if v != yes {
				return v
			}
			if code != 220 || !strings.Contains(text, "server (HylaFAX ") {
				return no
			}
			s.Product, s.Evidence.Product = "HylaFAX", "greeting"
			s.Version = versionAfter(text, " Version ")
			return yes
		},
		follow: func(t *talk, _ *Service) { t.say([]byte("QUIT\r\n")) },
	}
}

// qemuMonitor is the console of a virtual machine (QEMU manual, QEMU Monitor). It
// does what it is told: nothing is said.
func qemuMonitor() *protocol {
	return &protocol{
		name: "qemu-monitor", spec: "QEMU manual, QEMU Monitor", unasked: true,
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, "QEMU ")
			}
			version, ok := strings.CutPrefix(line, "QEMU ")
			version, _, ok2 := strings.Cut(version, " monitor - type 'help'")
			if !ok || !ok2 || !startsVersion(version) {
				return no
			}
			s.Product, s.Version, s.Evidence.Product = "QEMU", cleanVersion(version), "greeting"
			s.AnswersWithoutCredentials = true
			return yes
		},
	}
}

// qmp is the same for programs (QEMU Machine Protocol Specification, section Server
// Greeting).
func qmp() *protocol {
	return &protocol{
		name: "qmp", spec: "QEMU Machine Protocol Specification, Server Greeting", unasked: true,
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, `{"QMP": {`)
			}
			var greeting struct {
				QMP *struct {
					Version struct {
						QEMU struct{ Major, Minor, Micro int }
					}
				}
			}
			if json.Unmarshal([]byte(line), &greeting) != nil || greeting.QMP == nil {
				return no
			}
			v := greeting.QMP.Version.QEMU
			s.Product, s.Evidence.Product = "QEMU", "greeting"
			s.Version = itoa(v.Major) + "." + itoa(v.Minor) + "." + itoa(v.Micro)
			s.AnswersWithoutCredentials = true
			return yes
		},
	}
}

// ganglia tells all that it measures, in XML behind a long document type (Ganglia
// gmond.conf(5), tcp_accept_channel). The element with the version comes later.
func ganglia() *protocol {
	return &protocol{
		name: "ganglia", spec: "Ganglia gmond.conf(5), tcp_accept_channel", tcp: []uint16{8649, 8651}, names: []string{"gmond", "gmetad"}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			const kind = "<!DOCTYPE GANGLIA_XML"
			if !bytes.Contains(h.data, []byte(kind)) {
				return partialIf(prefixOf(h.data, "<?xml ") == partial || bytes.HasPrefix(h.data, []byte("<?xml ")) && len(h.data) < 200 && !bytes.Contains(h.data, []byte("<!DOCTYPE G")))
			}
			s.AnswersWithoutCredentials = true
			return yes
		},
		follow: func(t *talk, s *Service) {
			const begin, most = "<GANGLIA_XML VERSION=", 16
			all := t.got
			for n := 0; n < most && !bytes.Contains(all, []byte(begin)); n++ {
				more := t.ask(nil, func(in []byte) bool { return len(in) >= mostGreeting })
				if len(more) == 0 {
					return
				}
				all = append(all, more...)
			}
			_, element, _ := bytes.Cut(all, []byte(begin))
			head, _, _ := bytes.Cut(element, []byte(">"))
			if version := versionAfter(`="`+strings.Trim(string(head), `"`), `="`); version != "" {
				s.Product, s.Version, s.Evidence.Product = "Ganglia", version, "GANGLIA_XML"
				if _, source, ok := strings.Cut(string(head), `SOURCE="`); ok {
					source, _, _ = strings.Cut(source, `"`)
					addInfo(s, source)
				}
			}
		},
	}
}
