package verify

import (
	"bytes"
	"strings"
)

const lastFragment = 1 << 31 // of a record over TCP (RFC 5531 section 11)

// rpcCall calls procedure 0 of a program, which does nothing but answer.
func rpcCall(n nonce, program, version uint32) []byte {
	const call, rpcVersion, null, authNone = 0, 2, 0, 0
	return concat(n[:4], be32(call), be32(rpcVersion), be32(program), be32(version), be32(null),
		be32(authNone), be32(0), be32(authNone), be32(0))
}

// rpcAnswer is what a program says to such a call: 0 for success, 1 for a
// program that is not there, 2 for another version with the range that is, 3 for one
// that has no procedure 0, and denied for one that wants to know who asks.
type rpcAnswer struct{ status, low, high uint32 }

const denied = 99

// isThere reports that the program is there that was called, on a server that calls
// a program absent that it has not.
func (a rpcAnswer) isThere() bool {
	return a.status == 0 || a.status == 2 || a.status == 3 || a.status == denied
}

func readRPC(in []byte, n nonce) (a rpcAnswer, v verdict) {
	const reply, accepted = 1, 0
	r := reader{in: in}
	id, kind, state := r.bytes(4), r.u32(), r.u32()
	if r.bad {
		return a, partialIf(len(in) == 0 || bytes.HasPrefix(n[:4], in[:min(4, len(in))]))
	}
	if !bytes.Equal(id, n[:4]) || kind != reply || state > 1 {
		return a, no
	}
	if state != accepted {
		return rpcAnswer{status: denied}, yes
	}
	r.u32() // flavour of the verifier
	r.bytes(int(r.u32()))
	a.status = r.u32()
	if a.status == 2 {
		a.low, a.high = r.u32(), r.u32()
	}
	if r.bad {
		return a, partial
	}
	return a, yesIf(a.status <= 5)
}

// rpcPrograms are asked for, one after the other, on the connection where RPC
// was proved.
func rpcPrograms() []struct {
	number, version uint32
	name            string
} {
	return []struct {
		number, version uint32
		name            string
	}{{100003, 3, "nfs"}, {100003, 4, "nfs"}, {100005, 3, "mountd"}, {100021, 4, "nlockmgr"}, {100024, 1, "rpc.statd"}, {34123456, 1, "glusterd"}, {14398633, 1, "glusterfs"}, {2112, 2, "kadmin"}, {100004, 2, "ypserv"}, {100007, 2, "ypbind"}}
}

// rpcbind is the port mapper, and by its answer any program of ONC RPC.
func rpcbind() *protocol {
	return &protocol{
		name: "rpcbind", spec: "RFC 5531 sections 9 and 11, RFC 1833", tcp: []uint16{111, 749, 2049, 20048, 24007},
		names: []string{"rpcbind", "rpc.mountd", "ganesha.nfsd", "rpc.statd", "ypserv", "glusterd", "glusterfsd"},
		request: func(q question) []byte {
			m := rpcCall(q.nonce, 100000, 2)
			return concat(be32(lastFragment|uint32(len(m))), m)
		},
		parse: func(h heard, s *Service) verdict {
			a, v := readRPCRecord(h.data, h.nonce)
			if v == yes {
				s.Protocol = "rpcbind"
				if a.status != 0 {
					s.Protocol = "rpc"
				}
			}
			return v
		},
		follow: followRPC,
		rank:   9,
	}
}

func readRPCRecord(in []byte, n nonce) (rpcAnswer, verdict) {
	if len(in) < 4 {
		return rpcAnswer{}, partialIf(len(in) == 0 || in[0] == lastFragment>>24)
	}
	r := reader{in: in}
	if mark := r.u32(); mark&lastFragment == 0 || mark&^uint32(lastFragment) < 12 || mark&^uint32(lastFragment) > 512 {
		return rpcAnswer{}, no
	}
	return readRPC(r.in, n)
}

func followRPC(t *talk, s *Service) {
	if s.Protocol == "rpcbind" {
		s.ProtocolVersion = "2"
		return
	}
	if first, _ := readRPCRecord(t.got, t.nonce); first.status != 1 {
		return // whatever it says to all of them tells of none
	}
	for _, program := range rpcPrograms() {
		n := t.p.nonce()
		m := rpcCall(n, program.number, program.version)
		in := t.ask(concat(be32(lastFragment|uint32(len(m))), m), func(in []byte) bool { _, v := readRPCRecord(in, n); return v != partial })
		a, v := readRPCRecord(in, n)
		if v == yes && a.isThere() {
			s.Protocol = program.name
			s.WantsCredentials = a.status == denied
			if a.status == 0 {
				s.ProtocolVersion = itoa(int(program.version))
			} else if a.high > 0 && a.high < 100 {
				s.ProtocolVersion = itoa(int(a.low)) + "-" + itoa(int(a.high))
			}
			return
		}
	}
}

// rpcUDP asks the port mapper, or NFS on its number, over UDP. A list of the
// programs is never asked for, since its answer is large.
func rpcUDP() *protocol {
	return &protocol{
		name: "rpcbind", spec: "RFC 5531 section 9, RFC 1833", udp: []uint16{111},
		request: func(q question) []byte { return rpcCall(q.nonce, 100000, 2) },
		parse: func(h heard, s *Service) verdict {
			a, v := readRPC(h.data, h.nonce)
			if v == yes && a.status != 0 {
				s.Protocol = "rpc"
			}
			return yesIf(v == yes)
		},
	}
}

func nfsUDP() *protocol {
	return &protocol{
		name: "nfs", spec: "RFC 1813 section 3.3.0", udp: []uint16{2049},
		request: func(q question) []byte { return rpcCall(q.nonce, 100003, 3) },
		parse: func(h heard, s *Service) verdict {
			a, v := readRPC(h.data, h.nonce)
			return yesIf(v == yes && (a.status == 0 || a.status == 2))
		},
	}
}

// rdp asks for a connection without a name in it (MS-RDPBCGR section 2.2.1.1).
func rdp() *protocol {
	return &protocol{
		name: "rdp", spec: "MS-RDPBCGR sections 2.2.1.1 and 2.2.1.2", tcp: []uint16{3389, 3390}, names: []string{"xrdp"},
		request: func(question) []byte {
			return []byte("\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00")
		},
		parse: func(h heard, s *Service) verdict {
			const response, failure = 2, 3
			in := h.data
			if len(in) < 11 {
				return partialOf(in, "\x03\x00\x00\x13\x0e\xd0", "\x03\x00\x00\x0b\x06\xd0")
			}
			if in[0] != 3 || in[1] != 0 || in[2] != 0 || in[5] != 0xd0 || int(in[3]) != int(in[4])+5 {
				return no
			}
			if in[3] == 11 { // an old server, without a choice
				return yesIf(len(in) == 11)
			}
			if in[3] != 19 || len(in) > 19 {
				return no
			}
			if len(in) < 19 {
				return partial
			}
			if in[11] == response && in[15]&3 != 0 {
				s.StartTLS = true
			}
			return yesIf((in[11] == response || in[11] == failure) && in[13] == 8 && in[14] == 0)
		},
		complaint: func(in []byte) bool { // a disconnect (T.125 section 10)
			return bytes.HasPrefix(in, []byte("\x03\x00\x00\x09\x02\xf0\x80\x21\x80"))
		},
		follow: func(t *talk, s *Service) {
			if s.StartTLS && t.p.cur != nil { // TLS is how this protocol goes on
				if seen, ok := t.p.upgrade(t.p.t.Host); ok {
					s.TLS, s.Transport = seen, TransportStartTLS
				}
			}
		},
		rank: 7,
	}
}

// vnc greets with its version in twelve bytes (RFC 6143 section 7.1.1).
func vnc() *protocol {
	return &protocol{
		name: "vnc", spec: "RFC 6143 section 7.1.1", tcp: []uint16{5900, 5901, 5902, 5903}, unasked: true,
		names: []string{"Xtigervnc", "x11vnc", "Xvnc", "vino-server"},
		parse: func(h heard, s *Service) verdict {
			const greeting = "RFB 003.008\n"
			if len(h.data) < len(greeting) {
				return prefixOf(h.data, "RFB ")
			}
			text := string(h.data)
			if len(text) != len(greeting) || !strings.HasPrefix(text, "RFB ") || text[7] != '.' || text[11] != '\n' {
				return no
			}
			for _, c := range text[4:7] + text[8:11] {
				if c < '0' || c > '9' {
					return no
				}
			}
			s.ProtocolVersion = strings.TrimLeft(text[4:6], "0") + text[6:7] + "." + strings.TrimLeft(text[8:10], "0") + text[10:11]
			return yes
		},
	}
}

// x11 opens a connection without authorization, which is refused, or tells who
// the server is (X Window System Protocol, section 8).
func x11() *protocol {
	return &protocol{
		name: "x11", spec: "X Window System Protocol section 8", tcp: x11Ports(), names: []string{"Xorg", "Xvfb", "Xwayland", "Xnest"},
		request: func(question) []byte { return []byte("l\x00\x0b\x00\x00\x00\x00\x00\x00\x00\x00\x00") },
		parse:   parseX11,
		rank:    10,
	}
}

func x11Ports() (ports []uint16) {
	for n := range uint16(10) {
		ports = append(ports, 6000+n)
	}
	return ports
}

func parseX11(h heard, s *Service) verdict {
	const failed, success, authenticate = 0, 1, 2
	in := h.data
	if len(in) < 8 {
		return partialIf(len(in) == 0 || in[0] <= authenticate)
	}
	length := 8 + 4*(int(in[6])|int(in[7])<<8)
	major, minor := int(in[2])|int(in[3])<<8, int(in[4])|int(in[5])<<8
	if in[0] > authenticate || length <= 8 || in[0] != authenticate && (major != 11 || minor > 99) || in[0] == failed && (in[1] == 0 || int(in[1]) > length-8) {
		return no
	}
	if len(in) < min(length, mostBytes) {
		return partial
	}
	if in[0] != authenticate {
		s.ProtocolVersion = itoa(major) + "." + itoa(minor)
	}
	if in[0] != success {
		s.WantsCredentials = true
		if in[0] == failed {
			addInfo(s, string(in[8:8+int(in[1])]))
		}
		return yes
	}
	if len(in) < 40 {
		return no
	}
	vendor := int(in[24]) | int(in[25])<<8
	if 40+vendor > len(in) || vendor > 200 || vendor == 0 {
		return no
	}
	s.AnswersWithoutCredentials = true
	s.Product, s.Evidence.Product = printable(string(in[40:40+vendor])), "vendor"
	return yes
}
