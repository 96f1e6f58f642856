// Package pause waits for a while that a context can cut short.
package pause

import (
	"context"
	"time"
)

// For waits for d. The error is that of ctx if it ends first.
func For(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
