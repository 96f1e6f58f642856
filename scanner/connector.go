package scanner

import (
	"time"

	"porthole/scanner/internal/schedule"
)

// connector makes the TCP attempts of the portable engine in its session's own
// goroutine, where the system allows that; else its workers make them. Only wake may be
// called from other goroutines.
type connector interface {
	// begin makes an attempt. What comes of it is added to the outcomes of the session.
	begin(st schedule.Start)
	// drop ends the attempt of a slot, if it is one of the connector's.
	drop(slot int32)
	// connects returns when the attempt of a slot left, if it is one of the connector's.
	connects(slot int32) (sent time.Duration, ok bool)
	// idle reports that no attempt is in progress.
	idle() bool
	// poll waits for attempts to end, at most for timeout, and concludes all that have.
	// The time is that up to which all have been concluded.
	poll(timeout time.Duration) time.Duration
	// wake makes poll return.
	wake()
	// close ends the attempts in progress.
	close()
}
