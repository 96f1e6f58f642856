package verify

import (
	"context"
	"net"
	"slices"
	"time"
)

// askUDP sends what the number or the process tells, three times if need be,
// and else the requests of all protocols, a few at a time.
func (p *port) askUDP(ctx context.Context) {
	defer p.hangUp()
	known := p.knownUDP()
	for _, proto := range known {
		for range 3 {
			if p.askDatagrams(ctx, []*protocol{proto}) || p.s.Outcome == OutcomeUnreachable {
				return
			}
			if p.answered || ctx.Err() != nil {
				break
			}
		}
	}
	var rest []*protocol
	for _, proto := range p.table {
		if len(proto.udp) > 0 && proto.request != nil && !slices.Contains(known, proto) && !proto.elsewhere {
			rest = append(rest, proto)
		}
	}
	for _, proto := range p.table {
		if proto.elsewhere && !slices.Contains(known, proto) {
			rest = append(rest, proto)
		}
	}
	p.askDatagrams(ctx, rest)
}

func (p *port) knownUDP() (list []*protocol) {
	for _, proto := range p.table {
		if p.t.Expect != "" && len(proto.udp) > 0 && (proto.name == p.t.Expect || slices.Contains(proto.names, p.t.Expect)) {
			list = append(list, proto)
		}
	}
	for _, proto := range p.table {
		if slices.Contains(proto.udp, p.t.Addr.Port()) && !slices.Contains(list, proto) {
			list = append(list, proto)
		}
	}
	return list
}

// spacing is how far apart the requests of different protocols are sent to one
// port.
const spacing = 30 * time.Millisecond

// datagramLeast is how long the answer to the last datagram is waited for at least,
// however fast TCP's answers are, by which the others are: one that comes later is lost.
const datagramLeast = 150 * time.Millisecond

// askDatagrams sends the request of each protocol from one socket and reads
// what comes back, until one of them is proved.
func (p *port) askDatagrams(ctx context.Context, protos []*protocol) bool {
	if len(protos) == 0 {
		return false
	}
	sock, err := p.openUDP(ctx, slices.ContainsFunc(protos, func(proto *protocol) bool { return proto.elsewhere }))
	if err != nil {
		if p.opened == 0 {
			p.s.Outcome, p.s.Err = OutcomeUnreachable, err
		}
		return false
	}
	p.opened++
	stop := context.AfterFunc(ctx, func() { sock.close() })
	defer func() { stop(); sock.close() }()
	n := p.nonce()
	for i, proto := range protos {
		wait := spacing
		if i == len(protos)-1 {
			wait = max(p.wait(), datagramLeast)
		}
		request := proto.request(question{nonce: n, host: p.t.Host, port: p.t.Addr.Port()})
		if sock.send(request) != nil {
			break
		}
		if p.hearDatagrams(sock, protos[:i+1], request, n, wait) {
			return true
		}
	}
	return false
}

// hearDatagrams reads for a while, and reports whether something was proved.
func (p *port) hearDatagrams(sock udpSocket, asked []*protocol, request []byte, n nonce, wait time.Duration) bool {
	sock.deadline(time.Now().Add(wait))
	buf := make([]byte, 1<<16)
	for {
		length, err := sock.read(buf)
		if err != nil {
			return false
		}
		in := buf[:length]
		p.note(reply{data: in})
		if echoed(in, request) && len(in) == len(request) {
			p.s.Outcome, p.s.Protocol, p.s.Evidence.Request = OutcomeIdentified, "echo", asked[len(asked)-1].name+" request"
			return true
		}
		for _, proto := range slices.Backward(asked) {
			var s Service
			h := heard{data: in, nonce: n, closed: true}
			if proto.parse(h, &s) == yes {
				p.identified(context.Background(), proto, s, proto.name+" request", h)
				return true
			}
		}
	}
}

// udpSocket sends to one port, and hears from it alone or from any of its host.
type udpSocket struct {
	conn   net.Conn
	packet net.PacketConn
	to     net.Addr
	host   func(net.Addr) bool
}

// openUDP opens a connected socket, or one for answers from elsewhere.
func (p *port) openUDP(ctx context.Context, elsewhere bool) (udpSocket, error) {
	if elsewhere && (p.v.ListenPacket != nil || p.v.Dial == nil) {
		listen := p.v.ListenPacket
		if listen == nil {
			listen = new(net.ListenConfig).ListenPacket
		}
		packet, err := listen(ctx, "udp", ":0")
		if err != nil {
			return udpSocket{}, err
		}
		want := p.t.Addr.Addr().Unmap()
		return udpSocket{packet: packet, to: net.UDPAddrFromAddrPort(p.t.Addr), host: func(from net.Addr) bool {
			u, ok := from.(*net.UDPAddr)
			return ok && u.AddrPort().Addr().Unmap().WithZone("") == want.WithZone("")
		}}, nil
	}
	conn, err := p.dial(ctx)
	return udpSocket{conn: conn}, err
}

func (s udpSocket) send(b []byte) error {
	if s.conn != nil {
		_, err := s.conn.Write(b)
		return err
	}
	_, err := s.packet.WriteTo(b, s.to)
	return err
}

func (s udpSocket) read(b []byte) (int, error) {
	if s.conn != nil {
		return s.conn.Read(b)
	}
	for {
		n, from, err := s.packet.ReadFrom(b)
		if err != nil || s.host(from) {
			return n, err
		}
	}
}

func (s udpSocket) deadline(t time.Time) {
	if s.conn != nil {
		s.conn.SetReadDeadline(t)
	} else {
		s.packet.SetReadDeadline(t)
	}
}

func (s udpSocket) close() {
	if s.conn != nil {
		s.conn.Close()
	} else {
		s.packet.Close()
	}
}
