package netlab

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestQueueKeepsOrderAndDelay(t *testing.T) {
	q := newQueue(Config{Delay: 10 * time.Millisecond}, 0)
	const count = 1000
	taken := 0
	for i := range count {
		if got := q.push(time.Duration(i), fmt.Append(nil, i)); got != carried {
			t.Fatalf("packet %d: fate %v", i, got)
		}
		if i%3 == 0 { // a ring that never empties and wraps around
			expectNext(t, q, taken)
			taken++
		}
	}
	for ; taken < count; taken++ {
		expectNext(t, q, taken)
	}
	if _, ok := q.next(); ok || q.len() != 0 {
		t.Errorf("%d packets left", q.len())
	}
}

func expectNext(t *testing.T, q *queue, i int) {
	t.Helper()
	p, ok := q.next()
	if !ok || p.due != time.Duration(i)+10*time.Millisecond || string(p.data) != fmt.Sprint(i) {
		t.Fatalf("packet %d: got %v due %v, %v", i, string(p.data), p.due, ok)
	}
	q.drop()
}

func TestQueueLosesItsShare(t *testing.T) {
	const count = 100_000
	losses := func(seed, direction uint64) (which []int) {
		q := newQueue(Config{Loss: 0.03, Seed: seed}, direction)
		for i := range count {
			if q.push(0, nil) == lost {
				which = append(which, i)
			}
		}
		return which
	}
	first := losses(1, 0)
	// The standard deviation of the share is 0.00054.
	if share := float64(len(first)) / count; math.Abs(share-0.03) > 0.003 {
		t.Errorf("lost a share of %v, not of 0.03", share)
	}
	if !slices.Equal(first, losses(1, 0)) {
		t.Error("the same seed lost other packets")
	}
	if slices.Equal(first, losses(2, 0)) {
		t.Error("another seed lost the same packets")
	}
	if slices.Equal(first, losses(1, 1)) {
		t.Error("the other direction lost the same packets")
	}
	for _, c := range []struct {
		loss float64
		want fate
	}{{0, carried}, {1, lost}} {
		q := newQueue(Config{Loss: c.loss}, 0)
		for range 1000 {
			if got := q.push(0, nil); got != c.want {
				t.Fatalf("loss %v: fate %v", c.loss, got)
			}
		}
	}
}

func TestQueueIsBounded(t *testing.T) {
	q := newQueue(Config{}, 0)
	q.limit = 3
	for i, want := range []fate{carried, carried, carried, overflown, overflown} {
		if got := q.push(0, nil); got != want {
			t.Errorf("packet %d: fate %v, want %v", i, got, want)
		}
	}
	q.drop()
	if got := q.push(0, nil); got != carried {
		t.Errorf("after one left: fate %v", got)
	}
}

// TestQueueAgainstModel compares the queue with a slice that is sorted before
// each look, over random arrivals and departures.
func TestQueueAgainstModel(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 0))
		cfg := Config{
			Delay: time.Duration(rng.IntN(50)), Reorder: rng.Float64(),
			ReorderBy: time.Duration(1 + rng.IntN(50)), Loss: rng.Float64() / 2, Seed: seed,
		}
		q := newQueue(cfg, 0)
		var model []packet
		now := time.Duration(0)
		for serial := range 2000 {
			now += time.Duration(rng.IntN(3))
			data := fmt.Appendf(nil, "%d %s", serial, bytes.Repeat([]byte{'x'}, rng.IntN(200)))
			before := q.len()
			fate := q.push(now, data)
			if (fate == lost) != (q.len() == before) {
				t.Fatalf("seed %d: fate %v, but length %d became %d", seed, fate, before, q.len())
			}
			if fate != lost {
				model = append(model, packet{due: dueOf(t, q, fate, data, now+cfg.Delay), data: data})
			}
			for range rng.IntN(3) {
				model = departOne(t, q, model)
			}
		}
		for len(model) > 0 {
			model = departOne(t, q, model)
		}
		if q.len() != 0 {
			t.Fatalf("seed %d: %d packets too many", seed, q.len())
		}
	}
}

// dueOf finds when the packet that was just pushed is due, and checks it
// against the time at which it is punctual.
func dueOf(t *testing.T, q *queue, f fate, data []byte, punctual time.Duration) time.Duration {
	t.Helper()
	if f == carried {
		return punctual
	}
	at := slices.IndexFunc(q.held, func(p packet) bool { return bytes.Equal(p.data, data) })
	if at < 0 {
		t.Fatalf("%q is not among those that are held back", data)
	}
	due := q.held[at].due
	if due <= punctual || due > punctual+q.reorderBy {
		t.Fatalf("held back by %v, not within (0, %v]", due-punctual, q.reorderBy)
	}
	return due
}

// departOne takes one packet from both queue and model, which must agree on
// its due time, and the model must know its content.
func departOne(t *testing.T, q *queue, model []packet) []packet {
	t.Helper()
	got, ok := q.next()
	if ok != (len(model) > 0) {
		t.Fatalf("queue has a packet: %v, model has %d", ok, len(model))
	}
	if !ok {
		return model
	}
	earliest := slices.MinFunc(model, func(a, b packet) int { return cmp.Compare(a.due, b.due) }).due
	at := slices.IndexFunc(model, func(p packet) bool { return p.due == got.due && bytes.Equal(p.data, got.data) })
	if got.due != earliest || at < 0 {
		t.Fatalf("got a packet due %v (known: %v), want one due %v", got.due, at >= 0, earliest)
	}
	q.drop()
	return slices.Delete(model, at, at+1)
}

func BenchmarkQueue(b *testing.B) {
	q := newQueue(Config{Delay: 4096, Loss: .03, Reorder: .1, ReorderBy: 1000}, 0)
	data := make([]byte, 60)
	for i := range b.N {
		now := time.Duration(i)
		q.push(now, data)
		for p, ok := q.next(); ok && p.due <= now; p, ok = q.next() {
			q.drop()
		}
	}
}

// TestQueueUplink has packets come at once to a slow line: they leave at its speed,
// and those that would wait too long are dropped.
func TestQueueUplink(t *testing.T) {
	cfg := Config{Delay: 10 * time.Millisecond, Uplink: 1000, Buffer: 100 * time.Millisecond}
	q := newQueue(cfg, toTarget)
	var dropped int
	for range 500 {
		if q.push(0, nil) == overflown {
			dropped++
		}
	}
	for i := range 500 - dropped {
		want := time.Duration(i+1)*time.Millisecond + cfg.Delay
		if p, ok := q.next(); !ok || p.due != want {
			t.Fatalf("packet %d is due at %v, want %v", i, p.due, want)
		}
		q.drop()
	}
	if dropped != 399 {
		t.Errorf("%d were dropped, want all but what 100 ms hold", dropped)
	}
	if q.push(time.Second, nil); q.punctual.first().due != time.Second+time.Millisecond+cfg.Delay {
		t.Errorf("a free line lets a packet leave at %v", q.punctual.first().due)
	}
	if back := newQueue(cfg, 1); back.push(0, nil) != carried || back.punctual.first().due != cfg.Delay {
		t.Error("the way back is slow, too")
	}
}
