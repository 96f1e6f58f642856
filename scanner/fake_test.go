package scanner

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"

	"porthole/scanner/internal/schedule"
)

// scripted is an engine whose verdicts come from a function.
type scripted func(Target) verdict

func (e scripted) start(sc *scan) (session, error) {
	return &scriptedSession{scan: sc, script: e, woken: make(chan struct{}, 1)}, nil
}

type scriptedSession struct {
	scan   *scan
	script scripted
	woken  chan struct{}
}

func (s *scriptedSession) run() {
	for s.turn() {
		<-s.woken
	}
}

// turn gives every target that is there its verdict, and reports whether others
// are to come.
func (s *scriptedSession) turn() bool {
	s.scan.mu.Lock()
	defer s.scan.mu.Unlock()
	c := (*caller)(s.scan)
	for !c.stopped && !c.Full() {
		t, ok := c.Next()
		if !ok {
			return !c.Ended()
		}
		proto := "tcp"
		if t.UDP {
			proto = "udp"
		}
		v := s.script(Target{Proto: proto, Addr: netip.AddrPortFrom(t.Addr, t.Port), Host: t.Name})
		c.Report(schedule.Verdict[evidence]{Target: t, Evidence: evidence{verdict: v}, Attempts: 1})
	}
	return !c.stopped
}

func (s *scriptedSession) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

func (s *scriptedSession) close() {}

// recorder is an engine that keeps its settings and says every target is open.
type recorder struct{ cfg *config }

func (e recorder) start(sc *scan) (session, error) {
	*e.cfg = sc.cfg
	return scripted(func(Target) verdict { return verdict{StateOpen, ReasonSynAck} }).start(sc)
}

// fakeNetwork is a network of which each dial is counted and answered by a
// plan; a plan that has neither a connection nor an error is silence.
type fakeNetwork struct {
	plan func(nth int, proto string, addr netip.AddrPort) (net.Conn, error)

	mu       sync.Mutex
	dials    int
	inFlight int
	most     int // in flight at once
}

func (f *fakeNetwork) dial(ctx context.Context, proto string, addr netip.AddrPort) (net.Conn, error) {
	began(ctx, nil)
	f.mu.Lock()
	f.dials++
	nth := f.dials
	f.inFlight++
	f.most = max(f.most, f.inFlight)
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.inFlight--
		f.mu.Unlock()
	}()
	c, err := f.plan(nth, proto, addr)
	if c == nil && err == nil {
		<-ctx.Done()
		err = &net.OpError{Op: "dial", Net: proto, Err: ctx.Err()}
	}
	return c, err
}

func (f *fakeNetwork) listen(context.Context, netip.Addr) (net.PacketConn, error) {
	return nil, errors.New("no socket that hears every port here")
}

// route asks the plan for "route".
func (f *fakeNetwork) route(_ context.Context, addr netip.AddrPort) error {
	_, err := f.plan(0, "route", addr)
	return err
}

// failing is the error of a dial as package net wraps it.
func failing(proto string, errno syscall.Errno) error {
	return &net.OpError{Op: "dial", Net: proto, Err: os.NewSyscallError("connect", errno)}
}

// fakeConn is a connection that only has ends.
type fakeConn struct {
	net.Conn
	local, remote netip.AddrPort
}

func (c fakeConn) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(c.local) }
func (c fakeConn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remote) }
func (c fakeConn) Close() error         { return nil }

// connected is a connection to addr from somewhere else.
func connected(addr netip.AddrPort) net.Conn {
	return fakeConn{local: netip.MustParseAddrPort("198.18.0.1:40000"), remote: addr}
}
