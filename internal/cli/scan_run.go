package cli

import (
	"context"
	"fmt"
	"net/netip"
	"sort"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/hosts"
	"porthole/internal/label"
	"porthole/internal/progress"
	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/scanner"
)

// scanRun is a scan on its way.
type scanRun struct {
	console
	plan     *scanPlan
	out      *report.Output
	journal  *journal
	progress *scanProgress
	verbose  bool
	counts   record.ScanCounts
	ledger   record.ScanStats
	timings  timings  // with --verbose
	reverse  *reverse // with --rdns
}

// namedToo does everything, and with --rdns looks up the names of what is
// shown. After a failure it does not wait for them.
func (r *scanRun) namedToo(ctx *cli.Context, sets []*hosts.Set) error {
	if !r.plan.rdns {
		return r.everything(ctx.Context, sets)
	}
	r.reverse = newReverse(ctx.Context, r.resolver, r.out.Write)
	err := r.everything(ctx.Context, sets)
	if err != nil {
		r.reverse.cancel()
	}
	missed, rerr := r.reverse.finish()
	if err != nil {
		return err
	}
	if missed > 0 {
		r.tell(ctx, "rdns: no answer from the name server for %s", plural(missed, "look-up"))
	}
	return rerr
}

// everything finds the dead addresses where that pays, then asks the others.
func (r *scanRun) everything(ctx context.Context, sets []*hosts.Set) error {
	for _, s := range sets {
		r.counts.Targets += s.Len()
	}
	discover := r.plan.discovers(r.counts.Targets)
	for i, s := range sets {
		var alive scanner.Hosts = everyHost{s}
		if discover {
			found, err := r.discover(ctx, 2*i, s)
			if err != nil {
				return err
			}
			alive = found
		}
		order, err := r.plan.order(s, alive, discover)
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

// discover sorts out the addresses of a set that nothing answers for.
func (r *scanRun) discover(ctx context.Context, part int, s *hosts.Set) (alive someHosts, err error) {
	order, err := r.plan.addressOrder(s)
	if err != nil {
		return nil, err
	}
	note := func(t scanner.Target, says string) {
		state, reason, _ := strings.Cut(says, " ")
		if state == "alive" {
			alive = append(alive, hosts.Host{Name: t.Host, Addr: t.Addr.Addr()})
			return
		}
		r.counts.Down++
		if r.verbose {
			fmt.Fprintf(r.err, "%s is down: %s\n", t.Addr.Addr(), reason)
		}
	}
	r.progress.Begin("addresses looked for", order.Len(), progress.Patience{Timeout: r.plan.scanner.Timeout})
	recall := func(t scanner.Target, says string) {
		r.progress.Recall(!strings.HasPrefix(says, "alive"), false)
		note(t, says)
	}
	if err := r.journal.replayPresences(part, order, recall); err != nil {
		return nil, err
	}
	if err := r.journal.turnTo(part); err != nil {
		return nil, err
	}
	for p, err := range r.plan.scanner.Discover(ctx, addressesOf(r.progress.watch(r.journal.todo(part, order)))) {
		if err != nil {
			return nil, err
		}
		says := "down " + p.Evidence.Reason.String()
		if p.Alive {
			says = "alive"
		}
		t := addressTarget(p.Host, p.Addr)
		note(t, says)
		r.progress.Done(1, !p.Alive, false)
		if err := r.journal.count(t, says); err != nil {
			return nil, err
		}
	}
	sort.Slice(alive, func(i, j int) bool { return alive[i].Addr.Less(alive[j].Addr) })
	return alive, nil
}

// ask puts every question that has no verdict yet.
func (r *scanRun) ask(ctx context.Context, part int, order *scanner.Plan) error {
	s := r.plan.scanner
	s.Stats = func(stats scanner.Stats) { r.ledger.Add(ledgerOf(stats)) }
	detector := scanner.MiddleboxDetector{Scanner: &s, Seed: r.plan.seed, Warn: r.warnMiddlebox}
	r.progress.Begin("probes", order.Len(), progress.Patience{Timeout: s.Timeout, Retries: s.Attempts - 1})
	err := r.journal.replayResults(part, order, func(res scanner.Result) error {
		detector.Recall(res)
		r.progress.Recall(res.Reason == scanner.ReasonNoResponse, found(res))
		return r.take(res)
	})
	if err == nil {
		err = r.journal.turnTo(part)
	}
	if err != nil {
		return err
	}
	for res, err := range detector.Watch(ctx, s.Scan(ctx, r.progress.watch(r.journal.todo(part, order)))) {
		if err != nil {
			return err
		}
		r.progress.verdict(res)
		if err := r.take(res); err != nil {
			return err
		}
		if err := r.journal.note(res, r.plan.shows(res)); err != nil {
			return err
		}
	}
	return nil
}

// take counts a verdict, and writes it if it is to be shown.
func (r *scanRun) take(res scanner.Result) error {
	tally(&r.counts, res)
	if r.verbose {
		r.timings.note(res)
	}
	if !r.plan.shows(res) {
		r.out.Count(label.Verdict(res))
		return nil
	}
	if r.reverse != nil {
		return r.reverse.take(res.Addr.Addr(), label.Port(r.plan.services, res))
	}
	return r.out.Write(label.Port(r.plan.services, res))
}

func (r *scanRun) warnMiddlebox(host string, addr netip.Addr) {
	say(r.err, fmt.Errorf("%s: even random ports are open: something in between, such as a SYN proxy, answers for it; "+
		"its further open ports are counted as middlebox and only shown by --show all", hostName(host, addr)))
}
