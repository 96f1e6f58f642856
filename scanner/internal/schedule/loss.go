package schedule

import "math"

// missOdds is how likely an answering port may be taken for a silent one, given
// the measured loss.
const missOdds = 1e-7

// unknownOdds is how likely a port of a host that has told nothing about its path
// may be taken for a silent one, given the loss that all hosts show. Most such
// hosts are not there at all, and each attempt more costs as many as they are.
const unknownOdds = 1e-5

// sampleOdds is the same for a sample, which others of its host make up for.
const sampleOdds = 1e-4

// lossEvidencePath is how many lost attempts show that the path loses.
const lossEvidencePath = 3

// mostAttempts bounds what loss can ask for: it is enough for a path that loses
// two of three.
const mostAttempts = 40

// That many answers, and silent ports asked again, show that next to nothing is
// lost.
const (
	enoughAnswers = 200
	enoughAgain   = 100
)

// Loss estimates how many attempts (or their answers) get lost on the way, from
// ports that did answer: one answered at its third attempt lost two of three.
// Silent ports say nothing about loss.
type Loss struct {
	tried, lost float64
	again       int     // attempts after a silent one
	before      float64 // the rate until the host was slowed down
}

// Answered notes a port that answered its n-th attempt.
func (l *Loss) Answered(n int) {
	l.tried += float64(n)
	l.lost += float64(n - 1)
}

func (l *Loss) rate() float64 {
	if l.tried == 0 {
		return 0
	}
	return l.lost / l.tried
}

// attempts is how many silent attempts in a row make silence the verdict, if no
// less than a share of them gets lost.
func (l *Loss) attempts(least float64) int {
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
	return attemptsFor(missOdds, p)
}

// attemptsFor is how many attempts are all lost by no more than the odds, if a
// share p of them gets lost.
func attemptsFor(odds, p float64) int {
	return min(int(math.Ceil(math.Log(odds)/math.Log(p))), mostAttempts)
}

// unknown is how many silent attempts in a row make silence the verdict for a
// host that has told nothing, by what the attempts at all hosts met.
func (l *Loss) unknown() int { return l.rounds(unknownOdds) }

// Samples is the same for questions that stand for their host with others.
func (l *Loss) Samples() int { return l.rounds(sampleOdds) }

func (l *Loss) rounds(odds float64) int {
	if l.lost < lossEvidencePath {
		return 1
	}
	p := l.rate()
	p += 2 * math.Sqrt(p*(1-p)/l.tried) // it may be that much more
	return attemptsFor(odds, min(p, mostTolerated))
}

// forget takes back what one host told, which was not about the path.
func (l *Loss) forget(h *Loss) {
	l.tried = max(0, l.tried-h.tried)
	l.lost = max(0, l.lost-h.lost)
}

// restart begins a new estimate, since the host is asked more slowly now. Until
// that has enough answers, the old one counts too.
func (l *Loss) restart() { *l = Loss{before: l.rate()} }

// doubt is how many more attempts it takes while too few answers came, or too
// few silent ports were asked again, to tell what gets lost.
func (l *Loss) doubt() int {
	if l.tried < enoughAnswers || l.again < enoughAgain {
		l.again++
		return 1
	}
	return 0
}
