package verify

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"golang.org/x/net/http2/hpack"
)

// Frames of HTTP/2 (RFC 9113 section 6).
const (
	frameData     = 0
	frameHeaders  = 1
	frameSettings = 4
	frameGoAway   = 7
	flagEnd       = 1 // of a stream
	flagAck       = 1 // of settings
	flagEndHeads  = 4
	flagPadded    = 8
	flagPriority  = 32
	frameHeader   = 9
)

const http2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// h2c is HTTP/2 without TLS, as a server shows it that sends its settings
// before it is asked, or answers an HTTP/1 request with them.
func h2c() *protocol {
	apps := webApps()
	return &protocol{
		name: "h2c", spec: "RFC 9113 section 3.4", tcp: []uint16{50051},
		unasked: true, rank: 35,
		request: func(question) []byte { return []byte(http2Preface + string(frame(frameSettings, 0, 0, nil))) },
		parse: func(h heard, s *Service) verdict {
			v := readSettings(h.data)
			if bytes.HasPrefix(h.data, []byte(emptySettings)) {
				v = readAnswered(h.data)
			}
			if v == yes {
				s.Protocol, s.ProtocolVersion = "http", "2"
			}
			return v
		},
		complaint: func(in []byte) bool { return bytes.HasPrefix(in, []byte(emptySettings)) },
		follow: func(t *talk, s *Service) {
			t.p.hangUp() // it was told something else, and its settings have gone by
			if g, _ := t.get2("/"); g.status != 0 {
				t.page, g.apps = &g, apps
				describePage(&g, s)
			}
		},
	}
}

// emptySettings and settingsAck are the frames of a server that leaves all settings
// as they are, and of one that has read ours.
const (
	emptySettings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	settingsAck   = "\x00\x00\x00\x04\x01\x00\x00\x00\x00"
)

// readAnswered wants a proof beside settings that say nothing: that ours were
// read.
func readAnswered(in []byte) verdict {
	for len(in) >= frameHeader {
		length := int(in[0])<<16 | int(in[1])<<8 | int(in[2])
		if string(in[:frameHeader]) == settingsAck {
			return yes
		}
		if length > 1<<14 || in[3] > 9 {
			return no
		}
		in = in[min(len(in), frameHeader+length):]
	}
	return partial
}

// readSettings wants a whole SETTINGS frame on stream 0 that is no
// acknowledgement, with identifiers that are in use (RFC 9113 section 6.5).
func readSettings(in []byte) verdict {
	if len(in) < 5 {
		if len(in) > 0 && in[0] != 0 || len(in) > 3 && in[3] != frameSettings {
			return no
		}
		return partial
	}
	length := int(in[0])<<16 | int(in[1])<<8 | int(in[2])
	if in[3] != frameSettings || in[4] != 0 || length == 0 || length%6 != 0 || length > 6*16 {
		return no
	}
	if len(in) < frameHeader+length {
		return partial
	}
	if binary.BigEndian.Uint32(in[5:]) != 0 {
		return no
	}
	for i := frameHeader; i < frameHeader+length; i += 6 {
		id := binary.BigEndian.Uint16(in[i:])
		if id == 0 || id > 9 && id != 0x10 && id&0x0f0f != 0x0a0a && id < 0xf000 {
			return no
		}
	}
	return yes
}

// frame is one HTTP/2 frame.
func frame(kind, flags byte, stream uint32, payload []byte) []byte {
	n := len(payload)
	b := []byte{byte(n >> 16), byte(n >> 8), byte(n), kind, flags}
	return append(binary.BigEndian.AppendUint32(b, stream), payload...)
}

// get2 asks for a page over HTTP/2, each time on a connection of its own or on
// the fresh one.
func (t *talk) get2(path string) (page, []byte) {
	p := t.p
	if p.cur == nil || t.asked2 {
		if !p.connect(t.ctx) {
			return page{}, nil
		}
	}
	t.asked2 = true
	authority := p.t.Host
	if authority == "" {
		authority = p.t.Addr.Addr().WithZone("").String()
	}
	scheme := "http"
	if p.secure {
		scheme = "https"
	}
	request := append([]byte(http2Preface), frame(frameSettings, 0, 0, nil)...)
	request = append(request, frame(frameHeaders, flagEnd|flagEndHeads, 1, packFields([]field{
		{":method", "GET"}, {":scheme", scheme}, {":authority", authority}, {":path", path}, {"user-agent", "porthole"},
	}))...)
	in := t.ask(request, func(in []byte) bool { return readPage2(in).whole })
	g := readPage2(in)
	g.path = path
	return g, in
}

// packFields is a header block of literals without indexing (RFC 7541 section
// 6.2.2), without the Huffman code.
func packFields(fields []field) []byte {
	var b []byte
	for _, f := range fields {
		b = packString(packString(append(b, 0), f.name), f.value)
	}
	return b
}

func packString(b []byte, s string) []byte {
	if n := len(s); n < 127 {
		b = append(b, byte(n))
	} else { // a prefix of 7 bits, then 7 bits at a time (section 5.1)
		b = append(b, 127)
		for n -= 127; n >= 128; n >>= 7 {
			b = append(b, byte(n)|128)
		}
		b = append(b, byte(n))
	}
	return append(b, s...)
}

// readPage2 reads what came over HTTP/2 on stream 1. Its version is "" unless a
// server's settings came first.
func readPage2(in []byte) page {
	if readSettings(in) != yes && readEmptySettings(in) != yes {
		return page{}
	}
	g := page{version: "2"}
	decoder := hpack.NewDecoder(4096, func(f hpack.HeaderField) {
		if f.Name == ":status" {
			g.status, _ = strconv.Atoi(f.Value)
			return
		}
		g.fields = append(g.fields, field{f.Name, f.Value})
	})
	for len(in) >= frameHeader {
		length := int(in[0])<<16 | int(in[1])<<8 | int(in[2])
		kind, flags, stream := in[3], in[4], binary.BigEndian.Uint32(in[5:])&(1<<31-1)
		if len(in) < frameHeader+length {
			break
		}
		payload := in[frameHeader : frameHeader+length]
		in = in[frameHeader+length:]
		if kind == frameGoAway && len(payload) >= 8 && binary.BigEndian.Uint32(payload)&(1<<31-1) == 0 {
			g.whole = true // with a later stream, ours is still answered (RFC 9113 section 6.8)
		}
		if stream != 1 {
			continue
		}
		payload = unpad(payload, kind, flags)
		switch kind {
		case frameHeaders:
			if _, err := decoder.Write(payload); err != nil {
				return g
			}
		case frameData:
			g.body = append(g.body, payload...)
		default:
			g.whole = g.whole || kind == 3 // the stream was reset
		}
		if flags&flagEnd != 0 && (kind == frameHeaders || kind == frameData) {
			g.whole = true
		}
	}
	return g
}

// readEmptySettings knows a server whose settings are all defaults.
func readEmptySettings(in []byte) verdict {
	if len(in) < frameHeader {
		return partial
	}
	return yesIf(string(in[:frameHeader]) == emptySettings)
}

// unpad takes padding and priority off a frame (RFC 9113 sections 6.1, 6.2).
func unpad(payload []byte, kind, flags byte) []byte {
	if flags&flagPadded != 0 && len(payload) > 0 {
		pad := int(payload[0])
		if 1+pad > len(payload) {
			return nil
		}
		payload = payload[1 : len(payload)-pad]
	}
	if kind == frameHeaders && flags&flagPriority != 0 && len(payload) >= 5 {
		payload = payload[5:]
	}
	return payload
}
