package pause

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestFor waits in virtual time.
func TestFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		if err := For(t.Context(), time.Hour); err != nil || time.Since(begin) != time.Hour {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin = time.Now()
		if err := For(ctx, time.Hour); err != context.DeadlineExceeded || time.Since(begin) != time.Minute {
			t.Errorf("%v after %v, want the end of the context", err, time.Since(begin))
		}
	})
}
