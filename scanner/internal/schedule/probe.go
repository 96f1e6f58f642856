package schedule

import "time"

// probe is one target on its way to a verdict. Several attempts may be made for
// it, and an early one may still be answered while a later one is out.
type probe struct {
	host     *host
	first    time.Duration // when the first attempt left
	timedOut time.Duration // when the last attempt that timed out had left
	short    time.Duration // since when a shortage keeps its attempts from leaving; 0 if none does
	next     int32         // 1 + the next probe in the same queue; 0 for none
	gen      uint32        // tells this use of the record from earlier ones
	port     uint16
	epoch    uint16 // the host's epoch in which timeouts was counted
	tries    uint16 // attempts made
	timeouts uint16 // attempts in a row that timed out in this epoch
	early    uint16 // of those, the ones that left before the path was known to be the limit
	errors   uint16 // attempts that a local error kept from leaving
	rejected uint8  // attempts that a firewall rejected
	queued   bool
	done     bool // it got its verdict while it waits in a queue
	last     bool // its next attempt is the last, slow one
}

// sentTries is how many attempts left this machine, or are about to.
func (pr *probe) sentTries() uint16 { return pr.tries - pr.errors }

// probes is an arena of probe records, reused through a free list.
type probes struct {
	all  []probe
	free int32 // 1 + the first free record
	live int   // records in use
}

func (ps *probes) get(h *host, port uint16) int32 {
	id := ps.free - 1
	if id < 0 {
		ps.all = append(ps.all, probe{})
		id = int32(len(ps.all) - 1)
	} else {
		ps.free = ps.all[id].next
	}
	ps.all[id] = probe{host: h, port: port, gen: ps.all[id].gen + 1, epoch: h.epoch}
	ps.live++
	h.live++
	return id
}

// put frees a record. One that waits in a queue is freed when it is taken out.
func (ps *probes) put(id int32) {
	pr := &ps.all[id]
	if pr.queued {
		pr.done = true
		return
	}
	pr.host.live--
	pr.host = nil
	pr.gen++
	pr.next, ps.free = ps.free, id+1
	ps.live--
}

// pending reports whether a probe has no verdict yet; gen tells it from others that used
// the record.
func (ps *probes) pending(id int32, gen uint32) bool {
	pr := &ps.all[id]
	return pr.gen == gen && !pr.done
}

// queue is a first-in first-out list of probes, linked through their records.
type queue struct {
	head, tail int32 // 1 + id; 0 for none
}

func (q *queue) empty() bool { return q.head == 0 }

// push puts a probe at the end, unless it waits in a queue already. That can be if a
// late answer has it asked again.
func (q *queue) push(ps *probes, id int32) {
	pr := &ps.all[id]
	if pr.queued {
		return
	}
	pr.queued, pr.next = true, 0
	if q.tail != 0 {
		ps.all[q.tail-1].next = id + 1
	} else {
		q.head = id + 1
	}
	q.tail = id + 1
}

// pushFront puts a probe before all others, unless it waits already.
func (q *queue) pushFront(ps *probes, id int32) {
	if q.head == 0 {
		q.push(ps, id)
		return
	}
	pr := &ps.all[id]
	if pr.queued {
		return
	}
	pr.queued, pr.next = true, q.head
	q.head = id + 1
}

// pop takes the first probe that still wants an attempt.
func (q *queue) pop(ps *probes) (id int32, ok bool) {
	for q.head != 0 {
		id := q.head - 1
		pr := &ps.all[id]
		if q.head = pr.next; q.head == 0 {
			q.tail = 0
		}
		pr.queued = false
		if !pr.done {
			return id, true
		}
		ps.put(id)
	}
	return 0, false
}
