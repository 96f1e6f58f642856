//go:build unix

package cli

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// TestInterrupts: signals are heard after a while, or at once by who asks for it.
func TestInterrupts(t *testing.T) {
	ours := make(chan os.Signal, 1) // so that an early one does not end the test
	signal.Notify(ours, os.Interrupt)
	defer signal.Stop(ours)
	interrupt := func() {
		if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		<-ours
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	later := newInterrupts(ctx, cancel, 0)
	defer later.end()
	for ctx.Err() == nil {
		interrupt()
		runtime.Gosched()
	}

	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	now := newInterrupts(ctx, cancel, time.Hour)
	defer now.end()
	now.hear()
	now.hear()
	interrupt()
	<-ctx.Done()

	var none *interrupts
	none.hear()
}
