package scanjob

import (
	"net/netip"
	"time"

	"porthole/internal/record"
	"porthole/scanner"
)

// Hooks are functions that are called while a scan runs. Any of them may be nil.
// The scan waits for each call. All but Asked are called from one goroutine.
type Hooks struct {
	// Unresolved is called by Prepare for each target without an address.
	Unresolved func(err error)

	// Note is called by Prepare with a sentence for each thing that the user should
	// know about the targets.
	Note func(text string)

	// Stage is called when a stage of the scan begins. The one before has ended.
	Stage func(Stage)

	// Unable is called for each kind of discovery probe that this process cannot send,
	// and if the neighbour table cannot be read.
	Unable func(err error)

	// Asked is called for each address or probe of a stage that the scanner takes.
	// It is called from a goroutine of the scanner.
	Asked func()

	// Host is called for each address whose status is known. Replayed means that
	// an earlier run of the scan found it out.
	Host func(h scanner.HostStatus, replayed bool)

	// Late is called with the new status of an address that answered after Host was
	// called for it with the status down.
	Late func(h scanner.HostStatus)

	// Silent is called, with the number of ports, for each address that is down where
	// all addresses are asked a few ports at once, without discovery. If it is nil,
	// these addresses are only counted.
	Silent func(host string, addr netip.Addr, ports int)

	// Verdict is called for each verdict, shown or not. Replayed means that it is
	// from an earlier run.
	Verdict func(r scanner.Result, replayed bool)

	// Verify is called for each open port that is going to be asked what answers.
	// Verified is called when that is done, or with nil if the scan ended before.
	Verify   func(scanner.Result)
	Verified func(*record.Verified)

	// Middlebox is called for each host whose handshakes a middlebox completes: see
	// [scanner.MiddleboxDetector].
	Middlebox func(host string, addr netip.Addr)

	// Unnamed is called at the end if there are addresses for which no name
	// server answered, with their number.
	Unnamed func(addresses int)
}

// StageKind says what a stage asks.
type StageKind uint8

// The stages of a scan, for each set of addresses with the same ports.
const (
	StageDiscovery StageKind = iota // which addresses are alive
	StagePorts                      // which ports answer
)

// Stage is a stage of a scan.
type Stage struct {
	Kind     StageKind
	Total    uint64        // addresses or probes, with those of earlier runs
	Timeout  time.Duration // for one attempt at most
	Attempts int           // for one that stays silent
}

// complete returns h with a function for every hook.
func (h Hooks) complete() Hooks {
	if h.Unresolved == nil {
		h.Unresolved = func(error) {}
	}
	if h.Note == nil {
		h.Note = func(string) {}
	}
	if h.Stage == nil {
		h.Stage = func(Stage) {}
	}
	if h.Unable == nil {
		h.Unable = func(error) {}
	}
	if h.Asked == nil {
		h.Asked = func() {}
	}
	if h.Host == nil {
		h.Host = func(scanner.HostStatus, bool) {}
	}
	if h.Late == nil {
		h.Late = func(scanner.HostStatus) {}
	}
	if h.Verdict == nil {
		h.Verdict = func(scanner.Result, bool) {}
	}
	if h.Verify == nil {
		h.Verify = func(scanner.Result) {}
	}
	if h.Verified == nil {
		h.Verified = func(*record.Verified) {}
	}
	if h.Middlebox == nil {
		h.Middlebox = func(string, netip.Addr) {}
	}
	if h.Unnamed == nil {
		h.Unnamed = func(int) {}
	}
	return h
}
