package verify

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"
)

// javaRMI begins to call an object of Java, and is told from where it is seen (Java
// Remote Method Invocation Specification, section 10.2).
func javaRMI() *protocol {
	const acknowledged = 'N'
	return &protocol{
		name: "java-rmi", spec: "Java Remote Method Invocation Specification sections 10.2.1 and 10.2.2", tcp: []uint16{1098, 1099, 9010}, names: []string{"rmiregistry"},
		request: func(question) []byte { return []byte("JRMI\x00\x02K") },
		parse: func(h heard, s *Service) verdict {
			r := reader{in: h.data}
			kind, host, port := r.u8(), string(r.bytes(int(r.u16()))), r.u32()
			if r.bad {
				return partialIf(len(h.data) < 3 && prefixOf(h.data, "N\x00") == partial || len(h.data) >= 3 && kind == acknowledged && h.data[1] == 0 && h.data[2] < 64)
			}
			_, err := netip.ParseAddr(host)
			return yesIf(kind == acknowledged && len(r.in) == 0 && err == nil && port > 0 && port < 1<<16)
		},
		rank: 35,
	}
}

// giop asks a server of CORBA where an object is that it has not (CORBA 3.3, part 2,
// sections 9.4.5 and 9.4.6).
func giop() *protocol {
	const locateRequest, locateReply, header, littleEndian, unknownObject = 3, 4, 12, 1, 0
	return &protocol{
		name: "giop", spec: "CORBA 3.3 part 2 sections 9.4.1, 9.4.5 and 9.4.6", tcp: []uint16{2809, 1050}, names: []string{"omniNames"},
		request: func(q question) []byte {
			key := q.nonce.word()
			body := concat(q.nonce[:4], be32(uint32(len(key))), []byte(key))
			return concat([]byte("GIOP\x01\x00\x00"), []byte{locateRequest}, be32(uint32(len(body))), body)
		},
		parse: func(h heard, s *Service) verdict {
			if len(h.data) < header+8 {
				return prefixOf(h.data, "GIOP\x01")
			}
			r := reader{in: h.data[header-4:]}
			id := []byte{h.nonce[0], h.nonce[1], h.nonce[2], h.nonce[3]}
			if h.data[6] == littleEndian {
				r.order = binary.LittleEndian
				slices.Reverse(id) // of what was sent as a number of the other order
			}
			length, got, status := r.u32(), r.bytes(4), r.u32()
			s.ProtocolVersion = itoa(int(h.data[4])) + "." + itoa(int(h.data[5])&7)
			return yesIf(string(h.data[:5]) == "GIOP\x01" && h.data[6] <= 1 && h.data[7] == locateReply && int(length) == len(h.data)-header &&
				bytes.Equal(got, id) && status == unknownObject)
		},
		follow: func(t *talk, _ *Service) { t.say([]byte("GIOP\x01\x00\x00\x05\x00\x00\x00\x00")) }, // close
		rank:   45,
	}
}

// ice is a server of Ice, which greets whoever connects (Ice manual, section Ice
// Protocol Messages, Validate Connection).
func ice() *protocol {
	return &protocol{
		name: "ice", spec: "Ice manual, The Ice Protocol, Validate Connection Message", tcp: []uint16{4061, 4063, 6502}, unasked: true,
		names: []string{"glacier2router", "icegridregistry", "icebox"},
		parse: func(h heard, s *Service) verdict {
			const greeting = "IceP\x01\x00\x01\x00\x03\x00\x0e\x00\x00\x00"
			s.ProtocolVersion = "1.0"
			return yesOf(h.data, greeting)
		},
	}
}

// perspectiveBroker is Twisted's way to call objects, which offers its dialects
// (Twisted twisted/spread/banana.py).
func perspectiveBroker() *protocol {
	return &protocol{
		name: "twisted-pb", spec: "Twisted twisted/spread/banana.py, dialects", tcp: []uint16{9989}, unasked: true,
		parse: func(h heard, _ *Service) verdict { return yesOf(h.data, "\x02\x80\x02\x82pb\x04\x82none") },
	}
}

// yesOf is yes for exactly these words, and partial for a begin of them.
func yesOf(in []byte, words string) verdict {
	if len(in) < len(words) {
		return prefixOf(in, words)
	}
	return yesIf(string(in) == words)
}
