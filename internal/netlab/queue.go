package netlab

import (
	"math/rand/v2"
	"time"
)

// queueLimit is how many packets may be on the way in one direction: a second
// of more than any scanner here can send.
const queueLimit = 1 << 18

// packet is an IP packet on its way.
type packet struct {
	due  time.Duration // on the relay's clock
	data []byte
}

// fate is what a queue does with a packet.
type fate uint8

const (
	carried   fate = iota // arrives after the delay
	heldBack              // arrives later than that
	lost                  // never arrives
	overflown             // does not fit
)

// queue is one direction of the link, without the sockets: packets go in with
// the time of their arrival and come out in the order of their due times. A
// constant delay keeps their order, so they wait in a ring; those that are
// held back wait in a heap.
type queue struct {
	delay, reorderBy time.Duration
	loss, reorder    float64
	rng              *rand.Rand
	limit            int

	perPacket, buffer time.Duration // time of one packet on a slow line; 0 for none
	busy              time.Duration // the line has work until then

	punctual ring
	held     heap
	spare    [][]byte // buffers to use again
}

// newQueue returns the queue of a direction. Directions differ in the packets
// that they lose.
func newQueue(cfg Config, direction uint64) *queue {
	q := &queue{
		delay: cfg.Delay, reorderBy: cfg.ReorderBy,
		loss: cfg.Loss, reorder: cfg.Reorder,
		rng:   rand.New(rand.NewPCG(cfg.Seed, direction)),
		limit: queueLimit,
	}
	if direction == toTarget && cfg.Uplink > 0 {
		q.perPacket, q.buffer = time.Duration(float64(time.Second)/cfg.Uplink), cfg.Buffer
	}
	return q
}

// toTarget is the direction that [Config.Uplink] slows down.
const toTarget = 0

// push takes a copy of data, which arrived now, and says what becomes of it.
func (q *queue) push(now time.Duration, data []byte) fate {
	if q.loss > 0 && q.rng.Float64() < q.loss {
		return lost
	}
	if q.busy = max(q.busy, now); q.len() >= q.limit || q.busy-now > q.buffer {
		return overflown
	}
	q.busy += q.perPacket
	p := packet{due: q.busy + q.delay, data: q.copy(data)}
	if q.reorder > 0 && q.rng.Float64() < q.reorder {
		p.due += 1 + time.Duration(q.rng.Int64N(int64(q.reorderBy)))
		q.held.push(p)
		return heldBack
	}
	q.punctual.push(p)
	return carried
}

func (q *queue) len() int { return q.punctual.n + len(q.held) }

// next returns the packet that is due first and that time, or false if the
// queue is empty. It stays in the queue.
func (q *queue) next() (packet, bool) {
	switch {
	case q.len() == 0:
		return packet{}, false
	case q.heldFirst():
		return q.held[0], true
	default:
		return q.punctual.first(), true
	}
}

// drop takes the packet that next returned out of a queue that is not empty,
// and its buffer back.
func (q *queue) drop() {
	if q.heldFirst() {
		q.spare = append(q.spare, q.held.pop().data)
	} else {
		q.spare = append(q.spare, q.punctual.pop().data)
	}
}

func (q *queue) heldFirst() bool {
	return len(q.held) > 0 && (q.punctual.n == 0 || q.held[0].due < q.punctual.first().due)
}

// copy puts data into a buffer that was used before, if there is one. Probes
// are small, so buffers start small and grow with what they have to hold.
func (q *queue) copy(data []byte) []byte {
	var buf []byte
	if n := len(q.spare); n > 0 {
		buf, q.spare = q.spare[n-1], q.spare[:n-1]
	} else {
		buf = make([]byte, 0, 96)
	}
	return append(buf[:0], data...)
}

// ring is a first-in, first-out buffer that grows; len(slots) is a power of 2.
type ring struct {
	slots []packet
	head  int
	n     int
}

func (r *ring) push(p packet) {
	if r.n == len(r.slots) {
		grown := make([]packet, max(64, 2*len(r.slots)))
		k := copy(grown, r.slots[r.head:])
		copy(grown[k:], r.slots[:r.head])
		r.slots, r.head = grown, 0
	}
	r.slots[(r.head+r.n)&(len(r.slots)-1)] = p
	r.n++
}

func (r *ring) first() packet { return r.slots[r.head] }

func (r *ring) pop() packet {
	p := r.slots[r.head]
	r.head = (r.head + 1) & (len(r.slots) - 1)
	r.n--
	return p
}

// heap is a binary heap with the packet that is due first at its root.
type heap []packet

func (h *heap) push(p packet) {
	s := append(*h, p)
	for i := len(s) - 1; i > 0; {
		parent := (i - 1) / 2
		if s[parent].due <= s[i].due {
			break
		}
		s[parent], s[i] = s[i], s[parent]
		i = parent
	}
	*h = s
}

func (h *heap) pop() packet {
	s := *h
	top, last := s[0], len(s)-1
	s[0] = s[last]
	s = s[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			break
		}
		if right := child + 1; right < last && s[right].due < s[child].due {
			child = right
		}
		if s[i].due <= s[child].due {
			break
		}
		s[i], s[child] = s[child], s[i]
		i = child
	}
	*h = s
	return top
}
