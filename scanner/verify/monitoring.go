package verify

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"strings"
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
