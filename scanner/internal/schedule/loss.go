package schedule

import "math"

// missOdds is the accepted probability that an answering port is taken for a silent
// one, given the measured loss.
const missOdds = 1e-7

// unknownOdds is the same for a port of a host that has never answered, given the loss
// of all hosts. Most such hosts do not exist, and one more attempt is made at each of
// them.
const unknownOdds = 1e-5

// sampleOdds is the same for a sample: other samples of its host make up for it.
const sampleOdds = 1e-4

// lossEvidencePath is how many lost attempts prove that the path loses packets.
const lossEvidencePath = 3

// mostAttempts bounds the attempts for loss. It is enough for a path that loses two
// of three.
const mostAttempts = 40

// Loss is known well enough after that many answers, and that many repeated attempts
// at silent ports.
const (
	answersForLoss = 200
	repeatsForLoss = 100
)

// Loss estimates how many attempts (or their answers) get lost on the way, from
// ports that did answer: one answered at its third attempt lost two of three.
// Silent ports say nothing about loss.
type Loss struct {
	tried, lost float64
	repeats     int     // repeated attempts at silent ports
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
	if l.tried < answersForLoss {
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

// attemptsFor is how many attempts it takes until all of them are lost with no more
// than the odds, if a share p gets lost.
func attemptsFor(odds, p float64) int {
	return min(int(math.Ceil(math.Log(odds)/math.Log(p))), mostAttempts)
}

// unknown is how many silent attempts in a row make silence the verdict for a host that
// has never answered, by the loss of all hosts.
func (l *Loss) unknown() int { return l.rounds(unknownOdds) }

// Samples is the same for probes of which several stand for one host.
func (l *Loss) Samples() int { return l.rounds(sampleOdds) }

func (l *Loss) rounds(odds float64) int {
	if l.lost < lossEvidencePath {
		return 1
	}
	p := l.rate()
	p += 2 * math.Sqrt(p*(1-p)/l.tried) // two standard errors more
	return attemptsFor(odds, min(p, mostTolerated))
}

// forget takes back what was learned from one host, which was not about the path.
func (l *Loss) forget(h *Loss) {
	l.tried = max(0, l.tried-h.tried)
	l.lost = max(0, l.lost-h.lost)
}

// restart begins a new estimate, since the host is asked more slowly now. Until it
// has enough answers, the old one counts too.
func (l *Loss) restart() { *l = Loss{before: l.rate()} }

// extra is how many more attempts to make at a silent port: 1 while the loss is not
// known well enough, else 0.
func (l *Loss) extra() int {
	if l.tried < answersForLoss || l.repeats < repeatsForLoss {
		l.repeats++
		return 1
	}
	return 0
}
