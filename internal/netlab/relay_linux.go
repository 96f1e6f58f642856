package netlab

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// relay carries packets between the TUN devices of the two sides. One thread
// does all of it: the answer to a packet that it writes to the target often
// waits already when it looks for packets to read, so that under load it
// hardly ever sleeps, and a scanner has the second processor for itself.
type relay struct {
	zero  time.Time // of the clock
	pipes [2]*pipe  // to the target, to the scanner
	wake  int       // eventfd that ends the wait of the thread
	stop  atomic.Bool
	err   chan error // nil until start; has the thread's error at its end
}

// pipe is one direction.
type pipe struct {
	in, out int // TUN descriptors
	queue   *queue
	counts  counters
}

// counters are written by the relay's thread and read by all.
type counters struct {
	packets, bytes, delivered, lost, reordered, overruns atomic.Uint64
	late, worstLate                                      atomic.Int64 // nanoseconds; the sum, the most
}

// burst is how many packets are read or written before the other gets a turn.
const burst = 64

// relayNice is the priority of the thread, above that of programs: a network
// does not slow down because a scanner computes.
const relayNice = -15

func newRelay(cfg Config, scanner, target *Namespace) (*relay, error) {
	r := &relay{zero: time.Now(), wake: -1}
	var fds [2]int
	for i, side := range []*Namespace{scanner, target} {
		fd, err := openTUN(side)
		if err != nil {
			return nil, errors.Join(err, r.close())
		}
		fds[i] = fd
		r.pipes[i] = &pipe{in: fd, queue: newQueue(cfg, uint64(i))}
	}
	r.pipes[0].out, r.pipes[1].out = fds[1], fds[0]
	var err error
	if r.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, errors.Join(fmt.Errorf("make an eventfd: %w", err), r.close())
	}
	return r, nil
}

func (r *relay) start() {
	r.err = make(chan error, 1)
	go func() {
		runtime.LockOSThread() // for ever, because of its priority and slack
		r.err <- r.run()
	}()
}

// close ends the thread, waits for it and removes the devices.
func (r *relay) close() error {
	var errs []error
	if r.err != nil {
		r.stop.Store(true)
		_, err := unix.Write(r.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
		errs = append(errs, err, <-r.err)
	}
	for _, p := range r.pipes {
		if p != nil {
			errs = append(errs, unix.Close(p.in))
		}
	}
	if r.wake >= 0 {
		errs = append(errs, unix.Close(r.wake))
	}
	return errors.Join(errs...)
}

func (r *relay) clock() time.Duration { return time.Since(r.zero) }

// run carries packets until the relay stops or a device fails.
func (r *relay) run() error {
	// Both only make deliveries more punctual, so a refusal is no failure.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) // nanoseconds, not 50 us
	_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), relayNice)

	buf := make([]byte, 1<<16)
	for !r.stop.Load() {
		busy := false
		for _, p := range r.pipes {
			more, err := p.take(r.clock, buf)
			if err != nil {
				return fmt.Errorf("read from a TUN device: %w", err)
			}
			busy = p.deliver(r.clock) || more || busy
		}
		if busy {
			continue
		}
		if err := r.wait(); err != nil {
			return fmt.Errorf("wait for packets: %w", err)
		}
	}
	return nil
}

// wait sleeps until a packet arrives or is due, or the relay is to stop.
func (r *relay) wait() error {
	var timeout *unix.Timespec
	for _, p := range r.pipes {
		if first, ok := p.queue.next(); ok {
			left := unix.NsecToTimespec(int64(max(0, first.due-r.clock())))
			if timeout == nil || left.Nano() < timeout.Nano() {
				timeout = &left
			}
		}
	}
	fds := [...]unix.PollFd{
		{Fd: int32(r.pipes[0].in), Events: unix.POLLIN},
		{Fd: int32(r.pipes[1].in), Events: unix.POLLIN},
		{Fd: int32(r.wake), Events: unix.POLLIN},
	}
	_, err := unix.Ppoll(fds[:], timeout, nil)
	if errors.Is(err, unix.EINTR) {
		return nil
	}
	return err
}

// take reads a burst of packets into the queue and reports whether there may
// be more.
func (p *pipe) take(clock func() time.Duration, buf []byte) (more bool, err error) {
	for range burst {
		n, err := unix.Read(p.in, buf)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return false, nil
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return false, err
		}
		p.counts.packets.Add(1)
		p.counts.bytes.Add(uint64(n))
		switch p.queue.push(clock(), buf[:n]) {
		case heldBack:
			p.counts.reordered.Add(1)
		case lost:
			p.counts.lost.Add(1)
		case overflown:
			p.counts.overruns.Add(1)
		}
	}
	return true, nil
}

// deliver writes a burst of those packets that are due and reports whether
// there may be more.
func (p *pipe) deliver(clock func() time.Duration) (more bool) {
	for range burst {
		first, ok := p.queue.next()
		if !ok {
			return false
		}
		late := clock() - first.due
		if late < 0 {
			return false
		}
		if _, err := unix.Write(p.out, first.data); err != nil {
			p.counts.overruns.Add(1)
		} else {
			p.counts.delivered.Add(1)
			p.counts.late.Add(int64(late))
			p.counts.worstLate.Store(max(p.counts.worstLate.Load(), int64(late)))
		}
		p.queue.drop()
	}
	return true
}

// stats returns what the relay counted.
func (r *relay) stats() Stats {
	return Stats{ToTarget: r.pipes[0].counts.flow(), ToScanner: r.pipes[1].counts.flow()}
}

func (c *counters) flow() Flow {
	// What a packet becomes is read before the packets, so that a reader
	// never sees more outcomes than packets.
	f := Flow{
		Delivered: c.delivered.Load(),
		Lost:      c.lost.Load(),
		Reordered: c.reordered.Load(),
		Overruns:  c.overruns.Load(),
		WorstLate: time.Duration(c.worstLate.Load()),
	}
	if f.Delivered > 0 {
		f.MeanLate = time.Duration(c.late.Load() / int64(f.Delivered))
	}
	f.Packets, f.Bytes = c.packets.Load(), c.bytes.Load()
	return f
}
