package scanner

import (
	"errors"
	"math"
	"net/netip"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// countedHosts is as many hosts as it says, from 198.18.0.0 on.
type countedHosts uint64

func (n countedHosts) Len() uint64 { return uint64(n) }

func (n countedHosts) At(i uint64) (string, netip.Addr) {
	return "", netip.AddrFrom4([4]byte{198, 18 + byte(i>>16), byte(i >> 8), byte(i)})
}

// TestPlanShards checks that shards are disjoint and together complete, from
// any position on.
func TestPlanShards(t *testing.T) {
	tcp, udp := []uint16{22, 80, 443}, []uint16{53, 161}
	for _, c := range []struct{ hosts, shards uint64 }{{1, 1}, {1, 3}, {7, 1}, {300, 4}, {2, 11}} {
		seen := make(map[Target]int)
		for shard := uint64(1); shard <= c.shards; shard++ {
			p, err := NewPlan(PlanConfig{Hosts: countedHosts(c.hosts), TCP: tcp, UDP: udp, Seed: 9, Shard: shard, Shards: c.shards})
			if err != nil {
				t.Fatal(err)
			}
			var all []Target
			for target := range p.Targets(0) {
				seen[target]++
				all = append(all, target)
			}
			if uint64(len(all)) != p.Len() {
				t.Errorf("%v: shard %d says %d targets and has %d", c, shard, p.Len(), len(all))
			}
			half := p.Len() / 2
			var rest []Target
			for target := range p.Targets(half) {
				rest = append(rest, target)
			}
			same := func(a, b netip.AddrPort) bool { return a == b }
			if d := cmp.Diff(all[half:], rest, cmp.Comparer(same)); d != "" {
				t.Errorf("%v: from position %d on (-want +got):\n%s", c, half, d)
			}
		}
		if want := int(c.hosts) * 5; len(seen) != want {
			t.Errorf("%v: %d targets, want %d", c, len(seen), want)
		}
		for target, n := range seen {
			if n != 1 {
				t.Errorf("%v: %v comes %d times", c, target, n)
			}
		}
	}
}

func TestPlanOrder(t *testing.T) {
	ports := make([]uint16, mostInOrder+1)
	for i := range ports {
		ports[i] = uint16(i + 1)
	}
	for _, c := range []struct {
		hosts   countedHosts
		ports   int
		inOrder bool
	}{{1, mostInOrder, true}, {1, mostInOrder + 1, false}, {2, 100, false}} {
		p, err := NewPlan(PlanConfig{Hosts: c.hosts, TCP: ports[:c.ports], Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		inOrder, last := true, uint16(0)
		for target := range p.Targets(0) {
			inOrder = inOrder && target.Addr.Port() >= last
			last = target.Addr.Port()
		}
		if inOrder != c.inOrder {
			t.Errorf("%d hosts with %d ports: in port order is %v, want %v", c.hosts, c.ports, inOrder, c.inOrder)
		}
	}
}

func TestPlanRefuses(t *testing.T) {
	for _, c := range []struct{ hosts, shard, shards uint64 }{{1, 0, 2}, {1, 3, 2}, {1, 1, 0}, {math.MaxUint64, 1, 1}} {
		if _, err := NewPlan(PlanConfig{Hosts: countedHosts(c.hosts), TCP: []uint16{1, 2}, Shard: c.shard, Shards: c.shards}); !errors.Is(err, ErrBadPlan) {
			t.Errorf("%+v: error %v, want %v", c, err, ErrBadPlan)
		}
	}
}

// TestPlanMemory checks that a /8 with a thousand ports costs kilobytes.
func TestPlanMemory(t *testing.T) {
	ports := make([]uint16, 1000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p, err := NewPlan(PlanConfig{Hosts: countedHosts(1 << 24), TCP: ports, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for range p.Targets(0) {
		if n++; n == 100_000 {
			break
		}
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<10 {
		t.Errorf("planning and walking 100,000 targets allocated %d bytes, want at most 64 KiB", used)
	}
}
