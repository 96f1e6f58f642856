package scanner

import (
	"net"
	"net/netip"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestLateDatagram has a port refuse, and then send a datagram to the socket that
// asked it, before that asks the next port: that one is not open for it.
func TestLateDatagram(t *testing.T) {
	addr := netip.MustParseAddr("127.0.0.1")
	first, mute := freeUDP(t, addr), openUDP(t, addr, func([]byte) []byte { return nil })
	e := newEpollEngine()
	real := e.sys.connect
	sent, taken := false, error(nil)
	e.sys.connect = func(fd int, to *unix.RawSockaddrInet6, size uint32) syscall.Errno {
		peer := sockaddr{raw: *to, size: size}
		local, err := unix.Getsockname(fd)
		if in, ok := local.(*unix.SockaddrInet4); ok && err == nil && in.Port != 0 && peer.addrPort() == mute && !sent {
			sent = true
			c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(first))
			if err == nil {
				_, err = c.WriteToUDP([]byte("late"), &net.UDPAddr{IP: net.IP(in.Addr[:]), Port: in.Port})
				c.Close()
			}
			taken = err
		}
		return real(fd, to, size)
	}
	got := scanAll(t, &Scanner{Concurrency: 1, Timeout: shortTimeout, Attempts: 1, engine: e}, targets("udp", first, mute))
	if taken != nil {
		t.Skipf("another program has the port that was free: %v", taken)
	}
	wantVerdict(t, got[first], StateClosed, ReasonPortUnreach)
	wantVerdict(t, got[mute], StateOpenFiltered, ReasonNoResponse)
	if !sent {
		t.Error("the socket was not used again, so nothing was tested")
	}
}
