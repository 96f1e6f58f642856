package scanner

import "net/netip"

// portableWorker is the goroutine of one slot. It closes the socket of one
// attempt before it begins the next, so there are never more sockets than slots.
// It lives as long as the session, since its stack has grown.
type portableWorker struct {
	session  *portableSession
	attempts chan *attempt

	// Of the session's goroutine.
	current *attempt // of the slot; nil if it has none
	given   int      // attempts that it was given and has not returned
}

func newPortableWorker(s *portableSession) *portableWorker {
	return &portableWorker{session: s, attempts: make(chan *attempt, 1)}
}

// give has the worker make an attempt. It returns the one that was dropped before the
// worker came to it, if there is one. An attempt that has to wait for the worker
// keeps no others of its burst waiting.
func (w *portableWorker) give(a *attempt) (unmade *attempt) {
	w.current = a
	if w.given > 0 {
		a.leaveBurst()
	}
	select {
	case unmade = <-w.attempts:
		unmade.leaveBurst()
	default:
		w.given++
	}
	w.attempts <- a
	return unmade
}

// drop ends the attempt of the slot, and returns it if there was one.
func (w *portableWorker) drop() *attempt {
	a := w.current
	if a != nil {
		w.current = nil
		a.drop()
	}
	return a
}

// ended notes that an attempt has ended, and reports whether the slot still had it.
func (w *portableWorker) ended(a *attempt) bool {
	w.given--
	if w.current != a {
		return false
	}
	w.current = nil
	return true
}

func (w *portableWorker) run() {
	for a := range w.attempts {
		v, err := w.ask(a)
		w.conclude(a, v, err)
		w.session.deliver(a)
	}
}

// ask is the verdict of an attempt. Thousands of goroutines wait in it at once, so
// that what it and those that it calls for TCP keep on the stack counts.
func (w *portableWorker) ask(a *attempt) (verdict, error) {
	if err := a.Err(); err != nil {
		return verdict{}, err
	}
	addr := netip.AddrPortFrom(a.Addr, a.Port)
	if isUDP(a.Kind) {
		return w.askUDP(a, addr)
	}
	return askTCP(a, w.session.net, addr, w.session.scan.cfg.keep)
}

func (w *portableWorker) askUDP(a *attempt, addr netip.AddrPort) (verdict, error) {
	cfg := &w.session.scan.cfg
	left := func() { a.left.Store(true) }
	if a.Retry && cfg.answersElsewhere(a.Port) {
		return askElsewhere(a, w.session.net, addr, cfg.payload(a.Port), left)
	}
	return askUDP(a, w.session.net, addr, cfg.payload(a.Port), left)
}

// conclude notes what came of an attempt.
func (w *portableWorker) conclude(a *attempt, v verdict, err error) {
	at := w.session.scan.clock()
	if a.sent.Load() == 0 { // it failed before it could begin
		a.leaveBurst()
		a.sent.Store(int64(max(at, 1)))
	}
	a.outcome = portableOutcome(a.Slot, a.Addr, isUDP(a.Kind), at, v, err)
	a.ended.Store(true)
}
