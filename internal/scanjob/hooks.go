package scanjob

import (
	"net/netip"
	"time"

	"porthole/scanner"
)

// Hooks are called while a scan goes on; any of them may be nil. All but Asked
// are called by the goroutine that runs the scan, which waits for them.
type Hooks struct {
	// Unresolved is called by Prepare for each target without an address.
	Unresolved func(err error)

	// Stage is called when a part of the scan begins, and ends the one before.
	Stage func(Stage)

	// Asked is called when the scanner takes the next target of a stage, from a
	// goroutine of the scanner's.
	Asked func()

	// Host is called when discovery knows of an address; recalled if an earlier
	// run of the scan found it out.
	Host func(h scanner.HostStatus, recalled bool)

	// Verdict is called for each verdict, shown or not; recalled if it is that
	// of an earlier run.
	Verdict func(r scanner.Result, recalled bool)

	// Middlebox is called for a host for which something in between answers:
	// see [scanner.MiddleboxDetector].
	Middlebox func(host string, addr netip.Addr)

	// Unnamed is called at the end with the number of addresses that no name
	// server said a word about, if there are any.
	Unnamed func(addresses int)
}

// StageKind says what a stage is about.
type StageKind uint8

const (
	StageDiscovery StageKind = iota // addresses: which are alive
	StagePorts                      // probes: which ports answer
)

// Stage is a part of a scan.
type Stage struct {
	Kind     StageKind
	Total    uint64        // addresses or probes; those of earlier runs are among them
	Timeout  time.Duration // of one attempt
	Attempts int           // for who stays silent
}

// complete has a function for every hook.
func (h Hooks) complete() Hooks {
	if h.Unresolved == nil {
		h.Unresolved = func(error) {}
	}
	if h.Stage == nil {
		h.Stage = func(Stage) {}
	}
	if h.Asked == nil {
		h.Asked = func() {}
	}
	if h.Host == nil {
		h.Host = func(scanner.HostStatus, bool) {}
	}
	if h.Verdict == nil {
		h.Verdict = func(scanner.Result, bool) {}
	}
	if h.Middlebox == nil {
		h.Middlebox = func(string, netip.Addr) {}
	}
	if h.Unnamed == nil {
		h.Unnamed = func(int) {}
	}
	return h
}
