package verify

import (
	"bytes"
	"strings"
)

// adc offers a hub of Direct Connect the protocol, and says no more: who does not
// introduce himself is nobody there (ADC 1.0.3, section 4).
func adc() *protocol {
	return &protocol{
		name: "adc", spec: "ADC 1.0.3, states PROTOCOL and IDENTIFY", tcp: []uint16{1511}, tls: []uint16{1511}, names: []string{"uhub"},
		request: func(question) []byte { return []byte("HSUP ADBASE ADTIGR\n") },
		parse: func(h heard, s *Service) verdict {
			lines := strings.Split(string(h.data), "\n")
			if !strings.HasPrefix(lines[0], "ISUP AD") {
				return prefixOf(h.data, "ISUP AD")
			}
			if len(lines) < 3 {
				return partial
			}
			id, ok := strings.CutPrefix(lines[1], "ISID ")
			if !ok || len(id) != 4 {
				return no
			}
			for _, line := range lines[2 : len(lines)-1] {
				_, own, ok := strings.Cut(line, " VE")
				if name, version, _ := strings.Cut(own, "/"); ok && strings.HasPrefix(line, "IINF ") && startsVersion(version) {
					s.Product, s.Version, s.Evidence.Product = printable(name), versionAfter("="+version, "="), "INF"
				}
			}
			return yes
		},
		whole: func(in []byte) bool {
			_, info, ok := bytes.Cut(in, []byte("\nIINF "))
			return ok && bytes.Contains(info, []byte("\n"))
		},
		rank: 49,
	}
}

// dht pings a node of BitTorrent's table, whose answer has the number of the question
// (BEP 5, ping).
func dht() *protocol {
	return &protocol{
		name: "bittorrent-dht", spec: "BEP 5, KRPC Protocol and ping", udp: []uint16{6881, 51413}, names: []string{"transmission-daemon", "transmission-da", "qbittorrent-nox", "rtorrent"},
		request: func(q question) []byte {
			return concat([]byte("d1:ad2:id20:"), q.nonce[:], q.nonce[:4], []byte("e1:q4:ping1:t4:"), q.nonce[4:8], []byte("1:y1:qe"))
		},
		parse: func(h heard, _ *Service) verdict {
			number := append([]byte("1:t4:"), h.nonce[4:8]...)
			return yesIf(bytes.HasPrefix(h.data, []byte("d")) && bytes.HasSuffix(h.data, []byte("e")) && bytes.Contains(h.data, number) &&
				(bytes.Contains(h.data, []byte("1:rd2:id20:")) && bytes.Contains(h.data, []byte("1:y1:r")) || bytes.Contains(h.data, []byte("1:y1:e")) && bytes.Contains(h.data, []byte("1:eli"))))
		},
	}
}

// synergy lets one keyboard serve many screens: the server greets with its name (Synergy
// and Barrier, lib/barrier/protocol_types.h, kMsgHello).
func synergy() *protocol {
	return &protocol{
		name: "synergy", spec: "Barrier src/lib/barrier/protocol_types.h, kMsgHello", tcp: []uint16{24800}, names: []string{"barriers", "synergys"}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			const hello = "\x00\x00\x00\x0b"
			if len(h.data) < 15 {
				return partialOf(h.data, hello+"Barrier\x00\x01", hello+"Synergy\x00\x01")
			}
			name := string(h.data[4:11])
			if len(h.data) != 15 || string(h.data[:4]) != hello || name != "Barrier" && name != "Synergy" || h.data[11] != 0 || h.data[13] != 0 {
				return no
			}
			s.ProtocolVersion = itoa(int(h.data[12])) + "." + itoa(int(h.data[14]))
			s.Product, s.Evidence.Product = name, "greeting"
			return yes
		},
	}
}

// mumbleUDP asks a voice server how many are there (Mumble protocol, UDP ping).
func mumbleUDP() *protocol {
	return &protocol{
		name: "mumble", spec: "Mumble protocol, Connectionless UDP ping packet", udp: []uint16{64738}, names: []string{"murmurd", "mumble-server"},
		request: func(q question) []byte { return concat(make([]byte, 4), q.nonce[:8]) },
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			version, id, users, most, _ := r.bytes(4), r.bytes(8), r.u32(), r.u32(), r.u32()
			if r.bad || len(r.in) != 0 || !bytes.Equal(id, h.nonce[:8]) || version[0] != 0 || version[1] == 0 || users > most {
				return no
			}
			s.Product, s.Evidence.Product = "Murmur", "ping"
			s.Version = itoa(int(version[1])) + "." + itoa(int(version[2])) + "." + itoa(int(version[3]))
			addInfo(s, itoa(int(users))+" of "+itoa(int(most))+" users")
			return yes
		},
	}
}
