package schedule

import (
	"net/netip"
	"time"
)

// idleHosts is how many hosts without probes are remembered for their timing.
const idleHosts = 2048

// host is what is known about one address on one protocol while it has probes,
// and a little longer.
type host struct {
	id       int32
	key      HostKey
	addr     netip.Addr // as a socket takes it
	kind     SocketKind
	loopback bool          // there is no network to pace for
	ends     time.Duration // when its time is up; 0 for never

	rtt        rtt
	window     congestion
	loss       Loss
	limit      rateLimit
	rejections rejections

	wait queue // probes that want an attempt
	slow queue // probes that want their last, slow attempt
	live int   // probes without a verdict

	onLink     bool          // ARP or neighbor discovery has to find it
	unresolved time.Duration // until when they may look for it

	asked    bool // an attempt has left for it
	ready    bool // in the ready queue
	slowPass bool // its slow attempts have begun
	deferred bool // its slow attempts are still to begin

	epoch       uint16 // changes when the timeouts so far turn out to prove nothing
	portUnreach bool   // has answered a UDP probe with ICMP port unreachable
	expired     bool   // its time is up

	newer, older *host // in the list of idle hosts
	idle         bool
	next         [2]*host // in the lists of ready and of deferred hosts
}

// within is t, or the end of the host's time if that is earlier.
func (h *host) within(t time.Duration) time.Duration {
	if h.ends != 0 {
		return min(t, h.ends)
	}
	return t
}

// admits reports whether one more attempt may leave for the host at now. Slow
// attempts take no more than half of its congestion window.
func (h *host) admits(now time.Duration, slowly bool) bool {
	if h.loopback {
		return true
	}
	if !h.rejections.admits(now) {
		return false
	}
	if slowly && float64(h.window.inFlight)*2 >= h.window.size {
		return false
	}
	return h.window.open() && h.limit.pacer.allows(now)
}

// hostList is a first-in first-out list of hosts, linked through them. A host
// may be in one list of each link.
type hostList struct {
	link       int // which of host.next links it
	head, tail *host
}

func (l *hostList) push(h *host) {
	h.next[l.link] = nil
	if l.tail != nil {
		l.tail.next[l.link] = h
	} else {
		l.head = h
	}
	l.tail = h
}

// pop takes the first host, or nil.
func (l *hostList) pop() *host {
	h := l.head
	if h == nil {
		return nil
	}
	if l.head = h.next[l.link]; l.head == nil {
		l.tail = nil
	}
	return h
}

// hosts finds the host of a target and forgets those that were idle longest.
type hosts struct {
	byKey          map[HostKey]*host
	all            []*host // by id
	newest, oldest *host   // idle ones
	idle           int
	latest         *host // a cache of one: single-host scans ask for no other
}

func (hs *hosts) of(key HostKey) (h *host, isNew bool) {
	if h := hs.latest; h != nil && h.key == key {
		hs.markBusy(h)
		return h, false
	}
	h = hs.byKey[key]
	if h == nil {
		h, isNew = hs.add(key), true
	}
	hs.markBusy(h)
	hs.latest = h
	return h, isNew
}

// only is the only host that was ever asked; nil if there are none or more.
func (hs *hosts) only() *host {
	if len(hs.all) != 1 {
		return nil
	}
	return hs.all[0]
}

func (hs *hosts) add(key HostKey) *host {
	if hs.byKey == nil {
		hs.byKey = make(map[HostKey]*host)
	}
	var h *host
	if hs.idle >= idleHosts && hs.oldest.window.inFlight == 0 {
		h = hs.oldest
		hs.markBusy(h)
		delete(hs.byKey, h.key)
		*h = host{id: h.id}
	} else {
		h = &host{id: int32(len(hs.all))}
		hs.all = append(hs.all, h)
	}
	h.key, h.window = key, newCongestion(firstWindow)
	h.addr = key.Addr.Unmap()
	h.loopback = h.addr.IsLoopback()
	h.kind = kindOf(h.addr, key.UDP)
	hs.byKey[key] = h
	return h
}

// kindOf is the kind of socket that asks addr.
func kindOf(addr netip.Addr, udp bool) SocketKind {
	switch {
	case addr.Is4() && udp:
		return SocketUDP4
	case addr.Is4():
		return SocketTCP4
	case udp:
		return SocketUDP6
	}
	return SocketTCP6
}

// sibling is the same address on the other protocol, or nil.
func (hs *hosts) sibling(h *host) *host {
	key := h.key
	key.UDP = !key.UDP
	return hs.byKey[key]
}

// markIdle moves a host without probes to the idle ones.
func (hs *hosts) markIdle(h *host) {
	if h.idle {
		return
	}
	h.idle, h.older, h.newer = true, hs.newest, nil
	if hs.newest != nil {
		hs.newest.newer = h
	} else {
		hs.oldest = h
	}
	hs.newest = h
	hs.idle++
}

// markBusy takes a host out of the idle ones.
func (hs *hosts) markBusy(h *host) {
	if !h.idle {
		return
	}
	if h.newer != nil {
		h.newer.older = h.older
	} else {
		hs.newest = h.older
	}
	if h.older != nil {
		h.older.newer = h.newer
	} else {
		hs.oldest = h.newer
	}
	h.idle, h.newer, h.older = false, nil, nil
	hs.idle--
}
