package scanner

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"porthole/scanner/internal/schedule"
)

// faults makes system calls fail by plan.
type faults struct {
	mu    sync.Mutex
	rand  *rand.Rand
	share float64
	seen  map[string]int
}

// strike returns one of errnos for a share of the calls, else 0.
func (f *faults) strike(call string, errnos ...syscall.Errno) syscall.Errno {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rand.Float64() >= f.share {
		return 0
	}
	e := errnos[f.rand.IntN(len(errnos))]
	f.seen[call+" "+e.Error()]++
	return e
}

// engine is the engine with those faults.
func (f *faults) engine(connect ...syscall.Errno) *epollEngine {
	real := linuxSyscalls()
	faulty := real
	faulty.socket = func(domain, kind int) (int, syscall.Errno) {
		if e := f.strike("socket", unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.EAGAIN); e != 0 {
			return -1, e
		}
		return real.socket(domain, kind)
	}
	faulty.connect = func(fd int, addr *unix.RawSockaddrInet6, size uint32) syscall.Errno {
		if e := f.strike("connect", connect...); e != 0 {
			return e
		}
		return real.connect(fd, addr, size)
	}
	faulty.watch = func(epoll, fd int, slot int32) syscall.Errno {
		if e := f.strike("epoll_ctl", unix.ENOMEM, unix.ENOSPC); e != 0 {
			return e
		}
		return real.watch(epoll, fd, slot)
	}
	faulty.wait = func(epoll int, events []unix.EpollEvent, timeout time.Duration) (int, syscall.Errno) {
		if e := f.strike("epoll_wait", unix.EINTR); e != 0 {
			return -1, e
		}
		return real.wait(epoll, events, timeout)
	}
	faulty.send = func(fd int, data []byte, to *sockaddr) syscall.Errno {
		if e := f.strike("send", unix.ENOBUFS, unix.ENOMEM, unix.EAGAIN, unix.ECONNREFUSED); e != 0 {
			return e
		}
		return real.send(fd, data, to)
	}
	return &epollEngine{sys: faulty}
}

// TestLocalFaults makes a tenth of all system calls fail with what a machine in
// need says. Every verdict is right all the same.
func TestLocalFaults(t *testing.T) {
	addr := netip.MustParseAddr("127.66.6.1")
	want := make(map[netip.AddrPort]State)
	var ports []netip.AddrPort
	for range 40 {
		a := openTCP(t, addr)
		want[a] = StateOpen
		ports = append(ports, a)
	}
	for len(ports) < 400 {
		a := closedTCP(t, addr)
		if want[a] == StateUnknown {
			want[a] = StateClosed
			ports = append(ports, a)
		}
	}
	mute := openUDP(t, addr, func([]byte) []byte { return nil })
	echo := openUDP(t, addr, func(b []byte) []byte { return append(b, 'x') })

	for seed := range uint64(3) {
		f := &faults{rand: rand.New(rand.NewPCG(seed, 1)), share: 0.1, seen: make(map[string]int)}
		// EINTR from connect means that the connection goes on by itself, so
		// it is not among these: nothing would.
		e := f.engine(unix.EADDRNOTAVAIL, unix.EAGAIN, unix.ENOBUFS, unix.ENOMEM, unix.EMFILE, unix.EADDRINUSE, unix.EALREADY, unix.ECONNABORTED)
		got := scanAll(t, &Scanner{Timeout: longTimeout, engine: e}, targets("tcp", ports...))
		for a, state := range want {
			if got[a].State != state {
				t.Errorf("seed %d: %v is %v/%v after %d attempts (%v), want %v", seed, a, got[a].State, got[a].Reason, got[a].Attempts, got[a].Err, state)
			}
		}
		s := &Scanner{Timeout: shortTimeout, Attempts: 4, engine: f.engine(unix.EADDRNOTAVAIL, unix.EAGAIN, unix.ENOBUFS, unix.ENOMEM)}
		wantVerdict(t, scanOne(t, s, "udp", echo), StateOpen, ReasonUDPResponse)
		wantVerdict(t, scanOne(t, s, "udp", mute), StateOpenFiltered, ReasonNoResponse)
		wantVerdict(t, scanOne(t, s, "udp", closedUDP(t, addr)), StateClosed, ReasonPortUnreach)
		for _, call := range []string{"socket", "connect", "epoll_wait"} {
			if !slices.ContainsFunc(keys(f.seen), func(s string) bool { return len(s) > len(call) && s[:len(call)] == call }) {
				t.Errorf("seed %d: no %s call failed: %v", seed, call, f.seen)
			}
		}
	}
}

func keys(m map[string]int) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	return all
}

// TestDoubtfulRefusals has an ICMP error turn up when some refusals of this
// machine are already taken for RSTs: they are asked again, and judged one by
// one from then on.
func TestDoubtfulRefusals(t *testing.T) {
	addr := netip.MustParseAddr("127.66.6.1")
	want := make(map[netip.AddrPort]State)
	var ports []netip.AddrPort
	for i := range 30 {
		a, state := closedTCP(t, addr), StateClosed
		if i%10 == 9 {
			a, state = openTCP(t, addr), StateOpen
		}
		want[a] = state
		ports = append(ports, a)
	}
	for nth := range int64(3) { // of the looks at an error queue
		e := newEpollEngine()
		var looks atomic.Int64
		e.sys.icmp = func(fd int, buffer []byte) (icmpError, bool) {
			if looks.Add(1) == nth+1 {
				return icmpError{verdict{StateClosed, ReasonPortUnreach}, unix.ECONNREFUSED}, true
			}
			return readErrorQueue(fd, buffer)
		}
		var stats Stats
		s := &Scanner{Concurrency: 20, Timeout: longTimeout, engine: e, Stats: func(st Stats) { stats = st }}
		for a, r := range scanAll(t, s, targets("tcp", ports...)) {
			wantVerdict(t, r, want[a], map[State]Reason{StateOpen: ReasonSynAck, StateClosed: ReasonConnRefused}[want[a]])
		}
		if stats.Inconclusive == 0 || stats.Attempts != int64(len(ports))+stats.Inconclusive {
			t.Errorf("nothing was asked again: %+v", stats)
		}
	}
}

// TestUnconfirmedRefusal has an ICMP error turn up in the queue of a socket that was
// refused before: what was refused proves nothing, and the error says why.
func TestUnconfirmedRefusal(t *testing.T) {
	sys := linuxSyscalls()
	sys.icmp = func(int, []byte) (icmpError, bool) { return icmpError{}, true }
	w := worker{sys: &sys, outcomes: make([]schedule.Outcome[evidence], 1)}
	w.reused.idle[schedule.SocketTCP4] = socket{kind: schedule.SocketTCP4, loopback: true}
	w.reused.unconfirmed[schedule.SocketTCP4] = []int32{0}
	w.confirmAll()
	if got := w.outcomes[0]; got.Event != schedule.Inconclusive || got.Evidence.state != StateUnknown || got.Evidence.err != errUnconfirmed {
		t.Errorf("%+v, want inconclusive and unknown, as %v", got, errUnconfirmed)
	}
}

// TestNetworkErrnos checks what each error of a connection means that comes as it
// begins.
func TestNetworkErrnos(t *testing.T) {
	addr := netip.MustParseAddr("127.66.6.1")
	for _, c := range []struct {
		errno syscall.Errno
		want  verdict
	}{
		{unix.ECONNREFUSED, verdict{StateClosed, ReasonConnRefused}},
		{unix.ECONNRESET, verdict{StateFiltered, ReasonReset}},
		{unix.EHOSTUNREACH, verdict{StateUnknown, ReasonNoRoute}},
		{unix.ENETUNREACH, verdict{StateUnknown, ReasonNoRoute}},
		{unix.ENOPROTOOPT, verdict{StateFiltered, ReasonProtoUnreach}},
		{unix.ETIMEDOUT, verdict{StateFiltered, ReasonNoResponse}},
		{unix.EPERM, verdict{StateUnknown, ReasonLocalDenied}},
		{unix.EACCES, verdict{StateUnknown, ReasonLocalDenied}},
		{unix.EINVAL, verdict{StateUnknown, ReasonNoRoute}},
		{unix.EIO, verdict{StateUnknown, ReasonNone}},
	} {
		open := openTCP(t, addr)
		e := newEpollEngine()
		e.sys.connect = func(int, *unix.RawSockaddrInet6, uint32) syscall.Errno { return c.errno }
		got := scanOne(t, &Scanner{Timeout: shortTimeout, engine: e}, "tcp", open)
		wantVerdict(t, got, c.want.state, c.want.reason)
		if c.errno != unix.ETIMEDOUT && !errors.Is(got.Err, c.errno) {
			t.Errorf("%v: the verdict's error is %v", c.errno, got.Err)
		}
	}
}

// TestNoDescriptorLeft has a machine without a descriptor for the engine
// itself.
func TestNoDescriptorLeft(t *testing.T) {
	e := newEpollEngine()
	e.sys.socket = func(int, int) (int, syscall.Errno) { return -1, unix.EMFILE }
	ctx := t.Context()
	s := &Scanner{engine: e}
	for r, err := range s.Scan(ctx, targets("tcp", netip.MustParseAddrPort("127.0.0.1:1"))) {
		if err != nil {
			t.Fatal(err)
		}
		wantVerdict(t, r, StateUnknown, ReasonLocalLimit)
	}
}
