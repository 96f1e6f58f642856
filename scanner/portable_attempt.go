package scanner

import (
	"context"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"

	"porthole/scanner/internal/schedule"
)

// attempt is one attempt of the portable engine. A worker makes it, while the
// goroutine that takes the turns may check on it and cancel it.
type attempt struct {
	schedule.Start
	ctx    context.Context
	cancel context.CancelFunc

	sent   atomic.Int64 // when it left, since the start of the scan; 0 for not yet
	socket atomic.Pointer[syscall.RawConn]
	left   atomic.Bool // a UDP datagram has been sent; a TCP socket tells by itself
	ended  atomic.Bool // its outcome is known

	outcome schedule.Outcome[evidence] // once it has ended
}

func newAttempt(st schedule.Start) *attempt {
	a := &attempt{Start: st}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	return a
}

// make makes the attempt and notes what came of it.
func (a *attempt) make(s *portableSession) {
	v, err := a.ask(s)
	v = doubted(v, isUDP(a.Kind), a.Addr, icmpRefuses)
	if a.sent.Load() == 0 { // it failed before it could begin
		a.begun(s, nil)
	}
	at := s.scan.clock()
	o := schedule.Outcome[evidence]{Evidence: evidence{v, err}, Slot: a.Slot, At: at}
	switch {
	case err == errToItself:
		o = inconclusive(a.Slot, at, err)
	case v.silence():
		o.Event = schedule.TimedOut
	case v.state == StateUnknown:
		o.Event, o.Local = schedule.Failed, v.local()
	default:
		o.Answer = v.answer()
	}
	a.outcome = o
	a.ended.Store(true)
}

// ask is the verdict of the attempt.
func (a *attempt) ask(s *portableSession) (verdict, error) {
	if a.ctx.Err() != nil {
		return verdict{}, a.ctx.Err()
	}
	began := func(socket syscall.RawConn) { a.begun(s, socket) }
	left := func() { a.left.Store(true) }
	addr := netip.AddrPortFrom(a.Addr, a.Port)
	if !isUDP(a.Kind) {
		return askTCP(a.ctx, s.net, addr, began, s.scan.cfg.keep)
	}
	request := s.scan.cfg.payload(a.Port)
	if a.Retry && s.scan.cfg.answersElsewhere(a.Port) {
		return askElsewhere(a.ctx, s.net, addr, request, began, left)
	}
	return askUDP(a.ctx, s.net, addr, request, began, left)
}

// begun notes that the attempt is about to leave, with a socket if there is one
// to check.
func (a *attempt) begun(s *portableSession, socket syscall.RawConn) {
	if socket != nil {
		a.socket.Store(&socket)
	}
	if a.sent.Swap(int64(max(s.scan.clock(), 1))) == 0 {
		s.unbegun.Add(-1)
	}
}

// check returns when the attempt left, and whether it has not yet, or has an
// answer that its worker has not delivered.
func (a *attempt) check() (sent time.Duration, wait bool) {
	sent = time.Duration(a.sent.Load())
	if sent == 0 || isUDP(a.Kind) && !a.left.Load() || a.ended.Load() {
		return sent, true
	}
	socket := a.socket.Load()
	return sent, socket != nil && answerWaits(*socket, isUDP(a.Kind))
}

func isUDP(k schedule.SocketKind) bool {
	return k == schedule.SocketUDP4 || k == schedule.SocketUDP6
}
