package cli

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/record"
	"porthole/internal/scanjob"
)

// fewPorts says how few of all ports a scan asked whose user named none; else "".
func fewPorts(ctx *cli.Context, job *scanjob.Job) string {
	if ctx.IsSet("ports") || !job.AsksPorts() {
		return ""
	}
	kind := "common"
	if ctx.IsSet("top") {
		kind = "most common"
	}
	if job.PortProto == "udp" {
		kind += " UDP"
	}
	return fmt.Sprintf(" (%d %s ports of 65,535)", job.Ports.Minus(job.ExcludePorts).Len(job.PortProto), kind)
}

// scanWords is what the summary of a scan does not know.
type scanWords struct {
	kind    string // of the records
	ports   string // what fewPorts says
	unasked string // what localFailures.why says
}

// sumUpScan prints the summary line of a scan, and with --verbose the statistics.
func (c console) sumUpScan(ctx *cli.Context, words scanWords, s *record.Summary, scanErr error) {
	n := s.ScanCounts
	parts := append([]string{fmt.Sprintf("%d open, %d closed, %d filtered", n.Open, n.Closed, n.Filtered)},
		nonZero(count{n.OpenFiltered, "open|filtered"}, count{n.ClosedFiltered, "closed|filtered"}, count{n.Middlebox, "middlebox"}, count{n.Unknown, "unknown"})...)
	line := fmt.Sprintf("%s of %s%s in %s", strings.Join(parts, ", "), plural(n.Probes, "probe"), words.ports, seconds(s.Elapsed))
	if words.kind == record.KindHost {
		line = fmt.Sprintf("%s alive, in %s", someAddresses(n.Alive, n.Targets), seconds(s.Elapsed))
		if n.Unknown > 0 {
			line += fmt.Sprintf("; %d could not be asked", n.Unknown)
		}
	}
	if n.Down > 0 {
		line += fmt.Sprintf("; %s down, %s unanswered", someAddresses(n.Down, n.Targets), plural(n.Silent, "question"))
	}
	if interrupted(scanErr) {
		decided := n.Decided()
		line += fmt.Sprintf("; interrupted, %d without a verdict", n.Probes-min(decided, n.Probes))
		if n.NotLookedFor > 0 {
			line += fmt.Sprintf(", %d of %s not looked for (%d alive so far)", n.NotLookedFor, plural(n.Targets, "address"), n.Alive)
		}
	}
	if s.Shards > 1 {
		line += fmt.Sprintf("; shard %d of %d", s.Shard, s.Shards)
	}
	c.info("%s", line)
	c.sumUpVerify(s)
	if file := ctx.String("resume"); interrupted(scanErr) && file != "" {
		c.info("go on with: porthole scan --resume %s", file)
	}
	if note := unknownNote(words, s); note != "" {
		c.info("%s", note)
	}
	if s.PathRate > 0 {
		c.info("the path was the limit: it took about %.0f attempts a second, and lost %.1f%% of them", s.PathRate, 100*s.Loss)
	}
	if c.verbose {
		c.info("%s", statsLine(s))
	}
}

// someAddresses says that n of all addresses are something.
func someAddresses(n, all uint64) string {
	verb := "are"
	if n == 1 || all == 1 {
		verb = "is"
	}
	return fmt.Sprintf("%d of %s %s", n, plural(all, "address"), verb)
}

// unknownNote says why probes, or addresses, have no verdict, and what would help.
func unknownNote(words scanWords, s *record.Summary) string {
	timedOut, unknown := s.TimedOut, s.Unknown
	switch {
	case unknown == 0:
		return ""
	case words.kind == record.KindHost:
		return plural(unknown, "address") + " could not be asked by this machine" + words.unasked + "; -v names each"
	case timedOut >= unknown:
		return plural(unknown, "probe has") + " no verdict because the time of the host was up; a longer --host-timeout would help"
	default:
		return plural(unknown, "probe has") + " no verdict because this machine could not ask" + words.unasked + "; --show unknown -o wide lists them"
	}
}

// statsLine says how sure the verdicts are, and what the scan cost.
func statsLine(s *record.Summary) string {
	n := s.ScanStats
	parts := append([]string{fmt.Sprintf("%s, %s, %.1f%% lost on the way", plural(n.Attempts, "attempt"), plural(n.Retries, "retry"), 100*n.Loss)},
		nonZero(
			count{n.Late, "answered late"},
			count{n.LocalErrors, "failed on this machine"},
			count{n.TimedOut, "left by a host's timeout"},
			count{uint64(s.Unresolved), "without an address"})...)
	if n.SlowestRate > 0 {
		parts = append(parts, fmt.Sprintf("%s slowed for targets that limit their answers, to %.1f a second at least", plural(n.Slowed, "time"), n.SlowestRate))
	}
	return strings.Join(append(parts, fmt.Sprintf("seed %d", *s.Seed)), ", ")
}
