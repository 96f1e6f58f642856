package scanjob

import (
	"testing"
)

// TestLiving holds that the addresses that are alive are found by their number,
// however they are spread, and take a few bytes each.
func TestLiving(t *testing.T) {
	c := config(t, "10.0.0.0/10", "1")
	j := prepare(t, c, newFakeNetwork())
	order, err := j.discoveryOrder(j.sets[0])
	if err != nil {
		t.Fatal(err)
	}
	l := &aliveHosts{order: order}
	var want []uint64
	for i := uint64(0); i < order.Len(); i = i*3/2 + 7 {
		want = append(want, i)
	}
	for _, i := range want {
		l.add(i ^ 1)
	}
	l.arrange()
	if l.Len() != uint64(len(want)) {
		t.Fatalf("%d alive, want %d", l.Len(), len(want))
	}
	for k, i := range want {
		if _, addr := l.At(uint64(k)); addr != order.At(i^1).Addr.Addr() {
			t.Errorf("number %d is %v, want that at %d", k, addr, i^1)
		}
	}
}
