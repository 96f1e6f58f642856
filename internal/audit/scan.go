package audit

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"porthole/internal/record"
)

// Scan is what a scan of this machine saw, as far as the rules need it: what is open,
// and the verdicts on ports that somebody waits on. It takes verdicts one by one, as
// an output of a scan does, so that a scan of every port keeps little.
type Scan struct {
	// Before are the sockets before the scan. One that has closed since may have
	// answered it.
	Before []record.Record

	// Inside: it was made from this machine itself, so that what it sent did not come
	// from outside.
	Inside bool

	addrs   map[netip.Addr]bool // of this machine
	waiting map[portKey]bool    // of Before
	open    []openPort          // of this machine
	seen    map[portKey][]seen  // on ports of waiting, of every state
	asked   int                 // verdicts on addresses of this machine
	refused int                 // of those, closed or filtered
	other   int                 // verdicts on other addresses

	unlisted int               // open ports that nobody waits on
	kept     int               // bytes of open and seen, about
	interned map[string]string // each text that they have, once
	tooMany  bool              // verdicts
}

// openPort is what is kept of an open port.
type openPort struct {
	proto, addr, reason  string
	service, iana, class string
	port                 uint16
}

// seen is what is kept of a verdict on a port that somebody waits on.
type seen struct {
	addr          netip.Addr
	state, reason string
}

const (
	// maxKept is what is kept of a scan at most, in bytes: enough for half a million
	// open ports.
	maxKept = 128 << 20
	// maxUnlisted is the number of open ports that nobody waits on at most: each is a
	// finding.
	maxUnlisted = 1 << 16
	// maxRepeats is how often a file may have the verdict on one port of an address, on
	// the average of the addresses.
	maxRepeats = 4
)

// What an openPort and a seen take of memory, in bytes, in a slice that has grown.
const (
	openPortSize = 2 * 104
	seenSize     = 2 * 56
)

// Err is an error if there was too much to keep, so that the scan must not be used.
func (s *Scan) Err() error {
	if s.tooMany || s.kept > maxKept || s.unlisted > maxUnlisted {
		return errors.New("it has too many verdicts on open ports of this machine, or on those that somebody waits on")
	}
	return nil
}

// intern returns a text that is equal, and the same one for equal texts.
func (s *Scan) intern(text string) string {
	known, ok := s.interned[text]
	if !ok {
		known = strings.Clone(text)
		s.interned[known] = known
		s.kept += 2 * len(known)
	}
	return known
}

// portKey is a port of one protocol.
type portKey struct {
	proto string
	port  uint16
}

func keyOf(r record.Record) portKey { return portKey{r.Proto, r.Port} }

// NewScan returns a Scan without verdicts, of a machine with these addresses, which
// has these sockets before the scan.
func NewScan(addrs []netip.Addr, before []record.Record) *Scan {
	s := &Scan{Before: before, addrs: make(map[netip.Addr]bool), waiting: make(map[portKey]bool), seen: make(map[portKey][]seen), interned: make(map[string]string)}
	for _, a := range addrs {
		s.addrs[a.WithZone("").Unmap()] = true
	}
	for _, r := range before {
		if r.Waits() {
			s.waiting[keyOf(r)] = true
		}
	}
	return s
}

// Write takes a verdict with its record.
func (s *Scan) Write(r *record.Record) error {
	addr, err := netip.ParseAddr(r.Addr)
	if err != nil {
		return nil // a name without an address has no verdict
	}
	v := record.Verdict{Proto: r.Proto, Addr: netip.AddrPortFrom(addr, r.Port), State: r.State, Reason: r.Reason, Middlebox: r.Middlebox}
	if s.take(v) && r.State == "open" && s.Err() == nil {
		if !s.waiting[keyOf(*r)] {
			s.unlisted++
		}
		s.open = append(s.open, openPort{s.intern(r.Proto), s.intern(r.Addr), s.intern(r.Reason), s.intern(r.Service), s.intern(r.IANA), s.intern(r.Class), r.Port})
		s.kept += openPortSize
	}
	return s.Err()
}

// Count takes a verdict.
func (s *Scan) Count(v record.Verdict) { s.take(v) }

// take counts a verdict, and keeps it if somebody waits on its port. It reports
// whether the verdict is about this machine. Those of a middlebox are not: it answers
// on every port.
func (s *Scan) take(v record.Verdict) bool {
	if !s.addrs[v.Addr.Addr().WithZone("").Unmap()] {
		s.other++
		return false
	}
	if v.Middlebox {
		return false
	}
	s.asked++
	if v.State == "closed" || v.State == "filtered" || v.State == "closed|filtered" {
		s.refused++
	}
	if key := (portKey{v.Proto, v.Addr.Port()}); s.waiting[key] && s.Err() == nil {
		s.tooMany = len(s.seen[key]) >= maxRepeats*len(s.addrs)
		s.seen[key] = append(s.seen[key], seen{v.Addr.Addr(), s.intern(v.State), s.intern(v.Reason)})
		s.kept += seenSize
	}
	return true
}

// IsOther reports whether the scan was of other machines only.
func (s *Scan) IsOther() bool { return s.asked == 0 && s.other > 0 }

// OpenOnly reports whether the scan kept open ports alone, so that it cannot tell what
// is blocked.
func (s *Scan) OpenOnly() bool { return s.refused == 0 }

// measured is what the scan saw of a listener, at each address but
// loopback that leads to it: open, perhaps open, or shut.
func (s *Scan) measured(r record.Record) (open, maybe, shut []string) {
	for _, verdict := range s.seen[keyOf(r)] {
		addr := verdict.addr
		if !takes(r, addr.String()) || addr.IsLoopback() {
			continue
		}
		text := fmt.Sprintf("%s is %s (%s)", addr, verdict.state, verdict.reason)
		switch verdict.state {
		case "open":
			open = append(open, text)
		case "open|filtered":
			maybe = append(maybe, text)
		case "closed", "filtered", "closed|filtered":
			shut = append(shut, text)
		}
	}
	return open, maybe, shut
}

// takers returns the sockets that wait on the port of a verdict in this network
// namespace, now or before the scan: those that get the connections to its address,
// and the others.
func (v *view) takers(verdict openPort) (takers, others []record.Record) {
	key := portKey{verdict.proto, verdict.port}
	for _, r := range slices.Concat(v.byPort[key], v.before[key]) {
		switch {
		case !r.InNetNS(v.NetNS):
		case takes(r, verdict.addr):
			takers = append(takers, r)
		default:
			others = append(others, r)
		}
	}
	return takers, others
}

// byPort sorts the sockets that wait by their port.
func byPort(sockets []record.Record) map[portKey][]record.Record {
	out := make(map[portKey][]record.Record)
	for _, r := range sockets {
		if r.Waits() {
			out[keyOf(r)] = append(out[keyOf(r)], r)
		}
	}
	return out
}
