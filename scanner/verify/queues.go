package verify

import (
	"bytes"
	"strings"
)

// beanstalkd asks for its statistics (beanstalkd doc/protocol.txt, stats).
func beanstalkd() *protocol {
	return &protocol{
		name: "beanstalkd", spec: "beanstalkd doc/protocol.txt, stats", tcp: []uint16{11300}, names: []string{"beanstalkd"},
		request: func(question) []byte { return []byte("stats\r\n") },
		parse: func(h heard, s *Service) verdict {
			text := string(h.data)
			if !strings.HasPrefix(text, "OK ") {
				return prefixOf(h.data, "OK ")
			}
			if !strings.Contains(text, "current-jobs-urgent:") || !strings.HasSuffix(text, "\r\n") {
				return partial
			}
			for line := range strings.Lines(text) {
				if version, ok := strings.CutPrefix(line, "version: "); ok {
					s.Product, s.Version, s.Evidence.Product = "beanstalkd", cleanVersion(strings.Trim(strings.TrimSpace(version), `"`)), "stats"
				}
			}
			s.AnswersWithoutCredentials = true
			return yes
		},
		complaint: func(in []byte) bool { return bytes.HasPrefix(in, []byte("UNKNOWN_COMMAND\r\n")) },
	}
}

// gearman asks for its version (Gearman protocol, Administrative Protocol).
func gearman() *protocol {
	return &protocol{
		name: "gearman", spec: "Gearman PROTOCOL, Administrative Protocol", tcp: []uint16{4730}, names: []string{"gearmand"},
		request: func(question) []byte { return []byte("version\r\n") },
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, "OK ")
			}
			version, ok := strings.CutPrefix(line, "OK ")
			if !ok || !startsVersion(version) || versionAfter("="+version, "=") != version {
				return no
			}
			s.Product, s.Version, s.Evidence.Product = "Gearman", version, "version"
			s.AnswersWithoutCredentials = true
			return yes
		},
		complaint: func(in []byte) bool { return bytes.HasPrefix(in, []byte("ERR UNKNOWN_COMMAND Unknown+server+command")) },
	}
}

// nsq is asked in a version of its protocol that is not there, which the broker and
// its directory refuse each in its own frame (NSQ, TCP Protocol Spec, and nsqd/tcp.go,
// nsqlookupd/tcp.go).
func nsq() *protocol {
	const broker, directory = "\x00\x00\x00\x12\x00\x00\x00\x01E_BAD_PROTOCOL", "\x00\x00\x00\x0eE_BAD_PROTOCOL"
	return &protocol{
		name: "nsq", spec: "NSQ TCP Protocol Spec, nsqd/tcp.go and nsqlookupd/tcp.go", tcp: []uint16{4150, 4160}, names: []string{"nsqd", "nsqlookupd"}, unasked: true,
		request: func(question) []byte { return []byte("  V0") },
		parse: func(h heard, s *Service) verdict {
			switch string(h.data) {
			case broker:
				s.Product, s.Evidence.Product = "nsqd", "frame of its error"
				return yes
			case directory:
				s.Product, s.Evidence.Product = "nsqlookupd", "frame of its error"
				return yes
			}
			return partialIf(len(h.data) < len(broker) && partialOf(h.data, broker, directory) == partial)
		},
	}
}
