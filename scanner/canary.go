package scanner

import (
	"context"
	"iter"
	"math/rand/v2"
	"net/netip"
	"time"
)

const (
	suspectOpen  = 12  // open ports of one host that may be too many
	suspectShare = 0.9 // and their share of all its verdicts
	canaryPorts  = 4

	canaryTimeout = time.Second // for one attempt each: a watched scan waits meanwhile
)

// Canary notices hosts for which something in between, such as a SYN proxy or a
// tarpit, completes every handshake: there, open says nothing about a service.
// A host that seems to have nothing but open ports is asked on a few random
// high ones that nobody asked for. If those are open too, Warn is called
// for it, once, and its open verdicts from then on are marked with
// [Result.Middlebox]. The zero value, with a Scanner, works.
type Canary struct {
	Scanner *Scanner // asks the random ports
	Seed    uint64   // of their choice; 0 for any

	// Warn, if not nil, is told of each such host.
	Warn func(host string, addr netip.Addr)

	hosts map[hostKey]*canaryHost
}

// Recall takes in a verdict of an earlier part of the same scan, mark and all,
// before Watch begins: a host that was found out then is not asked again.
func (c *Canary) Recall(r Result) {
	if r.Proto != "tcp" {
		return
	}
	if h := c.note(r); h != nil && r.Middlebox {
		*h = canaryHost{asked: true, middlebox: true}
	}
}

// Watch yields results unchanged but for the mark. A host that is suspected
// holds the sequence up until its random ports have their verdicts.
func (c *Canary) Watch(ctx context.Context, results iter.Seq2[Result, error]) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		for r, err := range results {
			if err == nil && r.Proto == "tcp" {
				r.Middlebox = c.look(ctx, r)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// canaryHost is what was seen of one host.
type canaryHost struct {
	open, other int
	asked       bool
	middlebox   bool
	ports       map[uint16]bool // open ones, so that no canary is among them
}

// look takes in one verdict and reports whether to mark it.
func (c *Canary) look(ctx context.Context, r Result) bool {
	h := c.note(r)
	if h == nil || r.State != StateOpen {
		return false
	}
	if !h.asked && h.open >= suspectOpen && float64(h.open) >= suspectShare*float64(h.open+h.other) {
		h.asked = true
		h.middlebox = c.ask(ctx, hostKey{r.Host, r.Addr.Addr()}, h.ports)
		h.ports = nil
	}
	return h.middlebox
}

// note counts one verdict for its host; nil is a host without an open port.
func (c *Canary) note(r Result) *canaryHost {
	key := hostKey{r.Host, r.Addr.Addr()}
	h := c.hosts[key]
	switch {
	case r.State != StateOpen && h != nil:
		h.other++
	case r.State != StateOpen:
	case h == nil:
		h = &canaryHost{ports: make(map[uint16]bool)}
		if c.hosts == nil {
			c.hosts = make(map[hostKey]*canaryHost)
		}
		c.hosts[key] = h
		fallthrough
	default:
		h.open++
		if !h.asked {
			h.ports[r.Addr.Port()] = true
		}
	}
	return h
}

// ask reports whether random high ports of a host are open: all of them, but
// for one attempt that may get lost.
func (c *Canary) ask(ctx context.Context, key hostKey, known map[uint16]bool) bool {
	s := *c.Scanner
	s.Report, s.Attempts = nil, 1
	if s.Timeout == 0 || s.Timeout > canaryTimeout {
		s.Timeout = canaryTimeout
	}
	open := 0
	for r, err := range s.Scan(ctx, c.canaries(key, known)) {
		if err != nil || r.State == StateClosed {
			return false
		}
		if r.State == StateOpen {
			open++
		}
	}
	if open < canaryPorts-1 {
		return false
	}
	if c.Warn != nil {
		c.Warn(key.host, key.addr)
	}
	return true
}

// canaries are a few ports of the dynamic range (RFC 6335 section 6), none of
// them known to be open.
func (c *Canary) canaries(key hostKey, known map[uint16]bool) iter.Seq[Target] {
	return func(yield func(Target) bool) {
		seed := c.Seed
		if seed == 0 {
			seed = rand.Uint64()
		}
		choice := rand.New(rand.NewPCG(seed, uint64(key.addr.As16()[15])))
		for n := 0; n < canaryPorts; {
			port := uint16(49152 + choice.IntN(65536-49152))
			if known[port] {
				continue
			}
			n++
			if !yield(Target{Proto: "tcp", Addr: netip.AddrPortFrom(key.addr, port), Host: key.host}) {
				return
			}
		}
	}
}
