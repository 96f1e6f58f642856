package schedule

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestShares asks addresses of which one of 10 answers, twice as many a second in each
// step. Where the line takes 2,000 a second and drops the rest, that is found out. Where
// it takes all, no limit is suspected, whatever chance does, or how many get lost.
func TestShares(t *testing.T) {
	const alive, takes, step, seeds = 1.0 / 10, 2000.0, 200 * time.Millisecond, 200
	for _, c := range []struct {
		name        string
		limited     bool
		loss        float64
		least, most int // in how many runs the limit is found, or any where there is none
	}{
		{"a line that drops", true, 0, seeds * 9 / 10, seeds},
		{"no limit", false, 0, 0, seeds / 100},
		{"no limit, 19% loss", false, 0.19, 0, seeds / 100},
	} {
		found := 0
		for seed := range uint64(seeds) {
			r := rand.New(rand.NewPCG(seed, 3))
			var s shares
			limit := 0.0
			for i, rate := range []float64{1000, 2000, 4000, 8000, 16000, 32000} {
				through := 1 - c.loss
				if c.limited {
					through *= min(1, takes/rate)
				}
				attempts := int(rate * step.Seconds())
				for k := range attempts {
					now := time.Duration(i)*step + step*time.Duration(k)/time.Duration(attempts)
					first := k%6 == 0 // six ports at each address
					s.enter(now, first)
					if first && r.Float64() < alive && r.Float64() < through {
						s.answered(now+20*time.Millisecond, now)
					}
				}
				s.ripen(time.Duration(i) * step)
				if at, odds := s.limit(); odds > certainShare {
					limit = at
				}
			}
			s.ripen(2 * time.Second)
			if at, odds := s.limit(); odds > certainShare {
				limit = at
			}
			if limit > 0 && (!c.limited || limit > takes/4 && limit < takes*4) {
				found++
			}
		}
		t.Logf("%s: the limit is found in %d of %d runs", c.name, found, seeds)
		if found < c.least || found > c.most {
			t.Errorf("%s: the limit is found in %d of %d runs, want %d to %d", c.name, found, seeds, c.least, c.most)
		}
	}
}

// TestSharesLoss has ports answer that were asked twice. Where more first attempts got
// lost the faster they left, the path is the limit; where as many got lost at any rate,
// it is not. That an attempt got lost may be known seconds later.
func TestSharesLoss(t *testing.T) {
	for _, c := range []struct {
		name string
		lost [2]int // of 20 at 1,000 a second, and of 20 at 16,000
		late bool
		want bool
	}{
		{"more when faster", [2]int{1, 16}, false, true},
		{"more when faster, known later", [2]int{1, 16}, true, true},
		{"at any rate", [2]int{6, 7}, false, false},
		{"none", [2]int{0, 0}, false, false},
	} {
		var s shares
		for i, rate := range []int{1000, 16000} {
			began := time.Duration(i) * batchTime
			for range rate / 40 {
				s.enter(began, false)
			}
			for range 20 - c.lost[i] {
				s.arrived(began)
			}
		}
		if c.late {
			s.ripen(2 * time.Second)
		}
		for i := range c.lost {
			for range c.lost[i] {
				s.lost(time.Duration(i) * batchTime)
			}
		}
		s.ripen(2 * time.Second)
		if _, odds := s.limit(); (odds > certainShare) != c.want {
			t.Errorf("%s: the odds for a limit are %.1f", c.name, odds)
		}
	}
}
