package scanner

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// pinger sends ICMP and ICMPv6 echo requests by ping sockets (SOCK_DGRAM, icmp(7)):
// the kernel lets the groups in net.ipv4.ping_group_range have them, chooses the
// identifier, and hands over the replies to it alone.
type pinger struct {
	v4, v6  *net.UDPConn   // nil if there is none
	pace    time.Duration  // between two requests
	queue   chan echoReply // requests to send, as the replies that they ask for
	answers chan echoReply // that came
	stop    chan struct{}  // closed by close
	all     sync.WaitGroup // the goroutines
	queued  int64          // requests that were queued
	handled atomic.Int64   // requests that were sent, or could not be
	count   atomic.Int64   // requests that were sent
}

// newPinger opens the sockets. It sends at most rate requests a second; a rate of 0 is
// no limit. The error says why one of the sockets, or both, could not be opened.
func newPinger(rate float64, from origin) (*pinger, error) {
	p := &pinger{queue: make(chan echoReply, mostPending), answers: make(chan echoReply, mostPending), stop: make(chan struct{})}
	if rate > 0 {
		p.pace = time.Duration(float64(time.Second) / rate)
	}
	var err4, err6 error
	p.v4, err4 = pingSocket(unix.AF_INET, unix.IPPROTO_ICMP, from)
	p.v6, err6 = pingSocket(unix.AF_INET6, unix.IPPROTO_ICMPV6, from)
	for _, c := range []*net.UDPConn{p.v4, p.v6} {
		if c != nil {
			p.all.Go(func() { p.receive(c) })
		}
	}
	p.all.Go(p.transmit)
	missing := func(err error) bool {
		return err != nil && !errors.Is(err, unix.EAFNOSUPPORT) && err != errOtherFamily
	}
	switch {
	case !missing(err4) && !missing(err6):
		return p, nil
	case errors.Is(err4, unix.EACCES):
		return p, fmt.Errorf("no echo requests: net.ipv4.ping_group_range does not allow this process any")
	case missing(err4):
		return p, fmt.Errorf("no echo requests: %w", err4)
	}
	return p, fmt.Errorf("no echo requests over IPv6: %w", err6)
}

// errOtherFamily is why there is no socket for one family.
var errOtherFamily = errors.New("the source address is of the other family")

func pingSocket(family, proto int, from origin) (*net.UDPConn, error) {
	if from.source.IsValid() && from.source.Is4() != (family == unix.AF_INET) {
		return nil, errOtherFamily
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, proto)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	f := os.NewFile(uintptr(fd), "ping")
	defer f.Close()
	if err := from.bind(fd, family == unix.AF_INET); err != nil {
		return nil, err
	}
	c, err := net.FilePacketConn(f)
	if err != nil {
		return nil, err
	}
	u, ok := c.(*net.UDPConn)
	if !ok {
		c.Close()
		return nil, errors.New("a ping socket is no datagram socket here")
	}
	return u, nil
}

// socketFor is the socket for an address; nil if there is none.
func (p *pinger) socketFor(a netip.Addr) *net.UDPConn {
	if a.Unmap().Is4() {
		return p.v4
	}
	return p.v6
}

// asks reports whether addresses like a are sent echo requests.
func (p *pinger) asks(a netip.Addr) bool { return p.socketFor(a) != nil }

// send queues the n-th request to an address, if there is a socket for it, and returns
// its number among all requests.
func (p *pinger) send(a netip.Addr, nth int) int64 {
	if !p.asks(a) {
		return 0
	}
	select {
	case p.queue <- echoReply{a, nth}:
		p.queued++
	default: // the rate is too low for so many; the ports are asked anyway
	}
	return p.queued
}

// done reports whether the request of that number has left.
func (p *pinger) done(number int64) bool { return p.handled.Load() >= number }

func (p *pinger) replies() <-chan echoReply { return p.answers }

func (p *pinger) sent() int64 { return p.count.Load() }

func (p *pinger) close() {
	close(p.stop)
	for _, c := range []*net.UDPConn{p.v4, p.v6} {
		if c != nil {
			c.Close()
		}
	}
	p.all.Wait()
}

// transmit sends what is queued, at the rate.
func (p *pinger) transmit() {
	for {
		select {
		case <-p.stop:
			return
		case wanted := <-p.queue:
			a := wanted.from.Unmap()
			if _, err := p.socketFor(a).WriteToUDPAddrPort(echoRequest(a, wanted.nth), netip.AddrPortFrom(a, 0)); err == nil {
				p.count.Add(1)
			}
			p.handled.Add(1)
		}
		if p.pace == 0 {
			continue
		}
		select {
		case <-p.stop:
			return
		case <-time.After(p.pace):
		}
	}
}

// The types of RFC 792 and RFC 4443.
const (
	typeEcho, typeEchoReply   = 8, 0
	typeEcho6, typeEchoReply6 = 128, 129
	echoHeader                = 8
)

// echoRequest is a request without data. The kernel fills in the checksum and the
// identifier.
func echoRequest(to netip.Addr, sequence int) []byte {
	b := make([]byte, echoHeader)
	b[0] = typeEcho
	if to.Is6() {
		b[0] = typeEcho6
	}
	binary.BigEndian.PutUint16(b[6:], uint16(sequence))
	return b
}

// receive passes on who answered.
func (p *pinger) receive(c *net.UDPConn) {
	b := make([]byte, 64)
	for {
		n, from, err := c.ReadFromUDPAddrPort(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || n < echoHeader || b[0] != typeEchoReply && b[0] != typeEchoReply6 {
			select {
			case <-p.stop:
				return
			default:
				continue
			}
		}
		select {
		case p.answers <- echoReply{from.Addr().Unmap(), int(binary.BigEndian.Uint16(b[6:]))}:
		case <-p.stop:
			return
		}
	}
}
