package schedule

import "time"

// stage is where an attempt stands.
type stage uint8

const (
	stageIdle     stage = iota // no attempt; the slot may keep a socket for reuse
	stageInFlight              // taken to be in the network
	stageOverdue               // past its transit time, before its deadline
	stageLate                  // past its deadline, while its socket still listens
)

// SocketKind says which socket an attempt needs. A socket serves one kind.
type SocketKind uint8

const (
	NoSocket SocketKind = iota // none yet, or none that can be used again
	SocketTCP4
	SocketTCP6
	SocketUDP4
	SocketUDP6
	socketKinds
)

// slot holds one socket, and the attempt that it is used for.
type slot struct {
	host       *host
	sent       time.Duration
	probe      int32
	gen        uint32 // of the probe, to notice that it has its verdict
	next, prev int32  // 1 + slot, in the list of idle or of late ones
	stage      stage
	kind       SocketKind
	nth        uint16 // the attempt's number in a row without an answer, from 1
	target     Target // of a late attempt, whose probe may have its verdict
	sole       bool   // in the list of sole ones
	first      bool   // at its host, by TCP
}

// Slots are the slots of one goroutine of an engine: which are free, which
// attempt occupies the others, and when each wants attention.
type Slots struct {
	// Check, if not nil, is called before an attempt counts as timed out. It returns
	// when the attempt left, and whether to wait: because it has not left, or because
	// an answer has come that is not among the outcomes yet. Then Check is called
	// again a little later.
	Check func(slot int32) (sent time.Duration, wait bool)

	all    []slot
	free   [socketKinds]int32 // 1 + first idle slot, by the kind of its socket
	idle   int                // slots in those lists
	timers wheel
	late   lateList // attempts past their deadline, oldest first
	sole   lateList // those of them that are the only ones of their hosts
	hold   bool     // no slot is taken from those
	sent   int      // attempts that left since the last turn

	limit int // slots this machine allows; moves between leastSlots and most
	most  int
}

// NewSlots returns slots for at most most attempts at a time.
func NewSlots(most int) Slots { return Slots{limit: most, most: most} }

// Begin notes when the attempt at a slot is made, if that is later than the
// turn that ordered it.
func (w *Slots) Begin(slot int32, at time.Duration) { w.all[slot].sent = at }

// Sent notes that n attempts have left this machine.
func (w *Slots) Sent(n int) { w.sent += n }

// room reports whether take would find a slot.
func (w *Slots) room() bool {
	return len(w.all)-w.idle < w.limit || w.spare() || w.sole.head != 0 && !w.hold
}

// take finds a slot for an attempt of kind k: an idle one, best with a fitting
// socket, else a new one, else that of the oldest late attempt.
func (w *Slots) take(k SocketKind) (at int32, ok bool) {
	if busy := len(w.all) - w.idle; busy >= w.limit {
		return w.takeLate()
	}
	for _, list := range [...]SocketKind{k, NoSocket} {
		if w.free[list] != 0 {
			return w.takeIdle(list), true
		}
	}
	if len(w.all) < w.limit {
		w.all = append(w.all, slot{})
		return int32(len(w.all) - 1), true
	}
	for list := range w.free {
		if w.free[list] != 0 {
			return w.takeIdle(SocketKind(list)), true
		}
	}
	return w.takeLate()
}

func (w *Slots) takeIdle(k SocketKind) int32 {
	at := w.free[k] - 1
	w.free[k] = w.all[at].next
	w.idle--
	return at
}

// takeLate takes the slot of a late attempt: the oldest of those whose hosts have
// another that listens, else the oldest.
func (w *Slots) takeLate() (at int32, ok bool) {
	switch {
	case w.spare():
		at = w.next(w.late.head - 1)
	case w.sole.head == 0 || w.hold:
		return 0, false
	default:
		at = w.sole.head - 1
	}
	w.removeLate(at)
	return at, true
}

// spare reports whether the first late attempt has another of its host behind it. It
// moves those that have none to the sole ones.
func (w *Slots) spare() bool {
	for w.late.head != 0 {
		at := w.late.head - 1
		if w.next(at) != noSlot {
			return true
		}
		w.removeLate(at)
		w.all[at].sole = true
		w.push(&w.sole, at)
	}
	return false
}

const noSlot = -1

// another reports whether a late attempt of the same host is beside one in its list.
func (w *Slots) another(at int32) bool {
	before := w.all[at].prev - 1
	return w.next(at) != noSlot || before >= 0 && w.next(before) != noSlot
}

// next is the next late attempt, if it is of the same host, else noSlot. The ports of a
// host are mostly asked one after the other.
func (w *Slots) next(at int32) int32 {
	if n := w.all[at].next - 1; n >= 0 && w.all[n].target.HostKey == w.all[at].target.HostKey {
		return n
	}
	return noSlot
}

// release makes a slot idle, with a socket of kind k left in it.
func (w *Slots) release(at int32, k SocketKind) {
	a := &w.all[at]
	if a.stage == stageLate {
		w.removeLate(at)
	}
	w.timers.clear(at)
	*a = slot{kind: k, next: w.free[k]}
	w.free[k] = at + 1
	w.idle++
}

// lateList is a first-in first-out list of slots: 1 + slot, or 0.
type lateList struct{ head, tail int32 }

// addLate makes an attempt a late one.
func (w *Slots) addLate(at int32) {
	w.all[at].stage = stageLate
	w.push(&w.late, at)
}

func (w *Slots) push(l *lateList, at int32) {
	a := &w.all[at]
	a.next, a.prev = 0, l.tail
	if a.prev != 0 {
		w.all[a.prev-1].next = at + 1
	} else {
		l.head = at + 1
	}
	l.tail = at + 1
}

func (w *Slots) removeLate(at int32) {
	a, l := &w.all[at], &w.late
	if a.sole {
		l = &w.sole
	}
	if a.prev != 0 {
		w.all[a.prev-1].next = a.next
	} else {
		l.head = a.next
	}
	if a.next != 0 {
		w.all[a.next-1].prev = a.prev
	} else {
		l.tail = a.prev
	}
	a.next, a.prev, a.sole = 0, 0, false
}

// leastSlots is below what no local error makes the slots shrink: so few are always
// possible.
const leastSlots = 8

// shrink allows fewer slots after a local error; grow allows one more.
func (w *Slots) shrink() {
	busy := len(w.all) - w.idle
	w.limit = min(w.limit, max(busy*3/4, leastSlots))
}

func (w *Slots) grow() {
	if w.limit < w.most {
		w.limit++
	}
}
