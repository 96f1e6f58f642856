package verify

import (
	"bytes"
	"encoding/json"
	"strings"
)

// amqp091 offers the version; a broker starts with what it is (AMQP 0-9-1
// section 1.4.2.1, connection.start).
func amqp091() *protocol {
	return &protocol{
		name: "amqp", spec: "AMQP 0-9-1 sections 2.2.4 and 1.4.2.1", tcp: []uint16{5672, 5673}, tls: []uint16{5671},
		names:     []string{"beam.smp", "rabbitmq-server", "rabbitmq"},
		request:   func(question) []byte { return []byte("AMQP\x00\x00\x09\x01") },
		parse:     parseAMQP,
		complaint: func(in []byte) bool { return bytes.HasPrefix(in, []byte("AMQP")) },
		rank:      6,
	}
}

func parseAMQP(h heard, s *Service) verdict {
	const method, frameEnd, connection, start = 1, 0xce, 10, 10
	if bytes.HasPrefix(h.data, []byte("AMQP")) { // the version that it would have, also for AMQP 1.0
		if len(h.data) < 8 {
			return partial
		}
		v := h.data[4:8]
		switch {
		case v[0] <= 3 && v[1] == 1 && v[2] == 0 && v[3] == 0: // AMQP 1.0 section 2.2
			s.ProtocolVersion = "1.0"
		case v[0] == 0 && v[1] == 0 && v[2] == 9 || v[0] == 1 && v[1] == 1 && v[2] <= 9:
			s.ProtocolVersion = itoa(int(v[2])) + "-" + itoa(int(v[3]))
			if v[0] == 0 {
				s.ProtocolVersion = "0-" + s.ProtocolVersion
			}
		default:
			return no
		}
		return yes
	}
	r := reader{in: h.data}
	kind, channel, length := r.u8(), r.u16(), r.u32()
	if r.bad {
		return partialIf(len(h.data) == 0 || kind == method && channel == 0)
	}
	if kind != method || channel != 0 || length < 10 || length > mostBytes {
		return no
	}
	if len(r.in) < int(length)+1 {
		return partial
	}
	body := reader{in: r.in[:length]}
	if r.in[length] != frameEnd || body.u16() != connection || body.u16() != start || body.u8() != 0 || body.u8() != 9 {
		return no
	}
	s.ProtocolVersion = "0-9-1"
	properties := r.in[:length]
	if product := amqpText(properties, "product"); product != "" {
		s.Product, s.Version, s.Evidence.Product = product, cleanVersion(amqpText(properties, "version")), "server-properties"
	}
	addInfo(s, amqpText(properties, "platform"))
	return yes
}

// amqpText is the long string of that name in a table of fields (section 4.2.5).
func amqpText(table []byte, name string) string {
	_, rest, ok := bytes.Cut(table, append([]byte{byte(len(name))}, name+"S"...))
	if !ok {
		return ""
	}
	r := reader{in: rest}
	return printable(string(r.bytes(int(r.u32()))))
}

// mqtt connects as a client without a name or a login, and leaves (MQTT 3.1.1
// sections 3.1 and 3.2).
func mqtt() *protocol {
	return &protocol{
		name: "mqtt", spec: "MQTT 3.1.1 sections 3.1, 3.2 and 3.14", tcp: []uint16{1883, 1884}, tls: []uint16{8883},
		names: []string{"mosquitto", "emqx", "nanomq"},
		request: func(question) []byte {
			return []byte("\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00")
		},
		parse: func(h heard, s *Service) verdict {
			const connack, accepted, badIdentifier, unavailable, notAuthorized = 0x20, 0, 2, 3, 5
			if len(h.data) < 4 {
				return prefixOf(h.data, "\x20\x02\x00")
			}
			code := h.data[3]
			if len(h.data) != 4 || h.data[0] != connack || h.data[1] != 2 || h.data[2] != 0 || code > notAuthorized {
				return no
			}
			s.AnswersWithoutCredentials = code == accepted
			s.WantsCredentials = code > unavailable
			return yes
		},
		// What a fixed answer would also be: a broker goes on talking.
		confirm: func(t *talk, s *Service) bool {
			if !s.AnswersWithoutCredentials { // a broker that refuses has to close (section 3.2.2.3)
				return t.p.cur == nil || len(t.ask(nil, func([]byte) bool { return true })) == 0 && t.p.cur == nil
			}
			in := t.ask([]byte("\xc0\x00"), func(in []byte) bool { return len(in) >= 2 }) // PINGREQ
			return string(in) == "\xd0\x00"
		},
		follow: followMQTT,
		rank:   5,
	}
}

// followMQTT reads the broker's version, which it keeps for everybody below
// $SYS, and disconnects.
func followMQTT(t *talk, s *Service) {
	const topic = "$SYS/broker/version"
	if s.AnswersWithoutCredentials {
		request := concat([]byte{0x82, byte(2 + 2 + len(topic) + 1), 0, 1, 0, byte(len(topic))}, []byte(topic), []byte{0})
		in := t.ask(request, func(in []byte) bool { return bytes.Contains(in, []byte(topic)) && brokerVersion(in) != "" })
		if words := brokerVersion(in); words != "" {
			s.Product, s.Version, _ = brokerProduct(words)
			s.Evidence.Product = topic
		}
	}
	t.say([]byte("\xe0\x00")) // DISCONNECT
}

// brokerVersion is what a PUBLISH of the topic holds (section 3.3).
func brokerVersion(in []byte) string {
	const topic = "$SYS/broker/version"
	i := bytes.Index(in, append([]byte{0, byte(len(topic))}, topic...))
	if i < 2 || in[i-2]&0xf0 != 0x30 || in[i-1] >= 0x80 {
		return ""
	}
	end := i + int(in[i-1])
	start := i + 2 + len(topic)
	if end > len(in) || start > end {
		return ""
	}
	return printable(string(in[start:end]))
}

// brokerProduct reads "mosquitto version 2.0.11".
func brokerProduct(words string) (product, version, rest string) {
	if name, v, ok := strings.Cut(words, " version "); ok {
		return name, cleanVersion(v), ""
	}
	return serverProduct(words)
}

// nats sends what it is in JSON behind INFO (NATS client protocol, section INFO).
func nats() *protocol {
	return &protocol{
		name: "nats", spec: "NATS client protocol, section INFO", tcp: []uint16{4222, 6222}, unasked: true,
		names: []string{"nats-server"},
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, "INFO {")
			}
			var info struct {
				ServerID string `json:"server_id"`
				Version  string
				Proto    int
				Auth     bool `json:"auth_required"`
				TLS      bool `json:"tls_required"`
				Can      bool `json:"tls_available"`
			}
			text, ok := strings.CutPrefix(line, "INFO ")
			if !ok || json.Unmarshal([]byte(strings.TrimSpace(text)), &info) != nil || info.ServerID == "" {
				return no
			}
			s.Product, s.Version, s.Evidence.Product = "NATS", cleanVersion(info.Version), "INFO"
			s.ProtocolVersion = itoa(info.Proto)
			s.WantsCredentials, s.AnswersWithoutCredentials = info.Auth, !info.Auth
			s.StartTLS = info.TLS || info.Can
			return yes
		},
	}
}

// stomp connects for a version that no broker has, which gives an error frame
// and no session (STOMP 1.2, sections CONNECT and Protocol Negotiation).
func stomp() *protocol {
	return &protocol{
		name: "stomp", spec: "STOMP 1.2, section Protocol Negotiation", tcp: []uint16{61613}, tls: []uint16{61612},
		request: func(question) []byte {
			return []byte("CONNECT\naccept-version:0.1\nhost:porthole.invalid\n\n\x00")
		},
		unasked: true,
		parse: func(h heard, s *Service) verdict {
			text := string(h.data)
			if !strings.HasPrefix(text, "ERROR\n") && !strings.HasPrefix(text, "ERROR\r\n") {
				return prefixOf(h.data, "ERROR\n")
			}
			head, body, ok := strings.Cut(strings.ReplaceAll(text, "\r", ""), "\n\n")
			if !ok || !strings.Contains(body, "\x00") {
				return partial
			}
			fits := false
			for _, line := range strings.Split(head, "\n")[1:] {
				name, value, _ := strings.Cut(line, ":")
				fits = fits || name == "message" || name == "content-type" || name == "version"
				if name == "server" {
					s.Product, s.Version, _ = serverProduct(value)
					s.Evidence.Product = "server header"
				}
			}
			return yesIf(fits)
		},
		rank: 32,
	}
}

// openwire is ActiveMQ's own protocol: the broker sends a WireFormatInfo
// command first (OpenWire specification).
func openwire() *protocol {
	return &protocol{
		name: "openwire", spec: "OpenWire version 2 specification, WireFormatInfo", tcp: []uint16{61616}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			const wireFormatInfo = 1
			r := reader{in: h.data}
			length, kind, magic, version := r.u32(), r.u8(), r.bytes(8), r.u32()
			if r.bad {
				if len(h.data) >= 5 && kind != wireFormatInfo || len(h.data) >= 1 && h.data[0] != 0 {
					return no
				}
				return partialIf(len(h.data) < 13)
			}
			if kind != wireFormatInfo || string(magic) != "ActiveMQ" || length > 4096 {
				return no
			}
			if len(h.data) < min(int(length)+4, mostGreeting) {
				return partial
			}
			s.ProtocolVersion = itoa(int(version))
			s.Product, s.Evidence.Product = "Apache ActiveMQ", "WireFormatInfo"
			if name := openwireText(h.data, "ProviderName"); name != "" {
				s.Product = "Apache " + strings.TrimPrefix(name, "Apache ")
			}
			if version := openwireText(h.data, "ProviderVersion"); version != "" {
				s.Version = cleanVersion(version)
			}
			return yes
		},
	}
}

// openwireText is the string property of that name.
func openwireText(in []byte, name string) string {
	const stringKind = 9
	_, rest, ok := bytes.Cut(in, append([]byte(name), stringKind))
	if !ok {
		return ""
	}
	r := reader{in: rest}
	return printable(string(r.bytes(int(r.u16()))))
}

// kafka asks for the versions of the API (Kafka protocol guide, ApiVersions).
func kafka() *protocol {
	return &protocol{
		name: "kafka", spec: "Kafka protocol guide, ApiVersions", tcp: []uint16{9092, 9094},
		request: func(q question) []byte {
			const apiVersions = 18
			body := concat(be16(apiVersions), be16(0), q.nonce[:4], be16(0xffff)) // no client id
			return concat(be32(uint32(len(body))), body)
		},
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			length, id := r.u32(), r.bytes(4)
			if r.bad {
				return partialIf(len(h.data) == 0 || h.data[0] == 0)
			}
			if length < 10 || length > mostBytes || !bytes.Equal(id, h.nonce[:4]) {
				return no
			}
			if len(h.data) < int(length)+4 {
				return partial
			}
			code, n := r.u16(), r.u32()
			return yesIf(!r.bad && code <= 35 && int(n)*6 <= int(length)-10 && n > 0)
		},
		rank: 21,
	}
}

// zookeeper answers the one word that it answers by default (ZooKeeper
// administrator's guide, The Four Letter Words).
func zookeeper() *protocol {
	return &protocol{
		name: "zookeeper", spec: "ZooKeeper administrator's guide, The Four Letter Words", tcp: []uint16{2181, 2182},
		request: func(question) []byte { return []byte("srvr") },
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return partialOf(h.data, "Zookeeper version: ", "This ZooKeeper instance is not currently serving requests", "srvr is not executed")
			}
			if strings.HasPrefix(line, "This ZooKeeper instance is not currently serving requests") || strings.HasPrefix(line, "srvr is not executed because it is not in the whitelist") {
				s.Product, s.Evidence.Product = "Apache ZooKeeper", "srvr"
				return yes
			}
			version, ok := strings.CutPrefix(line, "Zookeeper version: ")
			if !ok {
				return no
			}
			s.Product, s.Evidence.Product = "Apache ZooKeeper", "srvr"
			version, _, _ = strings.Cut(version, ",")
			if i := strings.LastIndex(version, "-"); i > 0 && len(version)-i > 30 { // a commit
				version = version[:i]
			}
			s.Version = versionAfter("="+version, "=")
			s.AnswersWithoutCredentials = true
			return yes
		},
		rank: 8,
	}
}

// zmtp is ZeroMQ's transport, whose both sides greet (ZMTP 3.1 section 4).
func zmtp() *protocol {
	return &protocol{
		name: "zmtp", spec: "ZMTP 3.1 section Greeting", unasked: true,
		parse: func(h heard, s *Service) verdict {
			if len(h.data) < 10 {
				return prefixOf(h.data, "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f")
			}
			return yesIf(string(h.data[:10]) == "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f")
		},
	}
}

// nanomsg is the transport of nanomsg and nng, whose both sides greet with what kind
// of end they are (SP TCP mapping, section 2).
func nanomsg() *protocol {
	return &protocol{
		name: "nanomsg", spec: "nanomsg rfc/sp-tcp-mapping-01, section Connection initiation", unasked: true,
		parse: func(h heard, s *Service) verdict {
			if len(h.data) < 8 {
				return prefixOf(h.data, "\x00SP\x00\x00")
			}
			kinds := map[byte]string{0x10: "pair", 0x11: "pair", 0x20: "pub", 0x21: "sub", 0x30: "req", 0x31: "rep", 0x50: "push", 0x51: "pull", 0x62: "surveyor", 0x63: "respondent", 0x70: "bus"}
			kind, ok := kinds[h.data[5]]
			addInfo(s, kind)
			return yesIf(ok && len(h.data) == 8 && string(h.data[:5]) == "\x00SP\x00\x00" && h.data[6] == 0 && h.data[7] == 0)
		},
	}
}
