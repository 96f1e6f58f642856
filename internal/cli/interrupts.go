package cli

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// interrupts cancels the work at the first SIGINT or SIGTERM, and leaves the
// next one to the system. For signals the runtime starts threads, which takes 0.4
// ms: they are heard by whoever calls hear because there is something to lose, or
// once the work has gone on for a while. Until then a signal ends the program as
// it ends any other.
type interrupts struct {
	ctx    context.Context
	cancel func()
	later  *time.Timer
	begin  sync.Once
}

func newInterrupts(ctx context.Context, cancel func(), after time.Duration) *interrupts {
	i := &interrupts{ctx: ctx, cancel: cancel}
	i.later = time.AfterFunc(after, i.hear)
	return i
}

// hear returns when signals are heard. A nil i hears none.
func (i *interrupts) hear() {
	if i == nil {
		return
	}
	i.begin.Do(func() {
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
		go func() {
			defer signal.Stop(signals)
			select {
			case <-signals:
				signal.Stop(signals) // before the work hears of it
				i.cancel()
			case <-i.ctx.Done():
			}
		}()
	})
}

// end lets the signals be, if they were not heard yet.
func (i *interrupts) end() { i.later.Stop() }
