package scanjob

import (
	"context"
	"iter"
	"math"
	"sync"
	"time"

	"porthole/internal/label"
	"porthole/internal/record"
	"porthole/internal/remark"
	"porthole/scanner"
	"porthole/scanner/verify"
)

// Verify says how open ports are asked what answers on them.
type Verify struct {
	All    bool          // also ports where every byte may have an effect, see [verify.Verifier]
	Expiry time.Duration // a certificate that ends within this time gets a remark; 0 means remark.DefaultExpiry
}

// text is v as a checkpoint has it; "" for none.
func (v *Verify) text() string {
	switch {
	case v == nil:
		return ""
	case v.All:
		return "all"
	}
	return "usual"
}

// remarkOptions are those for the ports of this scan.
func (j *Job) remarkOptions() remark.Options {
	o := remark.Options{Now: time.Now(), Expiry: remark.DefaultExpiry}
	if j.Verify != nil && j.Verify.Expiry > 0 {
		o.Expiry = j.Verify.Expiry
	}
	return o
}

// lateGreetingsBelow is the number of addresses up to which every silent port is listened
// to as long as slow mail servers need. With more addresses that would take most of the
// scan's time, so only ports that look like a mail server's are.
const lateGreetingsBelow = 16

// shareLimits divides what may be in flight between the scan and the verification, which
// runs beside it. If the user set a limit, verification gets half of it. Else it gets a
// quarter of what this machine can take, and connections that wait for it as much.
func (j *Job) shareLimits() error {
	inFlight, err := j.Scanner.InFlight()
	if err != nil {
		return &ConfigError{err}
	}
	if j.Scanner.Concurrency != 0 {
		j.verifying = max(1, min(verify.DefaultConcurrency, inFlight/2))
		j.keeping = j.verifying
		return nil
	}
	machine := j.Scanner
	machine.Concurrency = math.MaxInt
	most, err := machine.InFlight()
	if err != nil {
		return &ConfigError{err}
	}
	j.verifying = max(1, min(verify.DefaultConcurrency, most/4))
	j.keeping = 2 * j.verifying
	j.Scanner.Concurrency = max(1, min(inFlight, most-j.keeping))
	return nil
}

// verification asks the open ports of one set what answers, while the scan goes on. Only
// the asking has goroutines of its own. start, collect and finish are for one goroutine,
// in which done is called, too.
type verification struct {
	cancel context.CancelFunc
	done   func(scanner.Result, *record.Verified) error // with nil for a port whose asking was cut short

	asked     map[verify.Target]scanner.Result // without an answer yet
	collected time.Time
	queue     queue
	kept      *keptConns

	mu       sync.Mutex
	answers  []verify.Service
	answered chan struct{} // there are answers, or there will be no more; has room for one
	ended    chan struct{}
}

// verifier is what a job needs of a [verify.Verifier].
type verifier interface {
	VerifyAll(context.Context, iter.Seq[verify.Target]) iter.Seq2[verify.Service, error]
}

// newVerification starts a verification without ports. Each port is passed to conclude
// with what was found. A port whose asking was cut short is only shown, so that a resumed
// scan asks it again.
func (r *run) newVerification(ctx context.Context, conclude func(scanner.Result, *record.Verified) error) *verification {
	done := func(res scanner.Result, found *record.Verified) error {
		r.Hooks.Verified(found)
		if isSilentUDP(res) && found != nil {
			if found.FirstBytes == "" && found.Service == "" {
				return conclude(res, nil) // as silent as before
			}
			res.State, res.Reason = scanner.StateOpen, scanner.ReasonUDPResponse
			r.counts.OpenFiltered--
			r.counts.Open++
		}
		if found == nil {
			return r.emit(res, nil)
		}
		return conclude(res, found)
	}
	v := &verification{
		done: done, asked: make(map[verify.Target]scanner.Result), queue: queue{more: make(chan struct{}, 1)},
		kept:     newKeptConns(r.keeping),
		answered: make(chan struct{}, 1), ended: make(chan struct{}), collected: time.Now(),
	}
	verifier := r.newVerifier(verify.Verifier{
		Concurrency: r.verifying, All: r.Verify.All, StartTLS: true,
		LateMailOnly: r.addresses > lateGreetingsBelow,
	})
	ctx, v.cancel = context.WithCancel(ctx)
	go v.run(ctx, verifier)
	return v
}

// run keeps what is found out until the caller takes it.
func (v *verification) run(ctx context.Context, verifier verifier) {
	defer close(v.ended)
	for s, err := range verifier.VerifyAll(ctx, v.queue.all(ctx)) {
		if err != nil {
			continue // the context ended; targets of a scan can be asked
		}
		v.kept.done(s.Target.Addr)
		v.mu.Lock()
		v.answers = append(v.answers, s)
		v.mu.Unlock()
		wake(v.answered)
	}
}

// wake makes c, which has a buffer of one, ready to receive from.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// start has a port asked.
func (v *verification) start(res scanner.Result) {
	t := verify.Target{Proto: res.Proto, Addr: res.Addr, Host: res.Host, RTT: res.RTT}
	v.asked[t] = res
	t.Conn = v.kept.take(t.Addr)
	v.queue.add(t)
}

// skip is for a port that is not asked.
func (v *verification) skip(res scanner.Result) { v.kept.drop(res.Addr) }

// collectEvery is how often answers are concluded while the scan goes on. To find the
// ports and to ask them comes first: a silent one is waited for from then on, and the
// processor is idle in that time.
const collectEvery = 500 * time.Millisecond

// collectAtTimes is collect, if the last one was a while ago.
func (v *verification) collectAtTimes() error {
	if now := time.Now(); now.Sub(v.collected) >= collectEvery {
		v.collected = now
		return v.collect()
	}
	return nil
}

// collect calls done with what was found out since the last call.
func (v *verification) collect() error {
	v.mu.Lock()
	answers := v.answers
	v.answers = nil
	v.mu.Unlock()
	for _, s := range answers {
		res := v.asked[s.Target]
		delete(v.asked, s.Target)
		if err := v.done(res, label.Verified(s)); err != nil {
			return err
		}
	}
	return nil
}

// finish waits for the ports that are still asked. If the scan ended with err it cuts
// their asking short instead. It returns err, or the first error of done.
func (v *verification) finish(err error) error {
	defer v.cancel()
	v.kept.close()
	v.queue.close()
	for err == nil && !v.isOver() {
		err = v.collect()
	}
	if err != nil {
		v.cancel()
	}
	<-v.ended
	v.queue.drop()
	for _, last := range []error{v.collect(), v.giveUp()} {
		if err == nil {
			err = last
		}
	}
	return err
}

// isOver waits until there is something to collect, and reports whether nothing
// will come after that.
func (v *verification) isOver() bool {
	select {
	case <-v.answered:
		return false
	case <-v.ended:
		return true
	}
}

// giveUp calls done for the ports without an answer.
func (v *verification) giveUp() (err error) {
	for t, res := range v.asked {
		delete(v.asked, t)
		if derr := v.done(res, nil); err == nil {
			err = derr
		}
	}
	return err
}
