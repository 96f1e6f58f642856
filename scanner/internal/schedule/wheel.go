package schedule

import (
	"math/bits"
	"time"
)

// wheelTick is the wheel's resolution and wheelSlots its length; together
// they reach 4 s ahead. What is due later waits in the farthest slot and is
// put back when its turn comes.
const (
	wheelTick  = time.Millisecond
	wheelSlots = 4096
)

// wheel is a timing wheel over small integer ids. Setting, clearing and
// firing cost O(1) each and allocate only when a higher id than ever before
// is set. It fires up to one tick late and never early.
type wheel struct {
	heads [wheelSlots]int32 // 1 + the first id of each slot, 0 for none
	used  [wheelSlots / 64]uint64
	links []wheelLink
	tick  int64 // every slot before this tick is empty
	count int
}

type wheelLink struct {
	due        time.Duration
	slot       int32 // 1 + the slot the id is in, 0 for none
	next, prev int32 // 1 + id, 0 for none
}

// set arms id for due, replacing what it was armed for.
func (w *wheel) set(id int32, due time.Duration) {
	for int(id) >= len(w.links) {
		w.links = append(w.links, wheelLink{})
	}
	w.clear(id)
	w.links[id].due = due
	w.insert(id)
}

func (w *wheel) insert(id int32) {
	tick := max(int64(w.links[id].due/wheelTick), w.tick)
	tick = min(tick, w.tick+wheelSlots-1)
	slot := tick % wheelSlots
	l := &w.links[id]
	l.slot, l.prev, l.next = int32(slot)+1, 0, w.heads[slot]
	if l.next != 0 {
		w.links[l.next-1].prev = id + 1
	}
	w.heads[slot] = id + 1
	w.used[slot/64] |= 1 << (slot % 64)
	w.count++
}

// clear disarms id; an id that is not armed is left alone.
func (w *wheel) clear(id int32) {
	if int(id) >= len(w.links) || w.links[id].slot == 0 {
		return
	}
	l := &w.links[id]
	slot := l.slot - 1
	if l.next != 0 {
		w.links[l.next-1].prev = l.prev
	}
	if l.prev != 0 {
		w.links[l.prev-1].next = l.next
	} else {
		w.heads[slot] = l.next
		if l.next == 0 {
			w.used[slot/64] &^= 1 << (slot % 64)
		}
	}
	l.slot = 0
	w.count--
}

// pop disarms and returns one id that is due at now.
func (w *wheel) pop(now time.Duration) (id int32, ok bool) {
	limit := int64(now / wheelTick)
	for w.count > 0 {
		tick := w.nextTick()
		if tick >= limit {
			break
		}
		w.tick = tick
		id := w.heads[tick%wheelSlots] - 1
		w.clear(id)
		if int64(w.links[id].due/wheelTick) <= tick {
			return id, true
		}
		w.tick++ // keeps an id that is due much later from landing in the slot it just left
		w.insert(id)
	}
	w.tick = max(w.tick, limit)
	return 0, false
}

// next is the earliest time at which pop may return an id.
func (w *wheel) next() (at time.Duration, ok bool) {
	if w.count == 0 {
		return 0, false
	}
	return time.Duration(w.nextTick()+1) * wheelTick, true
}

// nextTick is the tick of the first slot in use. The wheel must not be empty.
func (w *wheel) nextTick() int64 {
	from := w.tick % wheelSlots
	word := from / 64
	set := w.used[word] &^ (1<<(from%64) - 1)
	for n := int64(0); ; n++ {
		if set != 0 {
			slot := word*64 + int64(bits.TrailingZeros64(set))
			return w.tick + (slot-from+wheelSlots)%wheelSlots
		}
		word = (word + 1) % int64(len(w.used))
		set = w.used[word]
		if n >= int64(len(w.used)) {
			return w.tick // not reached while count > 0
		}
	}
}
