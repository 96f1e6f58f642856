package cli

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/report"
	"porthole/internal/scanjob"
)

// Memory of a scan, in bytes, measured on Linux: of any scan, of each target that was
// typed or read, of each address that discovery finds alive, and of each result that
// a format keeps until the end.
const (
	scanMemory   = 16 << 20
	targetMemory = 64
	aliveMemory  = 4

	tableMemory = 2 << 10
	htmlMemory  = 4 << 10
	groupMemory = 512
)

// dryRun does what a scan does before it sends anything, and prints what that
// would be. It opens no outputs and no checkpoint.
func (c console) dryRun(ctx *cli.Context) error {
	o, err := c.scanOutputs(ctx)
	if err != nil {
		return err
	}
	config, err := c.scanConfig(ctx, nil)
	if err != nil {
		return err
	}
	unresolved := 0
	config.Hooks.Unresolved = func(err error) {
		unresolved++
		printError(c.err, err)
	}
	config.Hooks.Note = func(text string) { c.info("%s", text) }
	job, err := scanjob.Prepare(ctx.Context, config)
	if err != nil {
		return scanError(err)
	}
	e, err := job.Estimate()
	if err != nil {
		return scanError(err)
	}
	if _, err := fmt.Fprint(c.text(c.out), estimateText(job, e, o.specs, unresolved)); err != nil {
		return writeError(err, verdict(false, unresolved == 0))
	}
	return verdict(false, unresolved == 0)
}

// estimateText is an estimate as it is printed.
func estimateText(job *scanjob.Job, e scanjob.Estimate, outputs []report.Spec, unresolved int) string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s%s\n", name, report.Escape(fmt.Sprintf(format, args...)))
	}
	line("targets", "%d, %d of them without an address", job.Targets.Len()+len(job.Refused), unresolved)
	if job.Shards > 1 {
		line("shard", "%d of %d", job.Shard, job.Shards)
	}
	line("addresses", "%d", e.Addresses)
	line("ports", "%s", job.Ports)
	if e.Discovery {
		line("discovery", "of %s, with %s; those that nobody answers for are not asked further", plural(e.Here, "address"), plural(e.DiscoveryAttempts, "attempt"))
		line("probes", "%d at most", e.Probes)
	} else {
		line("probes", "%d", e.Probes)
	}
	if job.Verify != nil {
		line("verify", "each open port is asked what answers, on 6 connections at most, beside the scan")
	}
	line("in flight", "%d at most", e.InFlight)
	line("memory", "%s", memoryText(outputs, job.Targets.Len(), e))
	pace := fmt.Sprintf("with %v to each target and back", scanjob.AssumedRoundTrip)
	if job.Scanner.Rate > 0 {
		pace += fmt.Sprintf(" and %g attempts a second", job.Scanner.Rate)
	}
	line("time", "%s at least, %s", duration(e.Soonest), pace)
	line("", "%s if every probe is silent", duration(e.Longest))
	b.WriteString("nothing was sent to a target\n")
	return b.String()
}

// memoryText is the memory that a scan and its formats take.
func memoryText(outputs []report.Spec, targets int, e scanjob.Estimate) string {
	total := scanMemory + targetMemory*uint64(targets)
	if e.Discovery {
		total += aliveMemory * e.Here
	}
	text := fmt.Sprintf("about %d MB", total>>20)
	perResult := uint64(0)
	for _, spec := range outputs {
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
		text += fmt.Sprintf(", and %.1f kB for each result shown, %d MB if all are", float64(perResult)/1024, perResult*e.Probes>>20)
	}
	return text
}
