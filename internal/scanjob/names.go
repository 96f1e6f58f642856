package scanjob

import (
	"context"
	"net/netip"
	"time"

	"porthole/internal/hosts"
	"porthole/internal/record"
)

// The limits of the look-up of names.
const (
	nameTimeout = 2 * time.Second  // for one look-up
	namesGrace  = 10 * time.Second // for all that are left when the scan is over
	maxLookups  = 32               // at the same time
	maxWaiting  = 10_000           // records that wait for a name
)

// nameLookup looks up the names of the addresses with a record. The records of an
// address wait for its look-up. Only the look-ups have goroutines of their own;
// write and finish are for one caller.
type nameLookup struct {
	resolver       hosts.Reverser
	timeout, grace time.Duration
	out            func(*record.Record) error

	ctx        context.Context
	cancel     context.CancelFunc
	names      map[netip.Addr]string // of the look-ups that are done
	waiting    map[netip.Addr][]*record.Record
	nwaiting   int          // records in waiting
	queue      []netip.Addr // to be looked up
	active     int          // look-ups that run
	done       chan answer  // has room for all of them
	unanswered map[netip.Addr]bool
}

// answer is the outcome of one look-up.
type answer struct {
	addr netip.Addr
	name string // "" if it has none
	err  error  // there was no answer
}

func newNameLookup(ctx context.Context, resolver hosts.Reverser, out func(*record.Record) error) *nameLookup {
	l := &nameLookup{
		resolver: resolver, timeout: nameTimeout, grace: namesGrace, out: out,
		names:      make(map[netip.Addr]string),
		waiting:    make(map[netip.Addr][]*record.Record),
		unanswered: make(map[netip.Addr]bool),
		done:       make(chan answer, maxLookups),
	}
	l.ctx, l.cancel = context.WithCancel(ctx)
	return l
}

// write writes a record of addr, now or when its name is known.
func (l *nameLookup) write(addr netip.Addr, r *record.Record) error {
	if err := l.collect(); err != nil {
		return err
	}
	name, known := l.names[addr]
	_, queued := l.waiting[addr]
	switch {
	case known:
		r.RDNS = name
		return l.out(r)
	case l.nwaiting == maxWaiting: // the name server is too slow
		l.unanswered[addr] = true
		return l.out(r)
	case !queued:
		l.queue = append(l.queue, addr)
	}
	l.waiting[addr] = append(l.waiting[addr], r)
	l.nwaiting++
	l.start()
	return nil
}

// start starts as many look-ups as may run.
func (l *nameLookup) start() {
	for l.active < maxLookups && len(l.queue) > 0 {
		addr := l.queue[0]
		l.queue = l.queue[1:]
		l.active++
		go func() {
			ctx, cancel := context.WithTimeout(l.ctx, l.timeout)
			defer cancel()
			name, err := hosts.ReverseName(ctx, l.resolver, addr)
			l.done <- answer{addr, name, err}
		}()
	}
}

// collect handles the answers that are there.
func (l *nameLookup) collect() error {
	for {
		select {
		case a := <-l.done:
			if err := l.handle(a); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// handle writes the records that waited for an answer.
func (l *nameLookup) handle(a answer) error {
	l.active--
	l.start()
	l.names[a.addr] = a.name
	if a.err != nil {
		l.unanswered[a.addr] = true
	}
	return l.release(a.addr)
}

// release writes the records of addr with the name that is known.
func (l *nameLookup) release(addr netip.Addr) (err error) {
	for _, r := range l.waiting[addr] {
		r.RDNS = l.names[addr]
		if err == nil {
			err = l.out(r)
		}
		l.nwaiting--
	}
	delete(l.waiting, addr)
	return err
}

// finish waits for the look-ups that are left, for the grace at most, and writes
// all records that wait. It returns the number of addresses without an answer.
func (l *nameLookup) finish() (unanswered int, err error) {
	defer l.cancel()
	timer := time.NewTimer(l.grace)
	defer timer.Stop()
	cancelled := l.ctx.Done()
	for l.active > 0 {
		select {
		case a := <-l.done:
			if herr := l.handle(a); err == nil {
				err = herr
			}
		case <-timer.C:
			l.cancel()
		case <-cancelled:
			cancelled = nil
			for _, addr := range l.queue {
				l.unanswered[addr] = true
				if rerr := l.release(addr); err == nil {
					err = rerr
				}
			}
			l.queue = nil
		}
	}
	return len(l.unanswered), err
}
