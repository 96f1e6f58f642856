package scanner

import (
	"net"
	"net/netip"
	"time"

	"porthole/scanner/internal/schedule"
)

// batch is how many attempts an engine starts between two checks of what became
// of others.
const batch = 64

// engine makes the attempts of scans.
type engine interface {
	// start prepares what the attempts of sc need. It fails if this machine
	// does not even have that.
	start(sc *scan) (session, error)
}

// session is an engine at work for one scan. Its goroutines take turns with the
// scan (see [scan.turn]) until that is over.
type session interface {
	// run works until the scan is over and all attempts have ended.
	run()
	// wake makes it take a turn soon. It may be called at any time before close,
	// from any goroutine.
	wake()
	// close gives back what is left, after run and the last wake.
	close()
}

// config is what a [Scanner] asks of its engine, every default resolved.
type config struct {
	concurrency int           // probes in flight at most; at least 1, within the machine's limits
	timeout     time.Duration // cap for one attempt; above 0
	fullTimeout bool          // the last attempt is waited for all of timeout
	sampling    bool          // many ports stand for one host
	keep        keeper        // of connections to open ports; may be nil
	listen      bool          // after a verdict of silence, see [schedule.Config]
	retries     int           // further attempts after silence; 0 means none
	rate        float64       // attempts per second at most; 0 means no limit
	hostTimeout time.Duration // for all probes of one host; 0 means no limit
	origin      origin        // where attempts leave from
	path        *Path         // what earlier scans learned, and later ones are to; may be nil
	budget      int           // probes in flight that this machine allows, if the caller gave no concurrency; else 0

	// payload is the UDP request to send to a port; empty for a port that
	// has none. The caller must not change it.
	payload func(port uint16) []byte

	// answersElsewhere reports a UDP port whose service answers from a port
	// of its choice, as TFTP does (RFC 1350 section 4).
	answersElsewhere func(port uint16) bool
}

// keeper takes over a connection that is open, or refuses it: see [Scanner.Keep].
type keeper func(addr netip.AddrPort, conn net.Conn) bool

// inconclusive is the outcome of an attempt that proved nothing, with what kept it from
// doing so. If every attempt ends like this, that is the error of the verdict.
func inconclusive(slot int32, at time.Duration, err error) schedule.Outcome[evidence] {
	return schedule.Outcome[evidence]{
		Evidence: evidence{verdict{StateUnknown, ReasonLocalLimit}, err}, Event: schedule.Inconclusive, Slot: slot, At: at,
	}
}
