package verify

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
)

// bgp is a router that opens a session, or refuses one (RFC 4271 sections 4.1, 4.2
// and 4.5). It is told nothing: a session is what would come of it.
func bgp() *protocol {
	const open, notification, header, shortestOpen = 1, 3, 19, 29
	marker := bytes.Repeat([]byte{0xff}, 16)
	return &protocol{
		name: "bgp", spec: "RFC 4271 sections 4.1, 4.2 and 4.5", tcp: []uint16{179}, unasked: true,
		names: []string{"bird", "bgpd", "gobgpd", "exabgp"},
		parse: func(h heard, s *Service) verdict {
			if len(h.data) < header {
				return prefixOf(h.data, string(marker))
			}
			r := reader{in: h.data}
			begin, length, kind := r.bytes(16), int(r.u16()), r.u8()
			if !bytes.Equal(begin, marker) || length < header+2 || length > 4096 || kind != open && kind != notification {
				return no
			}
			if len(h.data) < length {
				return partial
			}
			version, as, _, id := r.u8(), r.u16(), r.u16(), r.bytes(4)
			if kind == notification {
				return yesIf(version >= 1 && version <= 8) // which is the code there
			}
			if r.bad || length < shortestOpen || version != 4 {
				return no
			}
			s.ProtocolVersion = "4"
			const transition = 23456 // the number is too large for this place (RFC 6793)
			if as != transition {
				addInfo(s, "AS "+itoa(int(as)))
			}
			if address, ok := netip.AddrFromSlice(id); ok {
				addInfo(s, "router "+address.String())
			}
			return yes
		},
	}
}

// openflow is a switch or its controller, which both greet. An answer to an echo of
// ours proves it (OpenFlow Switch Specification 1.3, sections 6.2.1 and 7.5).
func openflow() *protocol {
	const hello, echoRequest, echoReply, header = 0, 2, 3, 8
	return &protocol{
		name: "openflow", spec: "OpenFlow Switch Specification 1.3.5 sections A.1, A.5.1 and A.5.2", tcp: []uint16{6633, 6653}, unasked: true,
		names: []string{"ovs-vswitchd", "ovs-testcontroller"},
		parse: func(h heard, s *Service) verdict {
			if len(h.data) < header {
				return partialIf(len(h.data) < 3 && len(h.data) > 0 && h.data[0] <= 6 && h.data[0] > 0 && prefixOf(h.data[1:], "\x00\x00") == partial)
			}
			length := int(h.data[2])<<8 | int(h.data[3])
			if h.data[0] == 0 || h.data[0] > 6 || h.data[1] != hello || length != len(h.data) || length > 64 || length%8 != 0 || h.data[0] < 4 && length != header {
				return no
			}
			s.ProtocolVersion = "1." + itoa(int(h.data[0])-1)
			return yes
		},
		confirm: func(t *talk, s *Service) bool {
			version, n := t.got[0], t.p.nonce()
			ask := concat([]byte{version, hello, 0, header}, n[:4], []byte{version, echoRequest, 0, header + 8}, n[4:16])
			want := concat([]byte{version, echoReply, 0, header + 8}, n[4:16])
			return bytes.Contains(t.ask(ask, func(in []byte) bool { return bytes.Contains(in, want) }), want)
		},
	}
}

// ovsdb asks which databases there are (RFC 7047 section 4.1.1).
func ovsdb() *protocol {
	return &protocol{
		name: "ovsdb", spec: "RFC 7047 sections 4 and 4.1.1", tcp: []uint16{6640}, tls: []uint16{6640}, names: []string{"ovsdb-server"},
		request: func(q question) []byte {
			return []byte(`{"method":"list_dbs","params":[],"id":"` + q.nonce.word() + `"}`)
		},
		parse: func(h heard, s *Service) verdict {
			if !bytes.HasPrefix(h.data, []byte(`{"`)) {
				return prefixOf(h.data, `{"`)
			}
			var answer struct {
				ID     any
				Result []string
				Error  any
			}
			if json.Unmarshal(h.data, &answer) != nil {
				return partialIf(isText(h.data) && h.data[len(h.data)-1] != '}')
			}
			if answer.ID != h.nonce.word() || answer.Error != nil || len(answer.Result) == 0 || !bytes.Contains(h.data, []byte(`"error":null`)) {
				return no
			}
			slices.Sort(answer.Result)
			addInfo(s, "databases "+strings.Join(answer.Result, " "))
			s.AnswersWithoutCredentials = true
			return yes
		},
		rank: 44,
	}
}

// zebraVTY is the console of a routing daemon, which asks for a password in the words
// of Zebra. Each line that it is sent is one that is wrong.
func zebraVTY() *protocol {
	var numbers []uint16
	for n := uint16(2601); n <= 2623; n++ {
		numbers = append(numbers, n)
	}
	return &protocol{
		name: "zebra-vty", spec: "FRRouting lib/vty.c and the manual, section Virtual Terminal Interfaces", tcp: numbers, unasked: true,
		names: []string{"zebra", "ospfd", "ripd", "staticd"},
		parse: func(h heard, s *Service) verdict {
			const begin, notSet = "\r\nHello, this is ", "Vty password is not set."
			text := string(h.data)
			if strings.HasPrefix(text, notSet) {
				return yesIf(h.closed || strings.HasSuffix(text, "\n"))
			}
			rest, ok := strings.CutPrefix(text, begin)
			if !ok {
				return partialOf(h.data, begin, notSet)
			}
			if !strings.Contains(rest, "User Access Verification") {
				return partialIf(!h.closed)
			}
			name, version, ok := strings.Cut(rest, " (version ")
			if !ok || len(name) > 40 {
				return no
			}
			s.Product, s.Version, s.Evidence.Product = printable(name), versionAfter("="+version, "="), "greeting"
			s.WantsCredentials = true
			return yes
		},
	}
}
