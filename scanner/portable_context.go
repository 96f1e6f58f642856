package scanner

import (
	"context"
	"sync"
	"time"
)

// attemptContext is a [context.Context] that ends when its attempt is dropped. Unlike
// those of package context it can be reset for the next attempt.
type attemptContext struct {
	mu    sync.Mutex
	done  chan struct{} // closed when the attempt is dropped
	err   error         // then
	after []func()      // to be called then; nil in place of what is not to be called any more
}

func newAttemptContext() attemptContext { return attemptContext{done: make(chan struct{})} }

// reset makes it fit for another attempt, when no dial has it any more.
func (c *attemptContext) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.after = c.after[:0]; c.err != nil {
		c.done, c.err = make(chan struct{}), nil
	}
}

func (c *attemptContext) drop() {
	c.mu.Lock()
	c.err = context.Canceled
	after := c.after
	c.after = nil
	close(c.done)
	c.mu.Unlock()
	for _, f := range after {
		if f != nil {
			f()
		}
	}
}

func (c *attemptContext) Deadline() (time.Time, bool) { return time.Time{}, false }
func (c *attemptContext) Done() <-chan struct{}       { return c.done }
func (c *attemptContext) Value(any) any               { return nil }

func (c *attemptContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// AfterFunc is what [context.AfterFunc] calls, which would need a goroutine without it.
func (c *attemptContext) AfterFunc(f func()) (stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		go f() // not here: package context holds a lock that f takes
		return func() bool { return false }
	}
	nth := len(c.after)
	c.after = append(c.after, f)
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		stopped := nth < len(c.after)
		if stopped {
			c.after[nth] = nil
		}
		return stopped
	}
}
