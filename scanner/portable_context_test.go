package scanner

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// TestAttemptContext has functions wait for the end of an attempt: those that were not
// stopped are called, once, also when it has ended already. Another attempt with the
// same record has not ended.
func TestAttemptContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &attempt{attemptContext: newAttemptContext()}
		for range 2 {
			var called, stopped atomic.Int32
			context.AfterFunc(a, func() { called.Add(1) })
			stop := context.AfterFunc(a, func() { stopped.Add(1) })
			if !stop() || stop() || a.Err() != nil {
				t.Error("it cannot be stopped once")
			}
			a.drop()
			<-a.Done()
			context.AfterFunc(a, func() { called.Add(1) })
			synctest.Wait()
			if called.Load() != 2 || stopped.Load() != 0 || a.Err() != context.Canceled {
				t.Errorf("%d of 2 were called, and %d that was stopped: %v", called.Load(), stopped.Load(), a.Err())
			}
			a.reset()
		}
	})
}

// TestAttemptContextTwo tells apart what waits for one attempt.
func TestAttemptContextTwo(t *testing.T) {
	c := newAttemptContext()
	var called int
	first := c.AfterFunc(func() { called++ })
	c.AfterFunc(func() { called += 10 })
	first()
	if c.drop(); called != 10 {
		t.Errorf("%d, want 10", called)
	}
	if c.AfterFunc(func() {})() {
		t.Error("stopped what was begun after the end")
	}
}
