package verify

import (
	"bytes"
	"strings"
)

// moosefs asks any server of MooseFS for its version (MooseFS mfscommon/MFSCommunication.h,
// ANTOAN_GET_VERSION).
func moosefs() *protocol {
	const getVersion, version, fixed = 10, 11, 8
	return &protocol{
		name: "moosefs", spec: "MooseFS mfscommon/MFSCommunication.h, ANTOAN_GET_VERSION and ANTOAN_VERSION", tcp: []uint16{9419, 9420, 9421, 9422},
		names:   []string{"mfsmaster", "mfschunkserver"},
		request: func(q question) []byte { return concat(be32(getVersion), be32(4), q.nonce[:4]) },
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			kind, length, id := r.u32(), int(r.u32()), r.bytes(4)
			if r.bad {
				return prefixOf(h.data, "\x00\x00\x00\x0b\x00\x00\x00")
			}
			if kind != version || length < fixed || length > 256 || !bytes.Equal(id, h.nonce[:4]) {
				return no
			}
			if len(h.data) < 8+length {
				return partial
			}
			number := r.bytes(4)
			words, _, _ := strings.Cut(string(bytes.TrimRight(r.in, "\x00")), "-")
			s.Product, s.Version, s.Evidence.Product = "MooseFS", versionAfter("="+words, "="), "ANTOAN_VERSION"
			if s.Version == "" {
				s.Version = itoa(int(number[0])<<8|int(number[1])) + "." + itoa(int(number[2])) + "." + itoa(int(number[3])>>1)
			}
			s.AnswersWithoutCredentials = true
			return yesIf(len(h.data) == 8+length)
		},
		complaint: func(in []byte) bool { return string(in) == "\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00" }, // it says that it is still there
		rank:      47,
	}
}

// amanda asks for nothing, without saying who asks, which is refused by the handle of
// the question (Amanda common-src/security-util.c, header of a packet).
func amanda() *protocol {
	handle := func(n nonce) string {
		return "HANDLE 000-" + strings.ToUpper(n.word()[:8]) + " SEQ " + itoa(int(n[8])<<16|int(n[9])<<8|int(n[10])) + "\n"
	}
	return &protocol{
		name: "amanda", spec: "Amanda common-src/security-util.c, str2pkthdr and pkthdr2str", udp: []uint16{10080}, names: []string{"amandad"},
		request: func(q question) []byte { return []byte("Amanda 3.5 REQ " + handle(q.nonce) + "SERVICE noop\n") },
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			version, rest, ok2 := strings.Cut(strings.TrimPrefix(line, "Amanda "), " ")
			kind, rest, _ := strings.Cut(rest, " ")
			if !ok || !ok2 || !strings.HasPrefix(line, "Amanda ") || rest+"\n" != handle(h.nonce) || kind != "NAK" && kind != "ACK" && kind != "REP" {
				return no
			}
			s.Product, s.Version, s.Evidence.Product = "Amanda", versionAfter("="+version, "="), "header"
			s.WantsCredentials = kind == "NAK"
			return yesIf(s.Version != "")
		},
	}
}
