package scanner

import (
	"net/netip"
	"time"
)

// idlePeers is how many peers without probes are remembered for their timing.
const idlePeers = 2048

// icmpPatience is the least timeout for a UDP peer that answers closed ports:
// Linux sends an ICMP error per second to one destination once a burst of six
// is spent (net.ipv4.icmp_ratelimit), so a retry must come later than that to
// tell a limit from a filter.
const icmpPatience = 1100 * time.Millisecond

// peer is what is known about one address on one protocol while it has probes,
// and a little longer.
type peer struct {
	id   int32
	key  peerKey
	addr netip.Addr // as a socket takes it
	kind kind
	near bool          // on this machine: there is no network to pace for
	ends time.Duration // when the time for its host is up; 0 for never

	rtt     rtt
	flow    flow
	loss    loss
	limiter limiter

	wait    queue // probes that want an attempt
	slow    queue // probes that want their last attempt
	live    int   // probes without a verdict
	ready   bool  // in the ring of peers to ask
	last    bool  // its slow pass has begun
	resting bool  // waiting for that

	epoch   uint16 // changes when silence met so far turned out to prove nothing
	unreach bool   // has answered a UDP probe with ICMP port unreachable
	expired bool   // its host timeout has passed

	newer, older *peer // in the list of idle peers
	idle         bool
	behind       [2]*peer // in the lists of ready and of resting peers
}

type peerKey struct {
	addr netip.Addr
	host string
	udp  bool
}

// peerList is a first-in first-out list of peers, linked through them. A peer
// may be in one list of each rank.
type peerList struct {
	rank       int // which of peer.behind links it
	head, tail *peer
}

func (l *peerList) push(p *peer) {
	p.behind[l.rank] = nil
	if l.tail != nil {
		l.tail.behind[l.rank] = p
	} else {
		l.head = p
	}
	l.tail = p
}

// pop takes the first peer, or nil.
func (l *peerList) pop() *peer {
	p := l.head
	if p == nil {
		return nil
	}
	if l.head = p.behind[l.rank]; l.head == nil {
		l.tail = nil
	}
	return p
}

// target is the caller's question about a port of p.
func (p *peer) target(port uint16) Target {
	return Target{Proto: p.proto(), Addr: netip.AddrPortFrom(p.key.addr, port), Host: p.key.host}
}

func (p *peer) proto() string {
	if p.key.udp {
		return "udp"
	}
	return "tcp"
}

// timeout is how long an attempt is waited for, at most limit; first is for a
// peer that has not answered yet. The last attempt is given twice the time.
func (p *peer) timeout(limit, first time.Duration, last bool) time.Duration {
	t := p.rtt.timeout(limit, first)
	if p.unreach && !p.near {
		t = max(t, icmpPatience)
	}
	if last {
		t *= 2
	}
	return min(t, limit)
}

// within is t, or the end of the host's time if that is earlier.
func (p *peer) within(t time.Duration) time.Duration {
	if p.ends != 0 {
		return min(t, p.ends)
	}
	return t
}

// admits reports whether one more attempt may leave for the peer at now.
func (p *peer) admits(now time.Duration, slowly bool) bool {
	if p.near {
		return true
	}
	if slowly && float64(p.flow.inside)*2 >= p.flow.size {
		return false
	}
	return p.flow.open() && p.limiter.pace.allows(now)
}

// peers finds the peer of a target and forgets those that were idle longest.
type peers struct {
	byKey          map[peerKey]*peer
	all            []*peer // by id
	newest, oldest *peer   // idle ones
	idle           int
	latest         *peer // a cache of one: single-host scans ask for no other
}

func (ps *peers) of(t Target) (p *peer, isNew bool) {
	key := peerKey{t.Addr.Addr(), t.Host, t.Proto == "udp"}
	if p := ps.latest; p != nil && p.key == key {
		ps.wake(p)
		return p, false
	}
	p = ps.byKey[key]
	if p == nil {
		p, isNew = ps.add(key), true
	}
	ps.wake(p)
	ps.latest = p
	return p, isNew
}

func (ps *peers) add(key peerKey) *peer {
	if ps.byKey == nil {
		ps.byKey = make(map[peerKey]*peer)
	}
	var p *peer
	if ps.idle >= idlePeers && ps.oldest.flow.inside == 0 {
		p = ps.oldest
		ps.wake(p)
		delete(ps.byKey, p.key)
		*p = peer{id: p.id}
	} else {
		p = &peer{id: int32(len(ps.all))}
		ps.all = append(ps.all, p)
	}
	p.key, p.flow = key, newFlow(firstFlow)
	p.addr = key.addr.Unmap()
	p.near = p.addr.IsLoopback()
	switch {
	case p.addr.Is4() && key.udp:
		p.kind = kindUDP4
	case p.addr.Is4():
		p.kind = kindTCP4
	case key.udp:
		p.kind = kindUDP6
	default:
		p.kind = kindTCP6
	}
	ps.byKey[key] = p
	return p
}

// sibling is the peer for the same host on the other protocol, or nil.
func (ps *peers) sibling(p *peer) *peer {
	key := p.key
	key.udp = !key.udp
	return ps.byKey[key]
}

// rest moves a peer without probes to the idle ones.
func (ps *peers) rest(p *peer) {
	if p.idle {
		return
	}
	p.idle, p.older, p.newer = true, ps.newest, nil
	if ps.newest != nil {
		ps.newest.newer = p
	} else {
		ps.oldest = p
	}
	ps.newest = p
	ps.idle++
}

// wake takes a peer out of the idle ones.
func (ps *peers) wake(p *peer) {
	if !p.idle {
		return
	}
	if p.newer != nil {
		p.newer.older = p.older
	} else {
		ps.newest = p.older
	}
	if p.older != nil {
		p.older.newer = p.newer
	} else {
		ps.oldest = p.newer
	}
	p.idle, p.newer, p.older = false, nil, nil
	ps.idle--
}
