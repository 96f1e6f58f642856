package scanner

import (
	"context"
	"time"
)

// engine asks every target that next yields and hands each verdict to emit,
// from any goroutine it likes but one at a time; it returns when all its
// workers have ended. emit returns false when the caller wants no more.
//
// run returns nil when every target has its verdict or emit said no more, and
// ctx.Err() when ctx ended first; verdicts reached by then are still emitted.
// next pulls one more target each time it is called and may be called from any
// goroutine that is not locked to an operating-system thread (see [iter.Pull]).
type engine interface {
	run(ctx context.Context, cfg config, next func() (Target, bool), emit func(Result) bool) error
}

// config is what a [Scanner] asks of its engine, every default resolved.
type config struct {
	concurrency int           // probes in flight at most; at least 1, within the machine's limits
	timeout     time.Duration // cap for one attempt; above 0
	retries     int           // further attempts after silence; 0 means none
	rate        float64       // attempts per second at most; 0 means no limit
	hostTimeout time.Duration // for all probes of one host; 0 means no limit
	budget      int           // probes in flight this machine allows, when the caller named no concurrency; else 0
	stats       *Stats        // filled when the scan has ended; may be nil

	// payload is the UDP request to send to a port; empty for a port that
	// has none. The caller must not change it.
	payload func(port uint16) []byte

	// answersElsewhere reports a UDP port whose service answers from a port
	// of its choice, as TFTP does (RFC 1350 section 4).
	answersElsewhere func(port uint16) bool
}
