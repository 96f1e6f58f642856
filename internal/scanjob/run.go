package scanjob

import (
	"context"
	"iter"
	"net/netip"
	"slices"
	"time"

	"porthole/internal/checkpoint"
	"porthole/internal/label"
	"porthole/internal/record"
	"porthole/internal/remark"
	"porthole/scanner"
)

// Output takes the verdicts of a scan as they are reached, one at a time.
// [record.List] keeps them in memory.
type Output interface {
	Write(*record.Record) error // a verdict to be shown; an error ends the scan
	Count(record.Verdict)       // a verdict to be counted
}

// HostOutput is an [Output] that also takes the addresses that were found alive,
// before their ports are asked.
type HostOutput interface {
	Alive(host string, addr netip.Addr, by string)
}

// engine is what a job needs of a [scanner.Scanner].
type engine interface {
	Discover(context.Context, scanner.Discovery, iter.Seq2[string, netip.Addr]) iter.Seq2[scanner.HostStatus, error]
	Scan(context.Context, iter.Seq[scanner.Target]) iter.Seq2[scanner.Result, error]
}

func scannerEngine(s scanner.Scanner) engine { return &s }

// run is a job that runs.
type run struct {
	*Job
	out       Output
	names     *nameLookup // with ReverseNames
	counts    record.ScanCounts
	proved    record.VerifyCounts // with Verify
	stats     record.ScanStats
	lookedFor uint64 // addresses, of this shard
	path      scanner.Path
	begun     int // sets whose ports are counted among the probes

	remarks     remark.Options
	silentAsked int // silent UDP ports for which verification was wanted
}

// Run asks what there is to ask, and hands every verdict to out: first those that
// a checkpoint has from earlier runs, then the others as they are reached.
//
// It returns when all is done, or with the first error: ctx.Err(), that of out, or
// a [CheckpointError]. The summary is never nil, and says what was done until
// then; its Args are left to the caller.
func (j *Job) Run(ctx context.Context, out Output) (*record.Summary, error) {
	r := run{Job: j, out: out, remarks: j.remarkOptions()}
	r.counts.Targets, r.counts.Unresolved = j.addresses, j.unresolved
	err := r.askWithNames(ctx)
	elapsed := time.Since(j.began)
	if err != nil {
		r.countUnasked()
	}
	if cerr := j.Checkpoint.end(elapsed, r.stats); err == nil {
		err = cerr
	}
	before, cerr := j.Checkpoint.addEarlierRuns(&r.stats)
	if err == nil {
		err = cerr
	}
	return r.summary(before+elapsed, err), err
}

// askWithNames is ask, and looks up the names of the addresses that are shown if these
// are wanted. After an error it does not wait for names.
func (r *run) askWithNames(ctx context.Context) error {
	if !r.ReverseNames {
		return r.ask(ctx)
	}
	r.names = newNameLookup(ctx, r.Resolver, r.out.Write)
	err := r.ask(ctx)
	if err != nil {
		r.names.cancel()
	}
	unanswered, nerr := r.names.finish()
	if err != nil {
		return err
	}
	if unanswered > 0 {
		r.Hooks.Unnamed(unanswered)
	}
	return nerr
}

// ask asks set after set.
func (r *run) ask(ctx context.Context) error {
	for set := range r.sets {
		if r.portCount(r.sets[set]) == 0 && r.Discover != DiscoverOnly {
			continue // its port is excluded
		}
		if r.discover && r.atOnce(r.sets[set]) {
			if err := r.askAtOnce(ctx, set); err != nil {
				return err
			}
			continue
		}
		if r.discover {
			if err := r.askAlive(ctx, set); err != nil {
				return err
			}
			continue
		}
		order, err := r.portsOrder(r.sets[set])
		if err != nil {
			return err
		}
		if err := r.askPorts(ctx, set, order, nil); err != nil {
			return err
		}
	}
	return nil
}

// askAtOnce asks the few ports of a set of every address, and counts the addresses
// that are down.
func (r *run) askAtOnce(ctx context.Context, set int) error {
	order, err := r.atOnceOrder(r.sets[set])
	if err != nil {
		return err
	}
	answers := r.newAliveCount(order)
	defer func() { answers.close() }()
	err = r.askPorts(ctx, set, order, answers)
	if err == nil {
		err = r.askNeighboursAgain(ctx, answers)
	}
	if err == nil { // else the silent ones may not have been asked every port
		answers.conclude(ctx)
	}
	r.counts.Alive += answers.alive
	r.counts.Down += answers.down
	ports := r.portCount(r.sets[set])
	r.counts.Silent += answers.down * ports
	if r.Hooks.Silent == nil || err != nil {
		return err
	}
	for i := range answers.silent() {
		host, addr := answers.hosts.At(i)
		r.Hooks.Silent(host, addr, int(ports))
	}
	return nil
}

// countUnasked counts what a scan that ended early left out.
func (r *run) countUnasked() {
	toLookFor := uint64(0)
	for i, s := range r.sets {
		addresses, probes, err := r.share(s)
		switch {
		case err != nil: // it would have been met before
		case r.discover && !r.atOnce(s):
			toLookFor += addresses
		case i >= r.begun:
			r.counts.Probes += probes
		}
	}
	r.counts.NotLookedFor = toLookFor - min(r.lookedFor, toLookFor)
}

// settings are those of the scanner, whose statistics are added up.
func (r *run) settings() scanner.Scanner {
	s := r.Scanner
	s.Path = &r.path
	s.Stats = func(stats scanner.Stats) { r.stats.Add(statsOf(stats)) }
	return s
}

// askPorts asks the targets of one set that have no verdict yet. answers, which may be nil,
// takes the verdicts.
func (r *run) askPorts(ctx context.Context, set int, order *scanner.Plan, answers *aliveCount) error {
	s := r.settings()
	detector := scanner.MiddleboxDetector{Scanner: &s, Seed: r.seed, Warn: r.Hooks.Middlebox, Ports: r.portsOf(r.sets[set]).Len("tcp"), Excluded: func(port uint16) bool { return r.ExcludePorts.Contains("tcp", port) }}
	r.counts.Probes += order.Len()
	r.begun = set + 1
	r.Hooks.Stage(Stage{Kind: StagePorts, Total: order.Len(), Timeout: s.Timeout, Attempts: s.Attempts})
	part := checkpoint.PortsPart(set)
	err := r.Checkpoint.replayVerdicts(part, order, func(position uint64, res scanner.Result, v *record.Verified) error {
		detector.Recall(res)
		answers.note(ctx, position, res)
		answers.recall(position, res)
		r.count(res, true)
		return r.emit(res, v)
	})
	if err != nil {
		return err
	}
	todo, err := r.Checkpoint.begin(part, order)
	if err != nil {
		return err
	}
	var pending *pendingTargets // nil if positions are not needed
	if r.Checkpoint != nil || answers != nil {
		pending = newPendingTargets()
	}
	conclude := func(res scanner.Result, v *record.Verified) error {
		if err := r.emit(res, v); err != nil {
			return err
		}
		position := pending.finish(res.Target)
		answers.note(ctx, position, res)
		return r.Checkpoint.addVerdict(position, res, r.shows(res), v)
	}
	var v *verification
	if r.Verify != nil {
		v = r.newVerification(ctx, conclude)
		s.Keep = v.kept.keep
	}
	results := detector.Watch(ctx, r.newEngine(s).Scan(ctx, r.asked(todo, pending)))
	if r.Verify == nil {
		return r.take(results, func(res scanner.Result) error { return conclude(res, nil) })
	}
	return r.takeAndVerify(v, results, conclude)
}

// take counts the verdicts and passes them to do, up to the first error.
func (r *run) take(results iter.Seq2[scanner.Result, error], do func(scanner.Result) error) error {
	for res, err := range results {
		if err != nil {
			return err
		}
		r.count(res, false)
		if err := do(res); err != nil {
			return err
		}
	}
	return nil
}

// takeAndVerify is take, where open ports are first asked what answers and then
// concluded.
func (r *run) takeAndVerify(v *verification, results iter.Seq2[scanner.Result, error], conclude func(scanner.Result, *record.Verified) error) error {
	return v.finish(r.take(results, func(res scanner.Result) error {
		if r.toVerify(res) {
			r.Hooks.Verify(res)
			v.start(res)
			return v.collectAtTimes()
		}
		v.skip(res)
		if err := conclude(res, nil); err != nil {
			return err
		}
		return v.collectAtTimes()
	}))
}

// count counts a verdict.
func (r *run) count(res scanner.Result, replayed bool) {
	count(&r.counts, res)
	r.Hooks.Verdict(res, replayed)
}

// asked notes each target that the scanner takes.
func (r *run) asked(targets iter.Seq2[uint64, scanner.Target], pending *pendingTargets) iter.Seq[scanner.Target] {
	return func(yield func(scanner.Target) bool) {
		for position, t := range targets {
			pending.start(t, position)
			r.Hooks.Asked()
			if !yield(t) {
				return
			}
		}
	}
}

// emit writes a verdict if it is to be shown, with what answered if that is known.
func (r *run) emit(res scanner.Result, v *record.Verified) error {
	if !r.shows(res) {
		r.out.Count(label.Verdict(res))
		return nil
	}
	rec := label.Port(r.Registry, res)
	if rec.Verified = v; v != nil {
		r.remarks.Add(rec)
		r.proved.Count(v)
	}
	if r.names != nil {
		return r.names.write(res.Addr.Addr(), rec)
	}
	return r.out.Write(rec)
}

// toVerify reports whether a port is to be asked what answers: an open one, or a silent
// UDP port, since most UDP servers answer only their own protocol, and the scan asked
// that of the port number.
func (r *run) toVerify(res scanner.Result) bool {
	if res.Middlebox || !r.shows(res) {
		return false
	}
	if isSilentUDP(res) {
		r.silentAsked++
		return r.silentAsked <= mostSilentAsked
	}
	return res.State == scanner.StateOpen
}

func isSilentUDP(res scanner.Result) bool {
	return res.Proto == "udp" && res.State == scanner.StateOpenFiltered
}

// mostSilentAsked is how many silent UDP ports of one scan are asked what answers:
// each takes a second or two, and behind a firewall all 65,535 are silent.
const mostSilentAsked = 1000

// shows reports whether a verdict becomes a record.
func (r *run) shows(res scanner.Result) bool {
	return r.ShowAll || !res.Middlebox && slices.Contains(r.Show, res.State)
}
