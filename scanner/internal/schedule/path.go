package schedule

import (
	"math"
	"slices"
	"time"
)

const (
	firstPathWindow = 256
	mostUnanswered  = 2048 // while nobody has answered
	mostPathWindow  = 1 << 15
	leastPathWindow = 16

	attemptsToRecall = 32 // at most, for how long they stay in the network; more where it is the limit
	answersToRecall  = 64 // beyond which older ones count for less and less
	silenceToJudge   = 5  // minus the natural logarithm of the odds for it to be chance: 0.7%

	attemptsAlone = 16               // at one host, more than discovery makes in a row
	nearTransit   = firstTransit / 4 // assumed of a host that is alone
	slowStartPace = 2                // times the window in each transit, as Linux paces TCP (tcp_pacing_ss_ratio)

	samplesToJudge = 3  // answers that tell what all attempts of a round met
	samplesToTrust = 16 // answers of one host that show its own least round trip
	longestRound   = time.Second

	doubtfulDistance = 200 * time.Millisecond // round trip of the nearest host that may be a queue
	doubtfulDelay    = 100 * time.Millisecond // of any host beyond that
	cautiousWindow   = 64                     // with which to find out
	fartherAway      = 3 * standingDelay
	longQueue        = 4 * standingDelay
	notCured         = 0.75 // share of the queueing that is left with a quarter of the window

	pathBatch = time.Millisecond      // attempts leave in batches, to save turns
	pathSlack = 20 * time.Millisecond // how far attempts may catch up after a late turn
)

// path is what the attempts of all hosts share: an uplink, a VPN, a router. It is
// a congestion window over all of them, like [congestion], with three differences.
//
// Most addresses of a range never answer, and those that do may answer once. So
// a round lasts until some attempts of its own have been answered, whoever did,
// and the window grows by what they met, not by silence. When no more answers come
// where some are due, they may be queued, and the window goes back to the last one that
// answers showed to fit. Where fewer are answered the faster attempts leave, the window is
// bounded by that: see [shares].
//
// Attempts are spread over the time that one takes, so that a full window is no
// burst that fills a queue by itself.
//
// Hosts are not equally far away. What an answer took beyond the least round trip
// of any host is queueing only if it shrinks with the window: if a quarter of it
// cures nothing, the hosts that answer now are farther away, and that becomes
// what their answers are measured against.
type path struct {
	size     float64
	only     *host // the only host so far, whose own window is enough; else nil
	entered  int   // attempts so far
	inFlight int
	peak     int  // most of them at once in this round
	steady   bool // slow start is over

	hosts        rtt           // of hosts' first answers, without queueing
	least        time.Duration // what answers are measured against; 0 before any
	delay        time.Duration // queueing that even the fastest of the last answers met
	overdueDelay time.Duration // queueing that overdue answers may meet
	provenWindow float64       // the last window that answers showed to fit
	stay         time.Duration // how long attempts stay in the network, smoothed
	left         int           // attempts that this is the mean of
	due          time.Duration // when the next attempt may leave

	recent [4]time.Duration // queueing of the last answers
	delays int              // how many there were
	worst  time.Duration    // the most queueing of an answer that no later attempt's came before
	newest time.Duration    // when the last attempt left that was answered

	roundStart time.Duration
	effective  time.Duration // what leaves later meets the effect of this round's window
	samples    int           // answers to attempts of this round
	sampledAt  time.Duration // when the first of them came
	reliable   int           // of them, with a queueing delay that is known well
	trusted    int           // answers in this round, to any attempt, of hosts that are known well
	best       time.Duration // least queueing that they met
	second     time.Duration // and the second least

	recentAsked    float64       // recent attempts whose answers would tell something
	recentAnswered float64       // those of them that were answered
	answeredAt     time.Duration // the last answer
	unanswered     int           // attempts since then whose answers would tell something

	gone   int           // attempts that left the network in this round
	took   int           // and in all rounds in which the path was the limit
	rounds time.Duration // how long those were

	shares   shares
	mostRate float64 // how many attempts a second they show the path to take; 0 if nothing

	full     float64       // the window that last was too large; 0 for none
	foundAt  time.Duration // when the path was first found to be the limit, or suspected (see restartSmall)
	cutAt    time.Duration // when the window was last cut
	cutFrom  float64       // the window when it was first cut; 0 if it was not
	cutDelay time.Duration // the most queueing that it was cut for
}

func newPath() path {
	return path{size: firstPathWindow, provenWindow: firstPathWindow, stay: firstTransit}
}

// Learned is what a scan has found out about the path to its targets. The zero value is
// nothing.
type Learned struct{ path *path }

// learned is what another scan over the same path may begin with: the rate at which
// attempts could leave, as a window for attempts that are answered.
func (p *path) learned() Learned {
	if p.hosts.samples == 0 {
		return Learned{}
	}
	stay := p.hosts.smooth
	size := max(min(p.size, p.size*float64(stay)/float64(p.stay)), firstPathWindow)
	if p.foundAt > 0 {
		size = min(size, p.size)
	}
	next := path{
		size: size, provenWindow: size, stay: stay, left: attemptsToRecall, steady: p.steady,
		hosts: p.hosts, least: p.least, recentAsked: p.recentAsked, recentAnswered: p.recentAnswered,
		full: p.full, foundAt: min(p.foundAt, 1),
	}
	return Learned{&next}
}

// open reports whether an attempt may leave at now, or when to ask again; 0 for
// when one has left the network.
func (p *path) open(now time.Duration) (ok bool, again time.Duration) {
	if float64(p.inFlight) >= p.window() {
		return false, 0
	}
	if now < p.due {
		return false, max(p.due, now+pathBatch)
	}
	return true, 0
}

// window is how many attempts may be in the network at once. That of a single host
// counts once it is known to be alone, or has shown what becomes of the first.
func (p *path) window() float64 {
	if p.alone() || p.only != nil && (p.gone > 0 || p.roundStart > 0) {
		return max(p.size, p.only.window.size)
	}
	if p.overdueDelay > 0 {
		return min(p.size, p.provenWindow)
	}
	return p.size
}

// alone reports whether a single host is asked: many attempts were made at no other.
func (p *path) alone() bool { return p.only != nil && p.entered >= attemptsAlone }

// gap is the time between two attempts. A host that is alone is asked as fast as TCP
// sends in slow start: no other host pays for what gets lost, which a retry asks again.
func (p *path) gap() time.Duration {
	stay := p.stay
	if p.alone() && !p.only.window.steady {
		if p.left == 0 {
			stay = nearTransit
		}
		stay /= slowStartPace
	}
	return time.Duration(float64(stay) / p.window())
}

// enter notes that an attempt leaves this machine. expected is whether its answer
// would tell something new: the first of a host, or of a probe at one that is known.
func (p *path) enter(now time.Duration, expected bool) {
	p.inFlight++
	p.entered++
	p.peak = max(p.peak, p.inFlight)
	if expected {
		p.unanswered++
	}
	p.due = max(p.due, now-pathSlack) + p.gap()
}

// withdraw notes that an attempt which entered did not leave this machine, so that the
// next one may leave at its time.
func (p *path) withdraw(first bool) {
	p.due -= p.gap()
	if first {
		p.unanswered = max(p.unanswered-1, 0)
	}
}

// answered notes the answer of a host to an attempt that left at sent, whether it
// was still taken to be in the network or not.
func (p *path) answered(now, sent time.Duration, h *rtt) {
	took := now - sent
	if p.least == 0 || took < p.least {
		p.least = max(took, 1)
	}
	queueing := took - h.least
	if h.samples < samplesToTrust {
		queueing = max(queueing, took-p.least-fartherAway)
	}
	if h.samples == 1 {
		p.hosts.sample(took-max(queueing, 0), hostsToTrust)
	}
	// The later answers of a host that is little known yet tell less.
	reliable := h.samples == 1 || h.samples >= samplesToTrust
	if reliable {
		if sent >= p.newest { // a queue keeps the order: who is overtaken is far away
			p.worst = max(p.worst, queueing)
		}
		p.recent[p.delays%len(p.recent)] = queueing
		p.delays++
		p.delay = slices.Min(p.recent[:])
	}
	if h.samples >= samplesToTrust {
		p.trusted++
	}
	p.newest = max(p.newest, sent)
	p.heard(now, reliable)
	if sent >= p.effective {
		p.sample(now, queueing)
		if reliable {
			p.reliable++
		}
	}
	p.review(now)
}

// waiting is the queueing that an answer may meet now.
func (p *path) waiting() time.Duration { return max(p.delay, p.overdueDelay) }

// transit is how long an attempt at a host that has not answered is assumed to occupy
// the path.
func (p *path) transit() time.Duration {
	t := firstTransit
	if p.hosts.samples >= hostsToTrust {
		t = min(t, p.hosts.transit(t))
	}
	return t + p.delay
}

// sample keeps the two least: the least alone may have left before the others
// filled the queue.
func (p *path) sample(now, queueing time.Duration) {
	switch {
	case p.samples == 0:
		p.best, p.second, p.sampledAt = queueing, queueing, now
	case p.samples == 1, queueing < p.second:
		p.best, p.second = min(p.best, queueing), max(p.best, queueing)
	}
	p.samples++
}

// leave notes that an attempt has left the network.
func (p *path) leave(now, sent time.Duration) {
	p.inFlight--
	p.gone++
	recall := attemptsToRecall
	if p.full > 0 { // the rate must not leap when a queue has gone that attempts stayed in
		recall = max(recall, 2*int(p.size))
	}
	p.left = min(p.left+1, recall)
	p.stay += (now - sent - p.stay) / time.Duration(p.left)
	if p.overdue() {
		p.overdueDelay = max(p.overdueDelay, min(now-p.answeredAt-p.least, longestRound)) // more answers were due
	}
	p.review(now)
}

// review ends the round if it can be judged. Answers that came at once may all have been
// held up by a machine that was busy for a moment; a queue lasts.
func (p *path) review(now time.Duration) {
	if p.shares.ripen(now) {
		p.judgeShares(now)
	}
	free := p.samples >= samplesToJudge && p.second <= standingDelay
	lasting := p.reliable >= samplesToJudge && now >= p.sampledAt+standingDelay
	if free || lasting || now >= p.roundStart+longestRound+p.delay {
		awaits := p.awaits()
		p.endRound(now)
		if !awaits { // what leaves now meets what the window before has queued
			p.effective = now + max(p.stay/2, p.best)
		}
		p.roundStart, p.samples, p.reliable, p.trusted, p.peak = now, 0, 0, 0, p.inFlight
	}
}

// awaits reports whether the answers to the attempts of this round are yet to come:
// hosts that are known well do answer, but what was asked before it. First answers do
// not count, since distant hosts give those long after others have.
func (p *path) awaits() bool { return p.samples == 0 && p.trusted >= samplesToJudge }

func (p *path) endRound(now time.Duration) {
	used, was := float64(p.peak)*2 > p.size, p.size
	if p.full > 0 && used {
		p.rounds, p.took = p.rounds+(now-p.roundStart), p.took+p.gone
	}
	p.gone = 0
	switch {
	case p.samples == 0 && p.least == 0 && used:
		p.size = max(p.size, min(p.size*2, mostUnanswered))
	case p.awaits(): // nothing is known of this round yet
	case p.samples == 0: // those that are asked now do not answer
		p.recentAnswered /= 4
		p.delay /= 2
		if used {
			p.size = min(p.size*17/16+1, mostPathWindow)
		}
	case p.best > standingDelay:
		p.cut(now)
	case p.second > standingDelay:
		p.steady = true
	case used && p.samples < samplesToJudge:
		p.size = min(p.size*5/4, mostPathWindow)
	case used && !p.steady && p.doubtful(now): // the doubling waits
	case used && !p.steady:
		p.size = min(p.size*2, mostPathWindow)
	case used && p.size < p.full/2:
		p.size = p.size * 5 / 4
	case used:
		p.size = min(p.size*17/16+1, mostPathWindow)
	}
	if p.samples > 0 && p.size > was {
		p.provenWindow = was
	}
	p.provenWindow = min(p.provenWindow, p.size)
	p.bound(now)
	p.heard(now, false)
	if p.samples > 0 && p.best <= standingDelay {
		p.cutFrom = 0
	}
}

// heard notes that an answer came, or that a round has ended, so that nothing is overdue.
// reliable is that of the answer.
func (p *path) heard(now time.Duration, reliable bool) {
	p.recentAsked += float64(p.unanswered)
	if reliable {
		p.recentAnswered++
	}
	if p.recentAnswered > answersToRecall {
		p.recentAsked, p.recentAnswered = p.recentAsked/2, p.recentAnswered/2
	}
	p.answeredAt, p.unanswered, p.overdueDelay = now, 0, 0
}

// overdue reports whether more attempts were made since the last answer than chance
// leaves unanswered. If n of m attempts were answered, the probability that none of k
// further ones is answered is (m/(m+k))^n.
func (p *path) overdue() bool {
	return p.recentAnswered*math.Log1p(float64(p.unanswered)/max(p.recentAsked, 1)) > silenceToJudge
}

// limits reports whether the path is the limit: its queue fills.
func (p *path) limits() bool { return p.full > 0 }

// rate is how many attempts a second the path took where it was the limit; 0 if it
// was not, for a second at least.
func (p *path) rate() float64 {
	if p.rounds < longestRound {
		return 0
	}
	rate := float64(p.took) / p.rounds.Seconds()
	if p.mostRate > 0 {
		rate = min(rate, p.mostRate) // the rest was dropped
	}
	return rate
}

// restartSmall begins anew with a small window if the nearest host or any other looks
// far away: either the attempts before filled a queue, or that is how far it is. The two
// look alike until somebody answers while little is in the network.
func (p *path) restartSmall(now time.Duration) {
	if p.foundAt == 0 && (p.least >= doubtfulDistance || p.worst >= doubtfulDelay) {
		p.foundAt, p.size, p.provenWindow = now, cautiousWindow, cautiousWindow
	}
}

// doubtful reports whether the share of answers seems to fall. It counts what has had
// the time that most answers take: all that a mistake costs is a doubling that waits.
func (p *path) doubtful(now time.Duration) bool {
	soon := p.hosts.smooth + 4*p.hosts.variance + 2*standingDelay
	_, odds := p.shares.early(now - soon)
	return odds > doubtfulShare
}

// judgeShares finds out whether the share of answers shows how much the path takes.
func (p *path) judgeShares(now time.Duration) {
	rate, odds := p.shares.limit()
	if p.mostRate = 0; odds > certainShare {
		p.mostRate = rate * 7 / 8 // the steps are coarse, and what is too much is lost
	}
	p.bound(now)
}

// bound keeps the window within what the share of answers shows the path to take.
func (p *path) bound(now time.Duration) {
	fits := max(p.mostRate*p.stay.Seconds(), leastPathWindow)
	if p.mostRate == 0 || p.size < fits*5/4 {
		return
	}
	if p.foundAt == 0 || p.size > fits*3/2 {
		p.foundAt, p.cutAt = now, now // much of what left before is lost
		p.took, p.gone, p.rounds = 0, 0, 0
	}
	p.steady, p.size, p.full = true, fits, fits
	p.provenWindow = min(p.provenWindow, fits)
}

// cut makes the window smaller, or restores it if that cures nothing.
func (p *path) cut(now time.Duration) {
	p.cutAt = now
	if p.cutFrom == 0 {
		p.cutFrom, p.cutDelay, p.full = p.size, 0, p.size
	}
	if p.size <= p.cutFrom/4 && float64(p.best) > notCured*float64(p.cutDelay) {
		p.least += p.best
		p.size, p.delay, p.cutFrom, p.full = p.cutFrom, 0, 0, 0
		return
	}
	p.cutDelay = max(p.cutDelay, p.best)
	share := 7.0 / 8
	switch {
	case !p.steady:
		share = 1.0 / 2
	case p.best > longQueue:
		share = 3.0 / 4
	}
	if p.foundAt == 0 {
		p.foundAt = now
	}
	p.steady = true
	p.size = max(p.size*share, leastPathWindow)
}
