package schedule

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestWheel compares the wheel with a plain map over a long random life.
func TestWheel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var w wheel
	due := make(map[int32]time.Duration)
	now := time.Duration(0)
	for range 20_000 {
		switch r.IntN(4) {
		case 0, 1:
			id := int32(r.IntN(500))
			after := time.Duration(r.IntN(1000)) * time.Millisecond
			if r.IntN(20) == 0 {
				after = time.Duration(r.IntN(20_000)) * time.Millisecond // beyond the wheel
			}
			due[id] = now + after + time.Duration(r.IntN(1_000_000))
			w.set(id, due[id])
		case 2:
			id := int32(r.IntN(600))
			w.clear(id)
			delete(due, id)
		case 3:
			now += time.Duration(r.IntN(30_000)) * time.Microsecond
			for id, ok := w.pop(now); ok; id, ok = w.pop(now) {
				if at, armed := due[id]; !armed || at > now {
					t.Fatalf("%d fired at %v, due %v, armed %v", id, now, at, armed)
				}
				delete(due, id)
			}
			for id, at := range due {
				if at+2*wheelTick < now {
					t.Fatalf("%d, due %v, did not fire by %v", id, at, now)
				}
			}
		}
		at, ok := w.next()
		if ok != (len(due) > 0) || w.count != len(due) {
			t.Fatalf("%d armed, want %d", w.count, len(due))
		}
		for _, d := range due {
			if at > max(d, now)+2*wheelTick {
				t.Fatalf("the next is said to be due at %v, but one is at %v", at, d)
			}
		}
	}
}

func BenchmarkWheel(b *testing.B) {
	var w wheel
	b.ReportAllocs()
	now := time.Duration(0)
	for i := 0; b.Loop(); i++ {
		now += time.Microsecond
		w.set(int32(i%1000), now+300*time.Millisecond)
		w.pop(now)
	}
}
