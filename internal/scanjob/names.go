package scanjob

import (
	"context"
	"net/netip"
	"time"

	"porthole/internal/hosts"
	"porthole/internal/record"
)

// The limits of --rdns: of one look-up, of all that are left when the scan is
// over, of those at once, and of the records that wait for one.
const (
	rdnsTimeout = 2 * time.Second
	rdnsGrace   = 10 * time.Second
	rdnsAtOnce  = 32
	rdnsHeld    = 10_000
)

// reverse looks up the names of addresses with a result to show. The records of
// an address wait until its look-up is over; all else is done by the caller of
// take and finish alone.
type reverse struct {
	resolver       hosts.Reverser
	timeout, grace time.Duration
	write          func(*record.Record) error

	ctx     context.Context
	cancel  context.CancelFunc
	names   map[netip.Addr]string // once looked up
	waiting map[netip.Addr][]*record.Record
	held    int          // records that wait
	queue   []netip.Addr // to be looked up
	done    chan named   // has room for every look-up under way
	busy    int
	missed  map[netip.Addr]bool // of which nothing was heard
}

// named is what came of one look-up.
type named struct {
	addr netip.Addr
	name string // "" where there is none
	err  error  // nothing was heard
}

func newReverse(ctx context.Context, resolver hosts.Reverser, write func(*record.Record) error) *reverse {
	v := &reverse{
		resolver: resolver, timeout: rdnsTimeout, grace: rdnsGrace, write: write,
		names: make(map[netip.Addr]string), waiting: make(map[netip.Addr][]*record.Record), missed: make(map[netip.Addr]bool),
		done: make(chan named, rdnsAtOnce),
	}
	v.ctx, v.cancel = context.WithCancel(ctx)
	return v
}

// take writes a record of addr when its name is known.
func (v *reverse) take(addr netip.Addr, r *record.Record) error {
	if err := v.collect(); err != nil {
		return err
	}
	name, known := v.names[addr]
	_, waits := v.waiting[addr]
	switch {
	case known:
		r.RDNS = name
		return v.write(r)
	case v.held == rdnsHeld: // the name server cannot keep up
		v.missed[addr] = true
		return v.write(r)
	case !waits:
		v.queue = append(v.queue, addr)
	}
	v.waiting[addr] = append(v.waiting[addr], r)
	v.held++
	v.start()
	return nil
}

// start begins as many look-ups as there is room for.
func (v *reverse) start() {
	for v.busy < rdnsAtOnce && len(v.queue) > 0 {
		addr := v.queue[0]
		v.queue = v.queue[1:]
		v.busy++
		go func() {
			ctx, cancel := context.WithTimeout(v.ctx, v.timeout)
			defer cancel()
			name, err := hosts.ReverseName(ctx, v.resolver, addr)
			v.done <- named{addr, name, err}
		}()
	}
}

// collect takes in what has been found so far.
func (v *reverse) collect() error {
	for {
		select {
		case n := <-v.done:
			if err := v.settle(n); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// settle writes the records that waited for a name.
func (v *reverse) settle(n named) error {
	v.busy--
	v.start()
	v.names[n.addr] = n.name
	if n.err != nil {
		v.missed[n.addr] = true
	}
	return v.release(n.addr)
}

func (v *reverse) release(addr netip.Addr) (err error) {
	for _, r := range v.waiting[addr] {
		r.RDNS = v.names[addr]
		if err == nil {
			err = v.write(r)
		}
		v.held--
	}
	delete(v.waiting, addr)
	return err
}

// finish waits for the look-ups that are left, but not for long, and writes
// every record that still waits. It returns of how many addresses nothing was
// heard.
func (v *reverse) finish() (missed int, err error) {
	defer v.cancel()
	timer := time.NewTimer(v.grace)
	defer timer.Stop()
	over := v.ctx.Done()
	for v.busy > 0 {
		select {
		case n := <-v.done:
			if serr := v.settle(n); err == nil {
				err = serr
			}
		case <-timer.C:
			v.cancel()
		case <-over:
			over = nil
			for _, addr := range v.queue {
				v.missed[addr] = true
				if rerr := v.release(addr); err == nil {
					err = rerr
				}
			}
			v.queue = nil
		}
	}
	return len(v.missed), err
}
