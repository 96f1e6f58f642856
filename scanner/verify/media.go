package verify

import (
	"bytes"
	"encoding/json"
	"strings"
)

// pulseaudio asks about the server without being let in, which it refuses by the
// number of the request (PulseAudio PROTOCOL and pulsecore/native-common.h;
// PipeWire speaks the same).
func pulseaudio() *protocol {
	const refusal, serverInfo, accessDenied = 0, 20, 1
	descriptor := func(length uint32) []byte { return concat(be32(length), be32(0xffffffff), make([]byte, 12)) }
	number := func(n []byte) []byte { return append([]byte{'L'}, n...) }
	return &protocol{
		name: "pulseaudio", spec: "PulseAudio PROTOCOL, pulsecore/native-common.h and pstream.c", tcp: []uint16{4713},
		names: []string{"pulseaudio", "pipewire-pulse"},
		request: func(q question) []byte {
			return concat(descriptor(10), number(be32(serverInfo)), number(q.nonce[:4]))
		},
		parse: func(h heard, s *Service) verdict {
			refused := concat(descriptor(15), number(be32(refusal)), number(h.nonce[:4]), []byte("L\x00\x00\x00"))
			if len(h.data) <= len(refused) {
				return prefixOf(h.data, string(refused))
			}
			s.WantsCredentials = h.data[len(refused)] == accessDenied
			return yesIf(len(h.data) == len(refused)+1 && bytes.HasPrefix(h.data, refused))
		},
		rank: 36,
	}
}

// snapcast asks the control port of a server of music for the version of its
// protocol, and then for its own (Snapcast doc/json_rpc_api).
func snapcast() *protocol {
	ask := func(id, method string) []byte {
		return []byte(`{"id":"` + id + `","jsonrpc":"2.0","method":"` + method + `"}` + "\r\n")
	}
	return &protocol{
		name: "snapcast", spec: "Snapcast doc/json_rpc_api, Server.GetRPCVersion and Server.GetStatus", tcp: []uint16{1705}, names: []string{"snapserver"},
		request: func(q question) []byte { return ask(q.nonce.word(), "Server.GetRPCVersion") },
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return partialOf(h.data, `{"id":"`, `{"error":`)
			}
			var answer struct {
				ID      any
				JSONRPC string
				Result  struct{ Major, Minor, Patch *int }
			}
			if json.Unmarshal([]byte(line), &answer) != nil || answer.ID != h.nonce.word() || answer.JSONRPC != "2.0" {
				return no
			}
			v := answer.Result
			if v.Major == nil || v.Minor == nil || v.Patch == nil {
				return no
			}
			s.ProtocolVersion = itoa(*v.Major) + "." + itoa(*v.Minor) + "." + itoa(*v.Patch)
			return yes
		},
		complaint: func(in []byte) bool {
			return bytes.Contains(in, []byte(`"jsonrpc":"2.0"`)) && bytes.Contains(in, []byte(`"code":-32700`))
		},
		follow: func(t *talk, s *Service) {
			in := t.ask(ask(t.nonce.word(), "Server.GetStatus"), func(in []byte) bool { return bytes.HasSuffix(in, []byte("\n")) })
			if _, own, ok := bytes.Cut(in, []byte(`"snapserver":{`)); ok && bytes.Contains(in, []byte(t.nonce.word())) {
				own, _, _ = bytes.Cut(own, []byte("}"))
				s.Product, s.Version, s.Evidence.Product = "Snapserver", printable(jsonValue(own, "version")), "Server.GetStatus"
				s.AnswersWithoutCredentials = true
			}
		},
	}
}

// snapcastStream is the port from which its players get their music. It is asked
// for the time, as players do, but not told of a player (Snapcast
// doc/binary_protocol.md, Time).
func snapcastStream() *protocol {
	const header, size, answer = 26, 8, 4
	return &protocol{
		name: "snapcast-stream", spec: "Snapcast doc/binary_protocol.md, Base and Time", tcp: []uint16{1704}, names: []string{"snapserver"},
		request: func(q question) []byte {
			return concat([]byte{answer, 0}, q.nonce[:2], make([]byte, header-8), le32(size), make([]byte, size))
		},
		parse: func(h heard, s *Service) verdict {
			if len(h.data) < header+size {
				return partialIf(len(h.data) < 6 && prefixOf(h.data, "\x04\x00") == partial || len(h.data) >= 6 && bytes.Equal(h.data[4:6], h.nonce[:2]))
			}
			return yesIf(len(h.data) == header+size && h.data[0] == answer && h.data[1] == 0 && bytes.Equal(h.data[4:6], h.nonce[:2]) &&
				bytes.Equal(h.data[header-4:header], le32(size)))
		},
		rank: 37,
	}
}

// icy is SHOUTcast's manner of HTTP, which others took over (SHOUTcast DNAS 1; "ICY"
// stands in place of HTTP).
func icy() *protocol {
	return &protocol{
		name: "icy", spec: "SHOUTcast DNAS 1, answer to a listener", unasked: true,
		parse: func(h heard, s *Service) verdict {
			const begin = "ICY "
			text := string(h.data)
			if !strings.HasPrefix(text, begin) {
				return prefixOf(h.data, begin)
			}
			line, ok := firstLine(h.data)
			if !ok {
				return partialIf(len(text) < 80)
			}
			if len(line) < 7 || !isDigits(line[4:7]) || len(line) > 7 && line[7] != ' ' {
				return no
			}
			head, _, ok := strings.Cut(text, "\r\n\r\n")
			if !ok && !h.closed {
				return partial
			}
			if !strings.Contains(head, "\r\nicy-") {
				return no
			}
			for name, value := range fieldsOf(head) {
				if _, own, ok := strings.Cut(value, "SHOUTcast Distributed Network Audio Server/"); ok && name == "icy-notice2" {
					s.Product, s.Version, s.Evidence.Product = "SHOUTcast", versionAfter(own, " v"), "icy-notice2 header"
				}
			}
			return yes
		},
	}
}

// liquidsoap tells its version to whoever asks at its console (Liquidsoap
// documentation, Interaction with the server).
func liquidsoap() *protocol {
	return &protocol{
		name: "liquidsoap", spec: "Liquidsoap documentation, Interaction with the server, version", tcp: []uint16{1234}, names: []string{"liquidsoap"},
		request: func(question) []byte { return []byte("version\r\n") },
		parse: func(h heard, s *Service) verdict {
			const begin, end = "Liquidsoap ", "\r\nEND\r\n"
			version, ok := strings.CutPrefix(string(h.data), begin)
			if !ok {
				return prefixOf(h.data, begin)
			}
			version, ok = strings.CutSuffix(version, end)
			if !ok {
				return partialIf(isText(h.data))
			}
			s.Product, s.Version, s.Evidence.Product = "Liquidsoap", versionAfter("="+version, "="), "version"
			s.AnswersWithoutCredentials = true
			return yesIf(s.Version != "")
		},
		complaint: func(in []byte) bool { return bytes.HasPrefix(in, []byte(`ERROR: unknown command, type "help" to get`)) },
		follow:    func(t *talk, _ *Service) { t.say([]byte("exit\r\n")) },
	}
}

// rtsp asks what a media server can do (RFC 2326 section 10.1).
func rtsp() *protocol {
	return &protocol{
		name: "rtsp", spec: "RFC 2326 sections 6 and 10.1", tcp: []uint16{554, 8554},
		request: func(question) []byte { return []byte("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n") },
		unasked: true,
		parse: func(h heard, s *Service) verdict {
			head, v := headOf(h, "RTSP/")
			if v != yes {
				return v
			}
			if len(head) < 12 || head[8] != ' ' || !isDigits(head[9:12]) || head[5:8] != "1.0" && head[5:8] != "2.0" {
				return no
			}
			s.ProtocolVersion = head[5:8]
			takeServerField(s, head, "Server")
			return yes
		},
		complaint: func(in []byte) bool { return bytes.HasPrefix(in, []byte("RTSP/")) },
		rank:      19,
	}
}
