package firewall

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// sentry is a pair of packet sockets at both ends of a link, which see frames
// before any firewall does.
type sentry struct {
	inside, outside         int // of the target and of the other end
	insideLink, outsideLink int
}

const sentryType = 0x88b5 // IEEE 802, for local experiments

// sentries counts them, so that each is known from the others.
var sentries atomic.Uint64

func sentryFrame(number uint64) []byte {
	frame := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0, 0, 0, 0, 0xfe, sentryType >> 8, sentryType & 0xff}
	return append(binary.BigEndian.AppendUint64(frame, number), make([]byte, 38)...)
}

func htons(n uint16) uint16 { return n<<8 | n>>8 }

func (l *lab) packetSocket(ns int, name string) (fd, index int, err error) {
	if err := l.enter(ns); err != nil {
		return 0, 0, err
	}
	if index, err = linkIndex(name); err != nil {
		return 0, 0, err
	}
	// Without a protocol it hears nothing until it is bound.
	if fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
		return 0, 0, err
	}
	// Without the filter its buffer would be full of other frames.
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_ABS, K: 12},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: sentryType, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: 1 << 16},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	}
	if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}); err != nil {
		return 0, 0, err
	}
	// Only a defect lets it wait for long.
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 60}); err != nil {
		return 0, 0, err
	}
	return fd, index, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: htons(unix.ETH_P_ALL), Ifindex: index})
}

// settle returns when all packets on the way have been where they go, and the
// answers to them, too.
func (l *lab) settle() error {
	const hops = 6 // to the container and back, and the last packet of a handshake
	for range hops {
		for _, s := range l.sentries {
			if err := exchange(s.outside, s.outsideLink, s.inside); err != nil {
				return err
			}
			if err := exchange(s.inside, s.insideLink, s.outside); err != nil {
				return err
			}
		}
	}
	return nil
}

// awaitLink sends frames until one comes to the other end: a link drops all
// until the kernel has seen that both ends are up.
func awaitLink(from, link, to int) error {
	const tries = 2000
	defer unix.SetsockoptTimeval(to, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 60})
	if err := unix.SetsockoptTimeval(to, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 10000}); err != nil {
		return err
	}
	var err error
	for range tries {
		if err = exchange(from, link, to); !errors.Is(err, unix.EAGAIN) {
			return err
		}
	}
	return err
}

// exchange sends a frame, and waits until it has come to the other end.
func exchange(from, link, to int) error {
	frame := sentryFrame(sentries.Add(1))
	if err := unix.Sendto(from, frame, 0, &unix.SockaddrLinklayer{Ifindex: link, Halen: 6, Protocol: htons(sentryType)}); err != nil {
		return fmt.Errorf("sending a sentry: %w", err)
	}
	buffer := make([]byte, 2048)
	for {
		n, addr, err := unix.Recvfrom(to, buffer, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return err
		}
		ll, ok := addr.(*unix.SockaddrLinklayer)
		if ok && ll.Pkttype != unix.PACKET_OUTGOING && bytes.HasPrefix(buffer[:n], frame) {
			return nil
		}
	}
}

// result is what became of it.
type result struct {
	verdict Verdict // accept, drop or reject
	landed  string  // "target 80" or "container 80", if it is known
	sender  netip.AddrPort
}

// try makes all probes at once, and returns when it is known what became of
// each.
func (l *lab) try(probes []probe) ([]result, error) {
	results := make([]result, len(probes))
	fds := make([]int, len(probes))
	defer func() {
		for _, fd := range fds {
			if fd > 0 {
				unix.Close(fd)
			}
		}
	}()
	inside := -1
	for i, p := range probes {
		const most = 32 // on the way at once: the kernel's queue takes 1000 packets of all namespaces
		if i%most == most-1 {
			if err := l.settle(); err != nil {
				return nil, err
			}
		}
		if client := labSources[p.source].client; client != inside {
			if err := l.enter(l.clients[client]); err != nil {
				return nil, err
			}
			inside = client
		}
		var err error
		if fds[i], err = p.begin(i); err != nil {
			return nil, fmt.Errorf("%v: %w", p, err)
		}
		results[i].sender = localAddr(fds[i])
	}
	if err := l.settle(); err != nil {
		return nil, err
	}
	for i, p := range probes {
		results[i].verdict = p.outcome(fds[i])
	}
	l.receive(probes, results)
	return results, nil
}

// begin sends the first packet. A datagram has the probe's number.
func (p probe) begin(number int) (int, error) {
	kind := unix.SOCK_STREAM
	if p.proto == "udp" {
		kind = unix.SOCK_DGRAM
	}
	source := labSources[p.source]
	from, to := sockaddr(source.v4, 0), sockaddr(p.dest, p.port)
	family := unix.AF_INET
	if p.dest.Is6() {
		family, from = unix.AF_INET6, sockaddr(source.v6, 0)
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if kind == unix.SOCK_STREAM {
		err = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	if err = errors.Join(err, unix.Bind(fd, from)); err != nil {
		return fd, err
	}
	if err := unix.Connect(fd, to); err != nil && !errors.Is(err, unix.EINPROGRESS) {
		if kind == unix.SOCK_STREAM && refusal(err) {
			return fd, nil
		}
		return fd, err
	}
	if kind == unix.SOCK_DGRAM {
		_, err = unix.Write(fd, []byte{byte(number >> 8), byte(number)})
	}
	return fd, err
}

func refusal(err error) bool {
	return errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.EHOSTUNREACH) || errors.Is(err, unix.ENETUNREACH) || errors.Is(err, unix.EACCES)
}

// outcome reads what became of the first packet. A datagram that nobody
// rejected was dropped, or it has arrived: receive sees it.
func (p probe) outcome(fd int) Verdict {
	n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil || n != 0 {
		return VerdictReject
	}
	if p.proto == "udp" {
		return VerdictDrop
	}
	if _, err := unix.Getpeername(fd); err != nil { // still asking
		return VerdictDrop
	}
	return VerdictAccept
}

// receive sees where connections and datagrams have come to.
func (l *lab) receive(probes []probe, results []result) {
	bySender := map[netip.AddrPort]int{}
	for i, r := range results {
		if probes[i].proto == "tcp" {
			bySender[r.sender] = i
		}
	}
	buffer := make([]byte, 64)
	for _, s := range l.listeners {
		name := fmt.Sprintf("target %d", s.port)
		if s.container {
			name = fmt.Sprintf("container %d", s.port)
		}
		for {
			if s.kind == unix.SOCK_STREAM {
				fd, from, err := unix.Accept4(s.fd, unix.SOCK_CLOEXEC)
				if err != nil {
					break
				}
				if i, ok := bySender[addrPort(from)]; ok {
					results[i].landed = name
				}
				unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
				unix.Close(fd)
				continue
			}
			n, _, err := unix.Recvfrom(s.fd, buffer, 0)
			if err != nil {
				break
			}
			if i := int(buffer[0])<<8 | int(buffer[1]); n == 2 && i < len(results) {
				results[i].verdict, results[i].landed = VerdictAccept, name
			}
		}
	}
}

func sockaddr(a netip.Addr, port uint16) unix.Sockaddr {
	if a.Is4() {
		return &unix.SockaddrInet4{Addr: a.As4(), Port: int(port)}
	}
	return &unix.SockaddrInet6{Addr: a.As16(), Port: int(port)}
}

func addrPort(s unix.Sockaddr) netip.AddrPort {
	switch s := s.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(s.Addr), uint16(s.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(s.Addr).Unmap(), uint16(s.Port))
	}
	return netip.AddrPort{}
}

func localAddr(fd int) netip.AddrPort {
	s, err := unix.Getsockname(fd)
	if err != nil {
		return netip.AddrPort{}
	}
	return addrPort(s)
}
