package verify

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"strconv"
	"strings"
	"time"
)

// nrpe asks a Nagios agent for the check that is its own version (NRPE 4.1,
// include/common.h, packets of version 4, whose length is that of the words).
func nrpe() *protocol {
	const version, query, response, header = 4, 1, 2, 16
	sum := func(packet []byte) uint32 {
		blank := bytes.Clone(packet)
		copy(blank[4:8], make([]byte, 4))
		return crc32.ChecksumIEEE(blank)
	}
	return &protocol{
		name: "nrpe", spec: "NRPE 4.1 include/common.h, v3_packet and its version 4", tcp: []uint16{5666}, tls: []uint16{5666}, names: []string{"nrpe"},
		request: func(question) []byte {
			const words = "_NRPE_CHECK\x00"
			packet := concat(be16(version), be16(query), be32(0), be16(0), be16(0), be32(uint32(len(words))), []byte(words))
			binary.BigEndian.PutUint32(packet[4:], sum(packet))
			return packet
		},
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			got, kind, check := r.u16(), r.u16(), r.u32()
			r.bytes(4)
			length := r.u32()
			if r.bad {
				return partialOf(h.data, "\x00\x04\x00\x02")
			}
			if got != version || kind != response || length == 0 || length > 2048 {
				return no
			}
			if len(h.data) < header+int(length) {
				return partial
			}
			if len(h.data) != header+int(length) || check != sum(h.data) {
				return no
			}
			words, _, _ := strings.Cut(string(r.in), "\x00")
			if own := versionAfter(words, "NRPE v"); own != "" {
				s.Product, s.Version, s.Evidence.Product = "NRPE", own, "_NRPE_CHECK"
			}
			s.AnswersWithoutCredentials = true
			return yes
		},
		rank: 34,
	}
}

// zabbixTrapper asks a Zabbix server or proxy how it is, which it tells to those who
// may know and refuses to others, in its framing (Zabbix documentation, Zabbix
// protocols).
func zabbixTrapper() *protocol {
	return &protocol{
		name: "zabbix-trapper", spec: "Zabbix documentation, Header and data length, Remote monitoring of Zabbix stats", tcp: []uint16{10051},
		names: []string{"zabbix_server", "zabbix_proxy"},
		request: func(question) []byte {
			const words = `{"request":"zabbix.stats"}`
			return concat([]byte("ZBXD\x01"), le32(uint32(len(words))), le32(0), []byte(words))
		},
		parse: func(h heard, s *Service) verdict {
			const header = 13
			if len(h.data) < header {
				return prefixOf(h.data, "ZBXD\x01")
			}
			length := binary.LittleEndian.Uint32(h.data[5:])
			if string(h.data[:5]) != "ZBXD\x01" || length > mostBytes-header {
				return no
			}
			if len(h.data) < header+int(length) {
				return partial
			}
			var answer struct {
				Response string
				Data     struct{ Version string }
			}
			if json.Unmarshal(h.data[header:header+int(length)], &answer) != nil || answer.Response != "success" && answer.Response != "failed" {
				return no
			}
			s.Product, s.Evidence.Product = "Zabbix", "zabbix.stats"
			s.Version = cleanVersion(answer.Data.Version)
			s.AnswersWithoutCredentials = answer.Response == "success"
			return yes
		},
		rank: 28,
	}
}

// nsca greets who brings results of checks with 128 random bytes and the time (NSCA
// 2.10, include/common.h, init_packet).
func nsca() *protocol {
	const random, whole = 128, 132
	return &protocol{
		name: "nsca", spec: "NSCA 2.10 include/common.h, init_packet", tcp: []uint16{5667}, names: []string{"nsca"}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			if len(h.data) != whole || isText(h.data[:random]) {
				return no // shorter could be anything; it comes in one piece
			}
			return yesIf(near(time.Unix(int64(binary.BigEndian.Uint32(h.data[random:])), 0)))
		},
	}
}

// apcupsd asks for the state of an uninterruptible power supply, in lines that each
// have a length before them (Apcupsd User Manual, section NIS network server
// protocol).
func apcupsd() *protocol {
	return &protocol{
		name: "apcupsd", spec: "Apcupsd User Manual, NIS Network Server Protocol", tcp: []uint16{3551}, names: []string{"apcupsd"},
		request: func(question) []byte { return []byte("\x00\x06status") },
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			for n := 0; ; n++ {
				line := string(r.bytes(int(r.u16())))
				if r.bad {
					return prefixOf(h.data, "\x00\x18APC      : ")
				}
				if n == 0 && !strings.HasPrefix(line, "APC      : ") {
					return no
				}
				if version, ok := strings.CutPrefix(line, "VERSION  : "); ok {
					s.Product, s.Version, s.Evidence.Product = "Apcupsd", versionAfter("="+version, "="), "VERSION"
					s.AnswersWithoutCredentials = true
					return yesIf(s.Version != "")
				}
				if n > 8 || line == "" {
					return no
				}
			}
		},
		rank: 43,
	}
}

// xymon pings, and says that this is all, which the server waits for (xymon(1),
// ping).
func xymon() *protocol {
	return &protocol{
		name: "xymon", spec: "xymon(1), ping", tcp: []uint16{1984}, names: []string{"xymond"},
		request:   func(question) []byte { return []byte("ping") },
		halfClose: true,
		parse: func(h heard, s *Service) verdict {
			for _, name := range []string{"xymond ", "hobbitd "} {
				if version, ok := strings.CutPrefix(string(h.data), name); ok {
					line, whole := firstLine([]byte(version))
					if !whole || !h.closed {
						return partial
					}
					s.Product, s.Version, s.Evidence.Product = "Xymon", versionAfter("="+line, "="), "ping"
					s.AnswersWithoutCredentials = true
					return yesIf(s.Version != "" && len(version) == len(line)+1)
				}
			}
			return partialOf(h.data, "xymond ", "hobbitd ")
		},
	}
}

// iperf3 begins a measurement with a cookie, without a stream (iperf3
// src/iperf_api.h, states of a test).
func iperf3() *protocol {
	const exchangeParameters, createStreams = 9, 10
	return &protocol{
		name: "iperf3", spec: "iperf3 src/iperf_api.h, PARAM_EXCHANGE and CREATE_STREAMS", tcp: []uint16{5201}, names: []string{"iperf3"},
		request: func(q question) []byte { return []byte((q.nonce.word() + q.nonce.word() + "xyzw")[:36] + "\x00") },
		parse: func(h heard, _ *Service) verdict {
			return partialOrYes(len(h.data), len(h.data) == 1 && h.data[0] == exchangeParameters)
		},
		confirm: func(t *talk, s *Service) bool {
			in := t.ask([]byte("\x00\x00\x00\x02{}"), func(in []byte) bool { return len(in) > 0 })
			s.AnswersWithoutCredentials = true
			return len(in) == 1 && in[0] == createStreams
		},
		complaint: func(in []byte) bool { return len(in) == 1 && in[0] == exchangeParameters },
		oneClient: true,
	}
}

// nuttcp measures networks, and refuses what does not begin so with its version
// (nuttcp nuttcp.c, error scanning parameters).
func nuttcp() *protocol {
	return &protocol{
		name: "nuttcp", spec: "nuttcp nuttcp.c, server's answer to bad parameters", unasked: true, names: []string{"nuttcp"},
		parse: func(h heard, s *Service) verdict {
			const begin = "KO\nnuttcp-"
			text := string(h.data)
			if !strings.HasPrefix(text, begin) {
				return prefixOf(h.data, begin)
			}
			if strings.Count(text, "\n") < 2 {
				return partial
			}
			s.Product, s.Version, s.Evidence.Product = "nuttcp", versionAfter(text, ": v"), "refusal"
			return yesIf(s.Version != "")
		},
	}
}

// relp opens a session for messages of logs, brings none and closes it (RELP 1,
// section 2).
func relp() *protocol {
	const closing = "0 serverclose 0\n"
	offers := "relp_version=0\nrelp_software=porthole\ncommands=syslog"
	return &protocol{
		name: "relp", spec: "RELP - The Reliable Event Logging Protocol, open and close", tcp: []uint16{2514, 20514}, unasked: true,
		request: func(question) []byte { return []byte("1 open " + itoa(len(offers)) + " " + offers + "\n") },
		parse: func(h heard, s *Service) verdict {
			text := string(h.data)
			if text == closing {
				return yes
			}
			rest, ok := strings.CutPrefix(text, "1 rsp ")
			if !ok {
				return partialOf(h.data, "1 rsp ", closing)
			}
			number, rest, ok := strings.Cut(rest, " ")
			length, err := strconv.Atoi(number)
			if !ok {
				return partialIf(len(number) < 5 && (number == "" || isDigits(number)))
			}
			if err != nil || length < 3 || length > 2048 {
				return no
			}
			if len(rest) < length {
				return partial
			}
			for line := range strings.Lines(rest[:length]) {
				if software, ok := strings.CutPrefix(line, "relp_software="); ok {
					name, version, _ := strings.Cut(software, ",")
					version, _, _ = strings.Cut(version, ",")
					s.Product, s.Version, s.Evidence.Product = printable(name), cleanVersion(version), "relp_software"
				}
				if version, ok := strings.CutPrefix(line, "relp_version="); ok {
					s.ProtocolVersion = printable(version)
				}
			}
			return yesIf(isDigits(rest[:3]) && s.ProtocolVersion != "")
		},
		complaint: func(in []byte) bool { return string(in) == closing },
		follow: func(t *talk, s *Service) {
			if s.ProtocolVersion != "" {
				t.say([]byte("2 close 0\n"))
			}
		},
	}
}

// gkrellm asks a server of GKrellM for what it watches (GKrellM src/client.c and
// server/mainserver.c).
func gkrellm() *protocol {
	const begin = "<gkrellmd_setup>\n<version>\ngkrellmd "
	return &protocol{
		name: "gkrellm", spec: "GKrellM server/mainserver.c, connect string and gkrellmd_setup", tcp: []uint16{19150}, names: []string{"gkrellmd"},
		request: func(question) []byte { return []byte("gkrellm 2.3.0\n") },
		parse: func(h heard, s *Service) verdict {
			version, ok := strings.CutPrefix(string(h.data), begin)
			if !ok {
				return prefixOf(h.data, begin)
			}
			version, _, ok = strings.Cut(version, "\n")
			if !ok {
				return partial
			}
			s.Product, s.Version, s.Evidence.Product = "GKrellM", versionAfter("="+version, "="), "version"
			s.AnswersWithoutCredentials = true
			return yesIf(s.Version != "")
		},
		complaint: func(in []byte) bool { return bytes.HasPrefix(in, []byte("<error>\nBad connect string")) },
	}
}

// sudoLogs keeps what sudo did elsewhere, and greets with what it is
// (sudo_logsrv.proto(5), ServerHello).
func sudoLogs() *protocol {
	return &protocol{
		name: "sudo-logsrv", spec: "sudo_logsrv.proto(5), ServerMessage and ServerHello", tcp: []uint16{30343}, tls: []uint16{30344}, names: []string{"sudo_logsrvd"}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			const hello, serverID = 0x0a, 0x0a
			r := reader{in: h.data}
			length, kind, size, field := int(r.u32()), r.u8(), int(r.u8()), r.u8()
			id := string(r.bytes(int(r.u8())))
			if r.bad {
				return partialIf(len(h.data) < 5 && prefixOf(h.data, "\x00\x00\x00") == partial || len(h.data) >= 5 && h.data[0] == 0 && h.data[4] == hello && length < 256)
			}
			if len(h.data) != 4+length || kind != hello || size != length-2 || field != serverID || !strings.HasPrefix(id, "Sudo Audit Server ") {
				return no
			}
			s.Product, s.Version, s.Evidence.Product = "Sudo Audit Server", versionAfter(id, "Sudo Audit Server "), "ServerHello"
			return yes
		},
	}
}

// zabbixAgent asks an agent for its version, in its framing. It answers to the
// servers it knows and closes for others.
func zabbixAgent() *protocol {
	return &protocol{
		name: "zabbix-agent", spec: "Zabbix documentation, Passive agent checks, Header", tcp: []uint16{10050},
		names: []string{"zabbix_agentd", "zabbix_agent2"},
		request: func(question) []byte {
			const key = "agent.version"
			return concat([]byte("ZBXD\x01"), le32(uint32(len(key))), le32(0), []byte(key))
		},
		parse: func(h heard, s *Service) verdict {
			const header = 13
			if len(h.data) < header {
				return prefixOf(h.data, "ZBXD\x01")
			}
			if string(h.data[:5]) != "ZBXD\x01" {
				return no
			}
			length := int(h.data[5]) | int(h.data[6])<<8
			if h.data[7] != 0 || h.data[8] != 0 || length > 1024 {
				return no
			}
			if len(h.data) < header+length {
				return partial
			}
			version := string(h.data[header : header+length])
			if strings.HasPrefix(version, "{") { // a server or a proxy
				return no
			}
			if startsVersion(version) && isText([]byte(version)) {
				s.Product, s.Version, s.Evidence.Product = "Zabbix agent", cleanVersion(version), "agent.version"
				s.AnswersWithoutCredentials = true
			}
			return yes
		},
		complaint: func(in []byte) bool { return bytes.HasPrefix(in, []byte("ZBXD\x01")) },
		rank:      26,
	}
}
