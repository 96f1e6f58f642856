package scanjob

import (
	"context"
	"iter"
	"net/netip"
	"slices"
	"sort"
	"time"

	"porthole/internal/hosts"
	"porthole/internal/label"
	"porthole/internal/record"
	"porthole/scanner"
)

// Output takes the verdicts of a scan as they are reached, one at a time. An
// error of Write ends the scan.
type Output interface {
	Write(*record.Record) error // a verdict that is shown
	Count(record.Verdict)       // one that is not
}

// Records is an [Output] that holds all records in memory.
type Records []record.Record

func (l *Records) Write(r *record.Record) error {
	*l = append(*l, *r)
	return nil
}

func (l *Records) Count(record.Verdict) {}

// engine asks; [scanner.Scanner] is the one that does so in earnest.
type engine interface {
	Discover(context.Context, iter.Seq2[string, netip.Addr]) iter.Seq2[scanner.HostStatus, error]
	Scan(context.Context, iter.Seq[scanner.Target]) iter.Seq2[scanner.Result, error]
}

// newEngine makes an engine of settings.
type newEngine func(scanner.Scanner) engine

func scannerEngine(s scanner.Scanner) engine { return &s }

// run is a job on its way.
type run struct {
	*Job
	out     Output
	counts  record.ScanCounts
	ledger  record.ScanStats
	reverse *reverse // with ReverseNames
}

// Run asks what there is to ask, and hands every verdict to out: those that the
// checkpoint has from earlier runs, and the others as they are reached. It
// returns when all is done, or with the first error: ctx.Err(), that of an
// output, or a [CheckpointError]. The summary tells what was done until then; its
// Args are the caller's.
func (j *Job) Run(ctx context.Context, out Output) (*record.Summary, error) {
	r := run{Job: j, out: out}
	r.counts.Unresolved, r.counts.Targets = j.unresolved, j.addresses
	err := r.namedToo(ctx)
	elapsed := time.Since(j.began)
	if cerr := j.Checkpoint.end(elapsed, r.ledger); err == nil {
		err = cerr
	}
	before, cerr := j.Checkpoint.recallLedger(&r.ledger)
	if err == nil {
		err = cerr
	}
	return r.summary(before+elapsed, err), err
}

// namedToo does everything, and with --rdns looks up the names of what is
// shown. After a failure it does not wait for them.
func (r *run) namedToo(ctx context.Context) error {
	if !r.ReverseNames {
		return r.everything(ctx)
	}
	r.reverse = newReverse(ctx, r.Resolver, r.out.Write)
	err := r.everything(ctx)
	if err != nil {
		r.reverse.cancel()
	}
	missed, rerr := r.reverse.finish()
	if err != nil {
		return err
	}
	if missed > 0 {
		r.Hooks.Unnamed(missed)
	}
	return rerr
}

// everything finds the dead addresses where that pays, then asks the others.
func (r *run) everything(ctx context.Context) error {
	for i, s := range r.sets {
		var alive scanner.Hosts = everyHost{s}
		if r.discover {
			found, err := r.findAlive(ctx, 2*i, s)
			if err != nil {
				return err
			}
			alive = found
		}
		order, err := r.order(s, alive, r.discover)
		if err != nil {
			return err
		}
		r.counts.Probes += order.Len()
		if err := r.ask(ctx, 2*i+1, order); err != nil {
			return err
		}
	}
	return nil
}

// findAlive sorts out the addresses of a set that nothing answers for.
func (r *run) findAlive(ctx context.Context, part int, s *hosts.Set) (alive someHosts, err error) {
	order, err := r.addressOrder(s)
	if err != nil {
		return nil, err
	}
	note := func(h scanner.HostStatus, recalled bool) {
		if h.Alive {
			alive = append(alive, hosts.Host{Name: h.Host, Addr: h.Addr})
		} else {
			r.counts.Down++
		}
		r.Hooks.Host(h, recalled)
	}
	r.Hooks.Stage(Stage{Kind: StageDiscovery, Total: order.Len(), Timeout: r.Scanner.Timeout, Attempts: 1})
	err = r.Checkpoint.replayHosts(part, order, func(h scanner.HostStatus) { note(h, true) })
	if err == nil {
		err = r.Checkpoint.turnTo(part)
	}
	if err != nil {
		return nil, err
	}
	for h, err := range r.newEngine(r.Scanner).Discover(ctx, addressesOf(r.asked(r.Checkpoint.todo(part, order)))) {
		if err != nil {
			return nil, err
		}
		note(h, false)
		if err := r.Checkpoint.noteHost(h); err != nil {
			return nil, err
		}
	}
	sort.Slice(alive, func(i, j int) bool { return alive[i].Addr.Less(alive[j].Addr) })
	return alive, nil
}

// ask puts every question that has no verdict yet.
func (r *run) ask(ctx context.Context, part int, order *scanner.Plan) error {
	s := r.Scanner
	s.Stats = func(stats scanner.Stats) { r.ledger.Add(ledgerOf(stats)) }
	detector := scanner.MiddleboxDetector{Scanner: &s, Seed: r.seed, Warn: r.Hooks.Middlebox}
	r.Hooks.Stage(Stage{Kind: StagePorts, Total: order.Len(), Timeout: s.Timeout, Attempts: s.Attempts})
	err := r.Checkpoint.replayResults(part, order, func(res scanner.Result) error {
		detector.Recall(res)
		return r.take(res, true)
	})
	if err == nil {
		err = r.Checkpoint.turnTo(part)
	}
	if err != nil {
		return err
	}
	for res, err := range detector.Watch(ctx, r.newEngine(s).Scan(ctx, r.asked(r.Checkpoint.todo(part, order)))) {
		if err != nil {
			return err
		}
		if err := r.take(res, false); err != nil {
			return err
		}
		if err := r.Checkpoint.note(res, r.shows(res)); err != nil {
			return err
		}
	}
	return nil
}

// asked tells of targets as they are asked.
func (r *run) asked(targets iter.Seq[scanner.Target]) iter.Seq[scanner.Target] {
	return func(yield func(scanner.Target) bool) {
		for t := range targets {
			r.Hooks.Asked()
			if !yield(t) {
				return
			}
		}
	}
}

// take counts a verdict, and writes it if it is to be shown.
func (r *run) take(res scanner.Result, recalled bool) error {
	tally(&r.counts, res)
	r.Hooks.Verdict(res, recalled)
	switch {
	case !r.shows(res):
		r.out.Count(label.Verdict(res))
		return nil
	case r.reverse != nil:
		return r.reverse.take(res.Addr.Addr(), label.Port(r.Registry, res))
	}
	return r.out.Write(label.Port(r.Registry, res))
}

// shows tells whether a verdict is written.
func (r *run) shows(res scanner.Result) bool {
	return r.ShowAll || !res.Middlebox && slices.Contains(r.Show, res.State)
}
