//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package scanner

import (
	"context"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"porthole/scanner/internal/schedule"
)

// socketConnector connects with sockets of its own, all of which it waits for at once.
// Package net takes a goroutine for each, and twice the processor time.
type socketConnector struct {
	session *portableSession
	origin  origin
	poller  *poller
	wakeup  pipe
	waiting atomic.Bool // for the poller, or about to be
	scopes  scopes

	sockets []connecting // by slot
	slots   []int32      // by descriptor; meaningful for those of sockets alone
	busy    int          // of the sockets
}

// connecting is the socket of a slot.
type connecting struct {
	busy bool // it connects
	fd   int
	to   netip.AddrPort
	sent time.Duration
}

// hasConnector says that this system has a connector.
const hasConnector = true

func newConnector(s *portableSession, from origin) (connector, error) {
	wakeup, err := newPipe()
	if err != nil {
		return nil, err
	}
	p, err := newPoller()
	if err != nil {
		wakeup.close()
		return nil, err
	}
	c := &socketConnector{session: s, origin: from, poller: p, wakeup: wakeup}
	if err := p.watchRead(wakeup.read); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *socketConnector) close() {
	for slot := range c.sockets {
		c.drop(int32(slot))
	}
	c.poller.close()
	c.wakeup.close()
}

func (c *socketConnector) idle() bool { return c.busy == 0 }

func (c *socketConnector) wake() {
	if c.waiting.Load() {
		c.wakeup.signal()
	}
}

func (c *socketConnector) begin(st schedule.Start) {
	for int(st.Slot) >= len(c.sockets) {
		c.sockets = append(c.sockets, connecting{})
	}
	now := c.session.scan.clock()
	c.session.slots.Begin(st.Slot, now)
	fd, err := c.open(st.Addr.Is4())
	if err != nil {
		c.failed(st.Slot, st.Addr, err)
		return
	}
	to := netip.AddrPortFrom(st.Addr, st.Port)
	c.hold(st.Slot, connecting{busy: true, fd: fd, to: to, sent: now})
	err = unix.Connect(fd, sockaddrOf(to, c.scopes.of(st.Addr.Zone())))
	if err != unix.EINPROGRESS && err != unix.EINTR {
		c.session.slots.Sent(1)
		c.conclude(st.Slot, err)
		return
	}
	if err := c.poller.watchConnect(fd); err != nil {
		c.drop(st.Slot)
		c.failed(st.Slot, st.Addr, err)
		return
	}
	c.session.slots.Sent(1)
}

// open makes a socket that leaves from the origin.
func (c *socketConnector) open(is4 bool) (int, error) {
	domain := unix.AF_INET6
	if is4 {
		domain = unix.AF_INET
	}
	syscall.ForkLock.RLock()
	fd, err := unix.Socket(domain, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	if err = unix.SetNonblock(fd, true); err == nil {
		err = c.origin.bind(fd, is4)
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// hold gives a slot its socket.
func (c *socketConnector) hold(slot int32, s connecting) {
	for s.fd >= len(c.slots) {
		c.slots = append(c.slots, 0)
	}
	c.slots[s.fd] = slot
	c.sockets[slot] = s
	c.busy++
}

// take takes the socket of a slot.
func (c *socketConnector) take(slot int32) connecting {
	s := c.sockets[slot]
	c.sockets[slot] = connecting{}
	c.busy--
	return s
}

func (c *socketConnector) drop(slot int32) {
	if int(slot) < len(c.sockets) && c.sockets[slot].busy {
		unix.Close(c.take(slot).fd)
	}
}

func (c *socketConnector) connects(slot int32) (sent time.Duration, ok bool) {
	if int(slot) >= len(c.sockets) {
		return 0, false
	}
	return c.sockets[slot].sent, c.sockets[slot].busy
}

// poll takes events until there are no more: only then may an attempt count as timed
// out. The time is that before it looked for the last time, without waiting.
func (c *socketConnector) poll(timeout time.Duration) time.Duration {
	if timeout > 0 {
		c.waiting.Store(true)
		if !c.session.pending() {
			c.harvest(c.poller.wait(timeout))
		}
		c.waiting.Store(false)
	}
	for {
		before := c.session.scan.clock()
		ready := c.poller.wait(0)
		c.harvest(ready)
		if len(ready) < eventRoom {
			return before
		}
	}
}

// harvest concludes the attempts of sockets that have an event.
func (c *socketConnector) harvest(ready []int) {
	for _, fd := range ready {
		if fd == c.wakeup.read {
			c.wakeup.reset()
			continue
		}
		if err := connectResult(fd); err != unix.EINPROGRESS {
			c.conclude(c.slots[fd], err)
		}
	}
}

// connectResult is how a connect ended that was in progress: nil, an error, or
// [unix.EINPROGRESS] if it has not.
func connectResult(fd int) error {
	e, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	switch {
	case err != nil:
		return err
	case e != 0:
		return syscall.Errno(e)
	}
	if _, err := unix.Getpeername(fd); err != nil {
		return unix.EINPROGRESS // woken for nothing (golang.org/issue/14548, golang.org/issue/19289)
	}
	return nil
}

// conclude ends the attempt of a slot, whose connect ended with err.
func (c *socketConnector) conclude(slot int32, err error) {
	s := c.take(slot)
	v := verdict{StateOpen, ReasonSynAck}
	switch {
	case err != nil:
		v, err = explain(context.Background(), c.session.net, "tcp", s.to, err)
		unix.Close(s.fd)
	case isOwnPort(s.fd, netip.AddrPortFrom(s.to.Addr().WithZone(""), s.to.Port())):
		err = errToItself
		abortOnClose(s.fd)
		unix.Close(s.fd)
	default:
		c.connected(s)
	}
	o := portableOutcome(slot, s.to.Addr(), false, c.session.scan.clock(), v, err)
	if o.Event == schedule.Failed {
		c.session.slots.Sent(-1)
	}
	c.session.conclude(o)
}

// connected offers a connection to be kept, or ends it.
func (c *socketConnector) connected(s connecting) {
	if keep := c.session.scan.cfg.keep; keep != nil && s.to.Addr().Zone() == "" {
		offer(keep, s.fd, s.to)
		return
	}
	abortOnClose(s.fd)
	unix.Close(s.fd)
}

// failed ends an attempt that did not leave.
func (c *socketConnector) failed(slot int32, to netip.Addr, err error) {
	c.session.conclude(portableOutcome(slot, to, false, c.session.scan.clock(), classify("tcp", err), err))
}
