package killjob

import (
	"context"
	"errors"
	"slices"
	"time"

	"porthole/internal/kill"
	"porthole/internal/pause"
	"porthole/internal/record"
	"porthole/sockets"
)

// ErrEnded says that what was asked for is free, since its process ended by itself.
var ErrEnded = errors.New("what held it has ended by itself")

// Find lists who holds what was asked for, and returns the processes to signal, as
// [Job.Targets] does. A process that ends gives up its descriptors before the kernel
// closes its sockets, which are without a holder meanwhile: they are looked at again.
func (j *Job) Find(ctx context.Context) ([]kill.Target, error) {
	const interval, most = 20 * time.Millisecond, 200 * time.Millisecond
	begin := time.Now()
	for again := false; ; again = true {
		if err := j.List(ctx); err != nil {
			return nil, err
		}
		held := j.held()
		switch {
		case again && len(held) == 0:
			return nil, ErrEnded
		case !slices.ContainsFunc(held, mayBeEnding), time.Since(begin) > most:
			return j.Targets()
		}
		if err := pause.For(ctx, interval); err != nil {
			return nil, err
		}
	}
}

// mayBeEnding reports whether the process of a socket may be about to end.
func mayBeEnding(r record.Record) bool {
	return len(r.Holders()) == 0 && r.Hidden != sockets.HiddenKernel.String()
}
