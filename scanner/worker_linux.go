package scanner

import (
	"cmp"
	"errors"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"porthole/scanner/internal/schedule"
)

const (
	eventRoom  = 512 // events fetched at once
	wakeupSlot = -1  // marks the events of the worker's wakeup
)

// socket is one socket. It stays at its slot while it is used again.
type socket struct {
	fd       int
	to       sockaddr // the address of the attempt that it is busy with
	kind     schedule.SocketKind
	busy     bool // an attempt is out; events on an idle socket are stale
	watched  bool // known to the worker's epoll instance
	loopback bool // the address of its attempts is a loopback one
	once     bool // not to be used again: connecting bound it to an interface, or it never connected
}

// worker makes the attempts that the scheduler orders, with sockets of its own
// and one epoll instance.
type worker struct {
	sys    *syscalls
	scan   *scan
	epoll  int
	wakeup wakeup

	slots    schedule.Slots
	sockets  []socket // by slot
	reused   reusedSockets
	scopes   scopes
	outcomes []schedule.Outcome[evidence]
	events   [eventRoom]unix.EpollEvent
	polled   time.Duration // when all events up to then had been fetched
	buffer   [2048]byte
}

func newWorker(sys *syscalls, sc *scan, most int) (session, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	w := &worker{sys: sys, scan: sc, epoll: epoll, slots: schedule.NewSlots(most)}
	if err := w.wakeup.open(epoll); err != nil {
		unix.Close(epoll)
		return nil, err
	}
	return w, nil
}

func (w *worker) wake() { w.wakeup.signal() }

func (w *worker) close() {
	for i := range w.sockets {
		w.discard(&w.sockets[i])
	}
	for k := range w.reused.idle {
		w.discard(&w.reused.idle[k])
	}
	w.wakeup.close()
	unix.Close(w.epoll)
}

// run works until the scheduler says that the scan is over.
func (w *worker) run() {
	o := schedule.Orders{Starts: make([]schedule.Start, 0, batch)}
	for {
		w.scan.turn(&w.slots, w.polled, w.outcomes, &o)
		w.outcomes = w.outcomes[:0]
		for _, slot := range o.Drops {
			w.discard(&w.sockets[slot])
		}
		if o.Done {
			return
		}
		for i := range o.Starts {
			w.begin(&o.Starts[i])
		}
		w.confirmAll()
		runtime.Gosched() // the raw calls give the runtime no chance to
		w.poll(o.Wake)
	}
}

// poll fetches events, waiting for them until wake if there is nothing to do,
// until there are no more: only then may an attempt count as timed out. The time
// noted is that before the last call, which did not wait, so that no delay of
// this process makes an answer seem late.
func (w *worker) poll(wake time.Duration) {
	var timeout time.Duration
	if len(w.outcomes) == 0 {
		timeout = max(0, wake-w.scan.clock())
	}
	for {
		before := w.scan.clock()
		n, e := w.sys.wait(w.epoll, w.events[:], timeout)
		if e != 0 { // EINTR, most likely: nothing is known to have timed out
			return
		}
		for i := range w.events[:n] {
			w.handle(&w.events[i])
		}
		if n < len(w.events) && timeout == 0 {
			w.polled = before
			return
		}
		timeout = 0
	}
}

func (w *worker) handle(e *unix.EpollEvent) {
	if e.Fd == wakeupSlot {
		w.wakeup.reset()
		return
	}
	s := &w.sockets[e.Fd]
	switch {
	case !s.busy:
	case s.kind == schedule.SocketTCP4 || s.kind == schedule.SocketTCP6:
		w.harvestTCP(e.Fd, s)
		if s.busy && e.Events&unix.EPOLLERR != 0 {
			w.rejectedTCP(e.Fd, s)
		}
	default:
		w.harvestUDP(e.Fd, s)
	}
}

// begin makes the attempt st.
func (w *worker) begin(st *schedule.Start) {
	for int(st.Slot) >= len(w.sockets) {
		w.sockets = append(w.sockets, socket{})
	}
	s := &w.sockets[st.Slot]
	udp := isUDP(st.Kind)
	once := st.Addr.Zone() != "" || udp && w.scan.cfg.answersElsewhere(st.Port)
	if s.busy || s.kind != st.Kind || once && s.watched {
		w.discard(s)
	}
	w.slots.Begin(st.Slot, w.scan.clock())
	if s.kind == schedule.NoSocket && !(st.Loopback && !once && w.reuse(s, st.Kind)) {
		if e := w.create(s, st.Kind); e != 0 {
			w.failed(st.Slot, e)
			return
		}
	}
	s.loopback = st.Loopback
	s.once = once
	if udp && s.watched && s.to.addrPort().Addr() != st.Addr {
		w.disconnect(s)
	}
	s.to.set(st.Addr, st.Port, w.scopes.of(st.Addr.Zone()))
	if udp {
		w.request(st.Slot, s, st.Port)
	} else {
		w.connect(st.Slot, s)
	}
}

func (w *worker) create(s *socket, k schedule.SocketKind) syscall.Errno {
	domain, kind := unix.AF_INET, unix.SOCK_STREAM
	if k == schedule.SocketTCP6 || k == schedule.SocketUDP6 {
		domain = unix.AF_INET6
	}
	if isUDP(k) {
		kind = unix.SOCK_DGRAM
	}
	fd, e := w.sys.socket(domain, kind)
	if e != 0 {
		return e
	}
	*s = socket{fd: fd, kind: k}
	if e := w.sys.hearICMP(fd, domain); e != 0 {
		w.discard(s)
		return e
	}
	if err := w.scan.cfg.origin.bind(fd, domain == unix.AF_INET); err != nil {
		w.discard(s)
		e, _ := errors.AsType[syscall.Errno](err)
		return cmp.Or(e, unix.EACCES)
	}
	return 0
}

// watch makes events of s known to the worker. It is called once there is an
// attempt: a socket without one would report a hang-up at once.
func (w *worker) watch(slot int32, s *socket) syscall.Errno {
	if s.watched {
		return 0
	}
	e := w.sys.watch(w.epoll, s.fd, slot)
	if e == unix.ENOSPC { // fs.epoll.max_user_watches
		e = unix.ENOMEM
	}
	s.watched = e == 0
	return e
}

// discard closes a socket, which ends its attempt and takes it out of epoll.
func (w *worker) discard(s *socket) {
	if s.kind != schedule.NoSocket {
		w.sys.close(s.fd)
	}
	*s = socket{}
}

// keepSocket leaves a socket at its slot for the next attempt of its kind.
func (w *worker) keepSocket(s *socket) schedule.SocketKind {
	if s.once {
		w.discard(s)
	}
	return s.kind
}

// answered adds the end of an attempt to the outcomes, as failed, failedByRoute,
// timedOut and inconclusive do.
func (w *worker) answered(slot int32, v verdict, e syscall.Errno, kept schedule.SocketKind) {
	w.outcomes = append(w.outcomes, schedule.Outcome[evidence]{
		Evidence: evidence{v, asError(e)}, Answer: v.answer(), Kept: kept, Slot: slot, At: w.scan.clock(),
	})
}

func (w *worker) failed(slot int32, e syscall.Errno) {
	v := classifyErrno("tcp", e) // UDP has the same local errors
	w.outcomes = append(w.outcomes, schedule.Outcome[evidence]{
		Evidence: evidence{v, e}, Event: schedule.Failed, Local: v.local(), Kept: w.sockets[slot].kind, Slot: slot, At: w.scan.clock(),
	})
}

// failedByRoute ends an attempt that did not leave, since this machine has no route to
// the target. Trying again would not help.
func (w *worker) failedByRoute(slot int32, e syscall.Errno) {
	w.outcomes = append(w.outcomes, schedule.Outcome[evidence]{
		Evidence: evidence{verdict{StateUnknown, ReasonNoRoute}, e}, Event: schedule.Failed, Local: schedule.Failure, Kept: w.sockets[slot].kind, Slot: slot, At: w.scan.clock(),
	})
}

func (w *worker) timedOut(slot int32) {
	w.outcomes = append(w.outcomes, schedule.Outcome[evidence]{Event: schedule.TimedOut, Slot: slot, At: w.scan.clock()})
}

func (w *worker) inconclusive(slot int32, err error) {
	w.outcomes = append(w.outcomes, inconclusive(slot, w.scan.clock(), err))
}

func asError(e syscall.Errno) error {
	if e == 0 {
		return nil
	}
	return e
}
