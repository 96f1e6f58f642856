package scanner

import (
	"context"
	"iter"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"
)

const (
	suspectOpen  = 12  // open ports that make a host suspect,
	suspectShare = 0.9 // if they are this share of all its verdicts
	randomPorts  = 4   // ports that a suspect is probed on
	otherAllowed = 2   // ports that are not open, until a host with few open ones is forgotten

	// The scan waits for the random ports. A middlebox completes the handshake there
	// about as soon as on the other ports.
	randomPortTimeout = time.Second            // for one attempt, at most
	randomPortLeast   = 500 * time.Millisecond // and at least, for busy machines
	randomPortSlower  = 4                      // times the slowest of the open ports
)

// MiddleboxDetector finds hosts for which something in between, such as a SYN
// proxy or a tarpit, completes every handshake: there an open port says nothing
// about a service. A host that has almost only open ports is probed on a few
// random high ports that nobody asked for. If those are open too, Warn is called
// for it, once, and its open verdicts from then on are marked with
// [Result.Middlebox].
//
// The zero value works once Scanner is set. A MiddleboxDetector is for one scan.
type MiddleboxDetector struct {
	Scanner *Scanner // probes the random ports, with one attempt each
	Seed    uint64   // chooses the random ports; 0 for a random seed

	// Excluded, if not nil, reports TCP ports that must not be asked.
	Excluded func(port uint16) bool

	// Warn, if not nil, is called for each such host.
	Warn func(host string, addr netip.Addr)

	// Ports, if not 0, is how many TCP ports each host is asked at most. The detector
	// takes no memory if these are too few for a host to become suspect.
	Ports int

	hosts map[hostKey]*portCounts
}

// portCounts is what was seen of one host.
type portCounts struct {
	open, other int
	known       []uint16      // open ports, so that no random port is one of them
	slowest     time.Duration // the longest round trip of these
	probed      bool          // its random ports were probed
	middlebox   bool
}

// mostSuspects is how many hosts are remembered. Further hosts are not examined.
const mostSuspects = 1 << 18

// Recall takes a verdict of an earlier, interrupted run of the same scan, with
// its mark, before Watch begins. A host that was marked then is not probed again.
func (d *MiddleboxDetector) Recall(r Result) {
	if r.Proto != "tcp" {
		return
	}
	if h := d.count(r); h != nil && r.Middlebox {
		*h = portCounts{probed: true, middlebox: true}
	}
}

// Watch yields results, and their errors, unchanged except for the mark. When a host
// becomes suspect, the sequence waits until its random ports have their verdicts: a second
// for each attempt at most. If ctx ends first, the host is not marked.
func (d *MiddleboxDetector) Watch(ctx context.Context, results iter.Seq2[Result, error]) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		for r, err := range results {
			if err == nil && r.Proto == "tcp" {
				r.Middlebox = d.marks(ctx, r)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// marks takes one verdict and reports whether to mark it.
func (d *MiddleboxDetector) marks(ctx context.Context, r Result) bool {
	h := d.count(r)
	if h == nil || r.State != StateOpen {
		return false
	}
	if !h.probed && h.open >= suspectOpen && float64(h.open) >= suspectShare*float64(h.open+h.other) {
		h.probed = true
		h.middlebox = d.probe(ctx, hostKey{r.Host, r.Addr.Addr()}, h)
		h.known = nil
	}
	return h.middlebox
}

// count counts one verdict for its host. It returns nil for a host that is not
// remembered: it has no open port, or most of its ports are not.
func (d *MiddleboxDetector) count(r Result) *portCounts {
	if d.Ports > 0 && d.Ports < suspectOpen {
		return nil
	}
	key := hostKey{r.Host, r.Addr.Addr()}
	h := d.hosts[key]
	if r.State != StateOpen {
		if h != nil {
			h.other++
			if !h.middlebox && h.other > max(h.open, otherAllowed) {
				delete(d.hosts, key)
			}
		}
		return h
	}
	if h == nil && len(d.hosts) >= mostSuspects {
		return nil
	}
	if h == nil {
		h = new(portCounts)
		if d.hosts == nil {
			d.hosts = make(map[hostKey]*portCounts)
		}
		d.hosts[key] = h
	}
	h.open++
	if !h.probed {
		h.known = append(h.known, r.Addr.Port())
		h.slowest = max(h.slowest, r.RTT)
	}
	return h
}

// probe reports whether the random ports of a host are open: all of them, or
// all but one, whose attempt may have been lost.
func (d *MiddleboxDetector) probe(ctx context.Context, key hostKey, h *portCounts) bool {
	s := *d.Scanner
	s.Stats, s.Keep, s.Path, s.Attempts, s.sampling = nil, nil, nil, 1, true
	if timeout := h.timeout(); s.Timeout == 0 || s.Timeout > timeout {
		s.Timeout = timeout
	}
	open := 0
	for r, err := range s.Scan(ctx, d.randomTargets(key, h.known)) {
		if err != nil || r.State == StateClosed || r.State == StateClosedFiltered {
			return false
		}
		if r.State == StateOpen {
			open++
		}
	}
	if open < randomPorts-1 {
		return false
	}
	if d.Warn != nil {
		d.Warn(key.host, key.addr)
	}
	return true
}

// timeout is how long an attempt at a random port of a host is waited for.
func (h *portCounts) timeout() time.Duration {
	if h.slowest == 0 {
		return randomPortTimeout
	}
	return min(max(randomPortSlower*h.slowest, randomPortLeast), randomPortTimeout)
}

// randomTargets are a few ports of the dynamic range (RFC 6335 section 6), none
// of them known to be open.
func (d *MiddleboxDetector) randomTargets(key hostKey, known []uint16) iter.Seq[Target] {
	return func(yield func(Target) bool) {
		seed := d.Seed
		if seed == 0 {
			seed = rand.Uint64()
		}
		random := rand.New(rand.NewPCG(seed, uint64(key.addr.As16()[15])))
		const first, tries = 49152, 1 << 16 // nearly all ports may be excluded
		for n, try := 0, 0; n < randomPorts && try < tries; try++ {
			port := uint16(first + random.IntN(1<<16-first))
			if slices.Contains(known, port) || d.Excluded != nil && d.Excluded(port) {
				continue
			}
			n++
			if !yield(Target{Proto: "tcp", Addr: netip.AddrPortFrom(key.addr, port), Host: key.host}) {
				return
			}
		}
	}
}
