package scanner

import (
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	batch     = 64  // attempts started between two looks at the events
	eventRoom = 512 // events fetched at once
	bellPlace = -1  // marks the events of the worker's bell
)

// sock is one socket. It stays at its place while it is used again.
type sock struct {
	fd      int
	to      sockaddr // the address of the attempt that it is busy with
	kind    kind     // kindBare if there is no socket
	busy    bool     // an attempt is out; events on an idle socket are stale
	watched bool     // known to the worker's epoll instance
	near    bool     // to this machine
	once    bool     // not to be used again: connecting bound it to an interface, or it never connected
}

// worker makes the attempts that the scheduler orders, with sockets of its own
// and one epoll instance.
type worker struct {
	sys   *syscalls
	sched *scheduler
	cfg   *config
	epoll int
	bell  bell

	berths   berths
	socks    []sock // by place
	quick    quick
	scopes   scopes
	outcomes []outcome
	launched int
	events   [eventRoom]unix.EpollEvent
	looked   time.Duration // when all events up to then had been fetched
	buffer   [2048]byte
}

func newWorker(sys *syscalls, s *scheduler, cfg *config, most int) (*worker, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	w := &worker{sys: sys, sched: s, cfg: cfg, epoll: epoll, berths: berths{limit: most, most: most}}
	if err := w.bell.open(epoll); err != nil {
		unix.Close(epoll)
		return nil, err
	}
	return w, nil
}

func (w *worker) close() {
	for i := range w.socks {
		w.discard(&w.socks[i])
	}
	for k := range w.quick.idle {
		w.discard(&w.quick.idle[k])
	}
	w.bell.close()
	unix.Close(w.epoll)
}

// run works until the scheduler says that the scan is over.
func (w *worker) run() {
	o := orders{starts: make([]start, 0, batch)}
	for {
		w.sched.turn(&w.berths, w.looked, w.launched, w.outcomes, &o)
		w.outcomes, w.launched = w.outcomes[:0], 0
		for _, place := range o.drops {
			w.discard(&w.socks[place])
		}
		if o.done {
			return
		}
		for i := range o.starts {
			w.begin(&o.starts[i])
		}
		w.vouch()
		runtime.Gosched() // the raw calls give the runtime no chance to
		w.look(o.wake)
	}
}

// look fetches events, waiting for them until wake if there is nothing to do,
// until there are no more: only then may silence be judged. The time noted is
// that before the last look, which did not wait, so that no delay of this
// process makes an answer seem late.
func (w *worker) look(wake time.Duration) {
	var timeout time.Duration
	if len(w.outcomes) == 0 {
		timeout = max(0, wake-w.clock())
	}
	for {
		before := w.clock()
		n, e := w.sys.wait(w.epoll, w.events[:], timeout)
		if e != 0 { // EINTR, most likely: nothing is known to be silent
			return
		}
		for i := range w.events[:n] {
			w.handle(&w.events[i])
		}
		if n < len(w.events) && timeout == 0 {
			w.looked = before
			return
		}
		timeout = 0
	}
}

func (w *worker) handle(e *unix.EpollEvent) {
	if e.Fd == bellPlace {
		w.bell.quiet()
		return
	}
	s := &w.socks[e.Fd]
	switch {
	case !s.busy:
	case s.kind == kindTCP4 || s.kind == kindTCP6:
		w.harvestTCP(e.Fd, s)
	default:
		w.harvestUDP(e.Fd, s)
	}
}

// begin makes the attempt st.
func (w *worker) begin(st *start) {
	for int(st.place) >= len(w.socks) {
		w.socks = append(w.socks, sock{})
	}
	s := &w.socks[st.place]
	once := st.peer.addr.Zone() != "" || st.peer.key.udp && w.cfg.answersElsewhere(st.port)
	if s.busy || s.kind != st.kind || once && s.watched {
		w.discard(s)
	}
	w.berths.all[st.place].start = w.clock()
	if s.kind == kindBare && !(st.peer.near && !once && w.borrow(s, st.kind)) {
		if e := w.create(s, st.kind); e != 0 {
			w.failed(st.place, e)
			return
		}
	}
	s.near = st.peer.near
	s.once = once
	if s.kind >= kindUDP4 && s.watched && s.to.addrPort().Addr() != st.peer.addr {
		w.forget(s)
	}
	s.to.set(st.peer.addr, st.port, w.scopes.of(st.peer.addr.Zone()))
	if st.peer.key.udp {
		w.ask(st.place, s, st.port)
	} else {
		w.connect(st.place, s)
	}
}

func (w *worker) create(s *sock, k kind) syscall.Errno {
	domain, kind := unix.AF_INET, unix.SOCK_STREAM
	if k == kindTCP6 || k == kindUDP6 {
		domain = unix.AF_INET6
	}
	if k == kindUDP4 || k == kindUDP6 {
		kind = unix.SOCK_DGRAM
	}
	fd, e := w.sys.socket(domain, kind)
	if e != 0 {
		return e
	}
	*s = sock{fd: fd, kind: k}
	if e := w.sys.hearICMP(fd, domain); e != 0 {
		w.discard(s)
		return e
	}
	return 0
}

// watch makes events of s known to the worker. It is called once there is an
// attempt: a socket without one would report a hang-up at once.
func (w *worker) watch(place int32, s *sock) syscall.Errno {
	if s.watched {
		return 0
	}
	e := w.sys.watch(w.epoll, s.fd, place)
	if e == unix.ENOSPC { // fs.epoll.max_user_watches
		e = unix.ENOMEM
	}
	s.watched = e == 0
	return e
}

// discard closes a socket, which ends its attempt and takes it out of epoll.
func (w *worker) discard(s *sock) {
	if s.kind != kindBare {
		w.sys.close(s.fd)
	}
	*s = sock{}
}

// keep leaves a socket at its place for the next attempt of its kind.
func (w *worker) keep(s *sock) kind {
	if s.once {
		w.discard(s)
	}
	return s.kind
}

// classify is the verdict of an attempt of s that failed with e. EADDRNOTAVAIL
// is the lack of a free port, which passes, or of any address to reach that
// peer from (IPv6 switched off, for one), which is a missing route.
func (w *worker) classify(proto string, s *sock, e syscall.Errno) verdict {
	if e == unix.EADDRNOTAVAIL && w.sys.homeless(&s.to) {
		return verdict{StateFiltered, ReasonNetUnreach}
	}
	return classifyErrno(proto, e)
}

// answered, failed and note add the end of an attempt to the outcomes.
func (w *worker) answered(place int32, v verdict, e syscall.Errno, kept kind) {
	w.outcomes = append(w.outcomes, outcome{verdict: v, err: e, event: eventAnswered, kept: kept, place: place, at: w.clock()})
}

func (w *worker) failed(place int32, e syscall.Errno) {
	w.outcomes = append(w.outcomes, outcome{err: e, event: eventFailed, kept: w.socks[place].kind, place: place, at: w.clock()})
}

func (w *worker) note(place int32, e event) {
	w.outcomes = append(w.outcomes, outcome{event: e, kept: kindBare, place: place, at: w.clock()})
}

// clock is the time since the start of the scan.
func (w *worker) clock() time.Duration { return time.Since(w.sched.began) }
