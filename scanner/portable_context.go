package scanner

import (
	"context"
	"sync"
	"time"
)

// dropping is a [context.Context] that ends when its attempt is dropped. Those of
// package context are made anew for each thing that ends; this one serves every attempt
// that is not dropped, and takes a third of the memory.
type dropping struct {
	mu    sync.Mutex
	done  chan struct{} // closed when the attempt is dropped
	err   error         // then
	after []func()      // to be called then; nil in place of what is not to be called any more
}

func newDropping() dropping { return dropping{done: make(chan struct{})} }

// reset makes it fit for another attempt, when no dial has it any more.
func (d *dropping) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.after = d.after[:0]; d.err != nil {
		d.done, d.err = make(chan struct{}), nil
	}
}

func (d *dropping) drop() {
	d.mu.Lock()
	d.err = context.Canceled
	after := d.after
	d.after = nil
	close(d.done)
	d.mu.Unlock()
	for _, f := range after {
		if f != nil {
			f()
		}
	}
}

func (d *dropping) Deadline() (time.Time, bool) { return time.Time{}, false }
func (d *dropping) Done() <-chan struct{}       { return d.done }
func (d *dropping) Value(any) any               { return nil }

func (d *dropping) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// AfterFunc is what [context.AfterFunc] calls, which would need a goroutine without it.
func (d *dropping) AfterFunc(f func()) (stop func() bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		go f() // not here: package context holds a lock that f takes
		return func() bool { return false }
	}
	nth := len(d.after)
	d.after = append(d.after, f)
	return func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		stopped := nth < len(d.after)
		if stopped {
			d.after[nth] = nil
		}
		return stopped
	}
}
