package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"porthole/internal/hosts"
	"porthole/internal/report"
	"porthole/scanner"
)

// What a scan takes in memory, measured on Linux: a scan of any size, and what
// a format holds of each result until the end.
const (
	scanMemory  = 16 << 20
	tableMemory = 2 << 10
	htmlMemory  = 4 << 10
	groupMemory = 512
)

// assumedRoundTrip stands for that of the targets, which a dry run cannot know.
const assumedRoundTrip = 20 * time.Millisecond

// dryRun does all that a scan does before it sends something, and says what
// would be sent. It opens no output and no --resume file.
func (c console) dryRun(ctx *cli.Context) error {
	plan, err := c.planScan(ctx, nil)
	if err != nil {
		return err
	}
	sets, problems, err := plan.resolve(ctx.Context)
	if err != nil {
		return err
	}
	for _, p := range problems {
		say(c.err, p)
	}
	if len(sets) == 0 {
		return nothingToScan(problems)
	}
	e, err := plan.estimate(sets)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprint(c.out, e.text(plan, len(problems))); err != nil {
		return err
	}
	if len(problems) > 0 {
		return errIncomplete
	}
	return nil
}

// estimate is what a scan amounts to.
type estimate struct {
	addresses, here  uint64 // of the whole scan, and those looked for or asked here
	probes           uint64 // if every address is alive
	discover         bool
	least, most      uint64 // attempts: if the first settles it, and if nothing answers
	inFlight         int
	soonest, longest time.Duration
}

func (p *scanPlan) estimate(sets []*hosts.Set) (e estimate, err error) {
	for _, s := range sets {
		e.addresses += s.Len()
	}
	e.discover = p.discovers(e.addresses)
	for _, s := range sets {
		order, err := p.order(s, everyHost{s}, false)
		if err != nil {
			return e, err
		}
		addresses, probes := s.Len(), order.Len()
		if e.discover {
			share, err := p.addressOrder(s)
			if err != nil {
				return e, err
			}
			addresses = share.Len()
			probes = addresses * uint64(p.portsOf(s).Len("tcp")+p.portsOf(s).Len("udp"))
		}
		e.here += addresses
		e.probes += probes
	}
	tries := uint64(p.scanner.Attempts)
	e.least, e.most = e.probes, e.probes*tries
	if e.discover { // whose silence ends it
		e.least = e.here * uint64(len(scanner.DiscoveryPorts()))
		e.most += e.least
	}
	if e.inFlight, err = p.scanner.InFlight(); err != nil {
		return e, usage(fmt.Errorf("scan: %w", err))
	}
	e.soonest = p.timeFor(e.least, e.inFlight, assumedRoundTrip)
	e.longest = p.timeFor(e.most, e.inFlight, p.scanner.Timeout)
	if e.discover { // dead addresses have to be waited for
		e.soonest = p.timeFor(e.least, e.inFlight, p.scanner.Timeout)
		e.soonest = min(e.soonest, p.timeFor(e.least+e.probes, e.inFlight, assumedRoundTrip))
	}
	return e, nil
}

// timeFor is how long attempts take if each is waited for as long.
func (p *scanPlan) timeFor(attempts uint64, inFlight int, wait time.Duration) time.Duration {
	seconds := max(float64(attempts)/float64(inFlight), 1) * wait.Seconds()
	if rate := p.scanner.Rate; rate > 0 {
		seconds = max(seconds, float64(attempts)/rate)
	}
	const most = 200 * 365 * 24 * time.Hour // what a Duration can hold
	if seconds > most.Seconds() {
		return most
	}
	return time.Duration(seconds * float64(time.Second))
}

// text is the estimate for a person.
func (e estimate) text(p *scanPlan, unresolved int) string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s%s\n", name, report.Escape(fmt.Sprintf(format, args...)))
	}
	line("targets", "%d, %d of them without an address", len(p.targets), unresolved)
	if p.shards > 1 {
		line("shard", "%d of %d", p.shard, p.shards)
	}
	line("addresses", "%d", e.addresses)
	line("ports", "%s", p.ports)
	if e.discover {
		line("discovery", "of %d addresses, with %d attempts; those that nobody answers for are not asked further", e.here, e.here*uint64(len(scanner.DiscoveryPorts())))
		line("probes", "%d at most", e.probes)
	} else {
		line("probes", "%d", e.probes)
	}
	line("in flight", "%d at most", e.inFlight)
	line("memory", "%s", p.memory(e))
	pace := fmt.Sprintf("with %v to each target and back", assumedRoundTrip)
	if p.scanner.Rate > 0 {
		pace += fmt.Sprintf(" and %g attempts a second", p.scanner.Rate)
	}
	line("time", "%s at least, %s", duration(e.soonest), pace)
	line("", "%s if every probe is silent", duration(e.longest))
	b.WriteString("nothing was sent to a target\n")
	return b.String()
}

// memory words what the scan and its formats hold.
func (p *scanPlan) memory(e estimate) string {
	text := fmt.Sprintf("about %d MB", scanMemory>>20)
	perResult := uint64(0)
	for _, spec := range p.answer.specs {
		switch spec.Format {
		case report.FormatTable, report.FormatWide:
			perResult += tableMemory
		case report.FormatHTML:
			perResult += htmlMemory
		case report.FormatXML, report.FormatGrep:
			perResult += groupMemory
		}
	}
	if perResult > 0 {
		text += fmt.Sprintf(", and %.1f kB for each result shown, %d MB if all are", float64(perResult)/1024, perResult*e.probes>>20)
	}
	return text
}

// duration words a time by its size: 300ms, 12s, 3h20m0s.
func duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	default:
		return d.Round(time.Second).String()
	}
}
