package schedule

import "math"

// missOdds is how likely an answering port may be taken for a silent one, given
// the measured loss.
const missOdds = 1e-7

// mostAttempts bounds what loss can ask for: it is enough for a path that loses
// two of three.
const mostAttempts = 40

// That many answers, and silent ports asked again, show that next to nothing is
// lost.
const (
	enoughAnswers = 200
	enoughAgain   = 100
)

// loss estimates how many attempts (or their answers) get lost on the way, from
// ports that did answer: one answered at its third attempt lost two of three.
// Silent ports say nothing about loss.
type loss struct {
	tried, lost float64
	again       int     // attempts after a silent one
	before      float64 // the rate until the host was slowed down
}

// answered notes a port that answered its n-th attempt.
func (l *loss) answered(n int) {
	l.tried += float64(n)
	l.lost += float64(n - 1)
}

func (l *loss) rate() float64 {
	if l.tried == 0 {
		return 0
	}
	return l.lost / l.tried
}

// attempts is how many silent attempts in a row make silence the verdict, if no
// less than a share of them gets lost.
func (l *loss) attempts(least float64) int {
	p := max(l.rate(), least)
	if l.tried < enoughAnswers {
		p = max(p, l.before)
	}
	if p <= 0 {
		return 1
	}
	if p >= 1 {
		return mostAttempts
	}
	return min(int(math.Ceil(math.Log(missOdds)/math.Log(p))), mostAttempts)
}

// restart begins a new estimate, since the host is asked more slowly now. Until
// that has enough answers, the old one counts too.
func (l *loss) restart() { *l = loss{before: l.rate()} }

// doubt is how many more attempts it takes while too few answers came, or too
// few silent ports were asked again, to tell what gets lost.
func (l *loss) doubt() int {
	if l.tried < enoughAnswers || l.again < enoughAgain {
		l.again++
		return 1
	}
	return 0
}
