package scanner

import (
	"math"
	"math/bits"
)

// permuteRounds is more than enough to hide order. It is no cipher.
const permuteRounds = 6

// permutation is a seeded order of the numbers below n, computed from an index
// in constant memory: a Feistel network on a grid of a by b cells, just large
// enough for n (Black and Rogaway, Ciphers with Arbitrary Finite Domains, 2002).
// The few cells that are left over are walked past.
type permutation struct {
	n, a, b uint64
	keys    [permuteRounds]uint64
}

func newPermutation(n, seed uint64) permutation {
	a := max(1, uint64(math.Sqrt(float64(n))))
	p := permutation{n: n, a: a}
	if n > 0 {
		p.b = (n-1)/a + 1
	}
	for i := range p.keys {
		seed += 0x9e3779b97f4a7c15 // the increment of SplitMix64
		p.keys[i] = mix(seed)
	}
	return p
}

// at is the i-th number of the order; i must be below n. No two are the same.
func (p *permutation) at(i uint64) uint64 {
	for {
		i = p.shuffle(i)
		if i < p.n {
			return i
		}
	}
}

// shuffle maps the cells of the grid to each other, one to one.
func (p *permutation) shuffle(i uint64) uint64 {
	x, y := i%p.a, i/p.a
	for r := 0; r < permuteRounds; r += 2 {
		x = addBelow(x, mix(y^p.keys[r]), p.a)
		y = addBelow(y, mix(x^p.keys[r+1]), p.b)
	}
	return y*p.a + x
}

// addBelow adds to x, which is below n, a number below n that hash decides, and
// stays below n.
func addBelow(x, hash, n uint64) uint64 {
	step, _ := bits.Mul64(hash, n)
	if x += step; x >= n || x < step {
		x -= n
	}
	return x
}

// mix spreads every bit of x over the result: the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
