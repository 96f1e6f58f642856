package scanner

import (
	"sync/atomic"
	"syscall"
	"time"

	"porthole/scanner/internal/schedule"
)

// attempt is one attempt of the portable engine. A worker makes it, while the
// goroutine that takes the turns may check on it and drop it. It is the context of
// its own dial (see portable_context.go).
type attempt struct {
	schedule.Start
	scan  *scan
	burst *burst // that it is to leave with; nil if it need not wait, or has left
	attemptContext

	sent   atomic.Int64 // when it left, since the start of the scan; 0 for not yet
	socket atomic.Pointer[syscall.RawConn]
	left   atomic.Bool // a UDP datagram has been sent; a TCP socket tells by itself
	ended  atomic.Bool // its outcome is known

	outcome schedule.Outcome[evidence] // once it has ended
}

// reset makes the record fit for another attempt.
func (a *attempt) reset() {
	a.burst, a.outcome = nil, schedule.Outcome[evidence]{}
	a.attemptContext.reset()
	a.sent.Store(0)
	a.socket.Store(nil)
	a.left.Store(false)
	a.ended.Store(false)
}

// begun notes that the attempt is about to leave with a socket; nil if there is none
// to check.
func (a *attempt) begun(socket syscall.RawConn) {
	if socket != nil {
		a.socket.Store(&socket)
	}
	if b := a.burst; b != nil {
		a.burst = nil
		b.join()
	}
	a.sent.Store(int64(max(a.scan.clock(), 1)))
}

// leaveBurst keeps the others of its burst from waiting for an attempt.
func (a *attempt) leaveBurst() {
	if b := a.burst; b != nil {
		a.burst = nil
		b.done()
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
	return sent, socket != nil && hasAnswer(*socket, isUDP(a.Kind))
}

func isUDP(k schedule.SocketKind) bool {
	return k == schedule.SocketUDP4 || k == schedule.SocketUDP6
}
