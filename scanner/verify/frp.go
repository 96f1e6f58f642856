package verify

import (
	"bytes"
	"encoding/binary"
)

// The frames of yamux, a byte each for version and type, two for flags, four each for
// the stream and the length of what follows (yamux, spec.md).
const (
	yamuxData   = 0
	yamuxWindow = 1
	yamuxPing   = 2
	yamuxSYN    = 1
	yamuxACK    = 2
)

func yamuxFrame(kind byte, flags uint16, stream, length uint32) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0, kind}, flags)
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, stream), length)
}

// frp asks its server for a tunnel of a name that nobody has, inside yamux, where a ping
// comes first. Both answers repeat what they were sent.
func frp() *protocol {
	return &protocol{
		name: "frp", spec: "frp, pkg/msg/msg.go; yamux, spec.md", tcp: []uint16{7000}, tls: []uint16{7000}, names: []string{"frps"},
		request: func(q question) []byte {
			ask := frpMessage('v', `{"proxy_name":"`+q.nonce.word()+`"}`)
			out := append(yamuxFrame(yamuxPing, yamuxSYN, 0, frpPing(q.nonce)), yamuxFrame(yamuxWindow, yamuxSYN, 1, 0)...)
			out = append(append(out, yamuxFrame(yamuxData, 0, 1, uint32(len(ask)))...), ask...)
			return append(out, "\r\n\r\n"...) // part of a frame to yamux; a server that reads lines complains at once
		},
		parse: parseFrp,
	}
}

// frpMessage is a type, the length in eight bytes, and JSON.
func frpMessage(kind byte, content string) []byte {
	return append(binary.BigEndian.AppendUint64([]byte{kind}, uint64(len(content))), content...)
}

func frpPing(n nonce) uint32 { return binary.BigEndian.Uint32(n[8:]) }

// parseFrp reads frames until both answers have come.
func parseFrp(h heard, s *Service) verdict {
	pong, answer, in := false, []byte(nil), h.data
	for len(in) >= 12 {
		flags, stream, length := binary.BigEndian.Uint16(in[2:]), binary.BigEndian.Uint32(in[4:]), binary.BigEndian.Uint32(in[8:])
		kind := in[1]
		if in[0] != 0 || kind > 3 || stream > 1 {
			return no
		}
		in = in[12:]
		switch {
		case kind == yamuxPing && flags == yamuxACK:
			if length != frpPing(h.nonce) {
				return no
			}
			pong = true
		case kind == yamuxData && length > mostBytes:
			return no
		case kind == yamuxData && len(in) < int(length):
			return partialIf(!h.closed)
		case kind == yamuxData:
			answer, in = append(answer, in[:length]...), in[length:]
		}
	}
	if !pong || len(answer) < 9 || uint64(len(answer)-9) < binary.BigEndian.Uint64(answer[1:]) {
		return partialIf(!h.closed && (len(h.data) == 0 || h.data[0] == 0))
	}
	if answer[0] != '3' || !bytes.HasPrefix(answer[9:], []byte(`{"proxy_name":"`+h.nonce.word()+`"`)) {
		return no
	}
	s.Product, s.Evidence.Product = "frps", "its refusal"
	return yes
}
