package scanner

import "time"

// stage is where an attempt stands.
type stage uint8

const (
	stageIdle    stage = iota // no attempt; the place may keep a socket for reuse
	stageInside               // taken to be in the network
	stageOverdue              // past its transit time, before its deadline
	stageLate                 // past its deadline, while its socket still listens
)

// kind says which socket an attempt needs. A socket serves one kind.
type kind uint8

const (
	kindBare kind = iota // no socket yet
	kindTCP4
	kindTCP6
	kindUDP4
	kindUDP6
	kindCount
)

// berth is one socket's place, and the attempt that occupies it.
type berth struct {
	peer       *peer
	start      time.Duration
	inquiry    int32
	gen        uint32 // of the inquiry, to notice that it has its verdict
	next, prev int32  // 1 + place, in the list of idle or of late ones
	stage      stage
	kind       kind  // of the socket
	nth        uint8 // how many attempts in a row it makes without an answer
}

// berths are one worker's places for sockets: which are free, which attempt
// occupies the others, and when each wants attention. No place is used by two
// workers, so a worker that has read all its events may judge silence.
type berths struct {
	all    []berth
	free   [kindCount]int32 // 1 + first idle place, by the kind of its socket
	idle   int              // places in those lists
	timers wheel
	late   struct{ head, tail int32 } // 1 + place, oldest first

	limit int // places this machine allows; moves between leastBerths and most
	most  int
}

// room reports whether take would find a place.
func (b *berths) room() bool {
	return len(b.all)-b.idle < b.limit || b.late.head != 0
}

// take finds a place for an attempt of kind k: an idle one, best with a
// fitting socket, else a new one, else that of the oldest late attempt.
func (b *berths) take(k kind) (place int32, ok bool) {
	if busy := len(b.all) - b.idle; busy >= b.limit {
		return b.steal()
	}
	for _, list := range [...]kind{k, kindBare} {
		if b.free[list] != 0 {
			return b.unlist(list), true
		}
	}
	if len(b.all) < b.limit {
		b.all = append(b.all, berth{})
		return int32(len(b.all) - 1), true
	}
	for list := range b.free {
		if b.free[list] != 0 {
			return b.unlist(kind(list)), true
		}
	}
	return b.steal()
}

func (b *berths) unlist(k kind) int32 {
	place := b.free[k] - 1
	b.free[k] = b.all[place].next
	b.idle--
	return place
}

// steal takes the place of the attempt that is late for the longest time.
func (b *berths) steal() (place int32, ok bool) {
	if b.late.head == 0 {
		return 0, false
	}
	place = b.late.head - 1
	b.unlate(place)
	return place, true
}

// release makes a place idle, with a socket of kind k left in it.
func (b *berths) release(place int32, k kind) {
	a := &b.all[place]
	if a.stage == stageLate {
		b.unlate(place)
	} else {
		b.timers.clear(place)
	}
	*a = berth{kind: k, next: b.free[k]}
	b.free[k] = place + 1
	b.idle++
}

// toLate puts an attempt at the end of the late ones.
func (b *berths) toLate(place int32) {
	a := &b.all[place]
	a.stage, a.next, a.prev = stageLate, 0, b.late.tail
	if a.prev != 0 {
		b.all[a.prev-1].next = place + 1
	} else {
		b.late.head = place + 1
	}
	b.late.tail = place + 1
}

func (b *berths) unlate(place int32) {
	a := &b.all[place]
	if a.prev != 0 {
		b.all[a.prev-1].next = a.next
	} else {
		b.late.head = a.next
	}
	if a.next != 0 {
		b.all[a.next-1].prev = a.prev
	} else {
		b.late.tail = a.prev
	}
	a.next, a.prev = 0, 0
}

// leastBerths is what no local error shrinks below: so few are not what this
// machine runs short by.
const leastBerths = 8

// shrink and grow follow what this machine allows.
func (b *berths) shrink() {
	busy := len(b.all) - b.idle
	b.limit = min(b.limit, max(busy*3/4, leastBerths))
}

func (b *berths) grow() {
	if b.limit < b.most {
		b.limit++
	}
}
