package scanner

import "testing"

func FuzzPermutation(f *testing.F) {
	for _, n := range []uint64{1, 2, 3, 4, 15, 16, 17, 1000, 65535, 65536} {
		f.Add(n, n*7)
	}
	f.Fuzz(func(t *testing.T, n, seed uint64) {
		n = n%(1<<17) + 1
		p := newPermutation(n, seed)
		seen := make([]bool, n)
		for i := range n {
			x := p.at(i)
			if x >= n || seen[x] {
				t.Fatalf("n %d, seed %d: position %d holds %d, which is too large or was there before", n, seed, i, x)
			}
			seen[x] = true
		}
	})
}

// TestPermutationLarge looks at domains that cannot be walked: neighbours stay
// within the domain and apart, and the walk past spare cells stays short.
func TestPermutationLarge(t *testing.T) {
	for _, n := range []uint64{1<<24*1000 + 1, 1<<48 - 1, 1 << 48, 1<<63 - 1} {
		p := newPermutation(n, 42)
		if spare := p.a*p.b - n; spare >= p.a {
			t.Errorf("n %d: %d spare cells, want less than a row of %d", n, spare, p.a)
		}
		seen := make(map[uint64]bool)
		for i := range uint64(1000) {
			for _, at := range []uint64{i, n - 1 - i, n/2 + i} {
				x := p.at(at)
				if x >= n || seen[x] {
					t.Fatalf("n %d: position %d holds %d, which is too large or was there before", n, at, x)
				}
				seen[x] = true
			}
		}
	}
}

// TestPermutationSpreads checks what the order is for: the probes of one host
// are not in a row, and seeds differ.
func TestPermutationSpreads(t *testing.T) {
	const hosts, window = 256, 64
	p, q := newPermutation(hosts*400, 1), newPermutation(hosts*400, 2)
	most, same := 0, 0
	for from := uint64(0); from < hosts*400; from += window {
		counts := make(map[uint64]int)
		for i := from; i < min(from+window, hosts*400); i++ {
			counts[p.at(i)%hosts]++
			most = max(most, counts[p.at(i)%hosts])
			if p.at(i) == q.at(i) {
				same++
			}
		}
	}
	if most > 8 {
		t.Errorf("%d of %d probes in a row go to one host", most, window)
	}
	if same > 20 {
		t.Errorf("two seeds agree at %d positions", same)
	}
}

func BenchmarkPermutation(b *testing.B) {
	p := newPermutation(1<<24*1000, 1)
	b.ReportAllocs()
	var i, sum uint64
	for b.Loop() {
		sum += p.at(i)
		i++
	}
	_ = sum
}
