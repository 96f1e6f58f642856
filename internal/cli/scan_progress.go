package cli

import (
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/signal"

	"porthole/internal/progress"
	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/internal/scanjob"
	"porthole/scanner"
	"porthole/scanner/verify"
)

// scanProgress shows on standard error what happens in a scan. It is an
// [io.Writer]: what is written to it goes to standard error above the bar.
type scanProgress struct {
	*progress.Display
	signals  chan os.Signal // each asks for the status
	showOpen bool           // open ports are shown above the bar as they are found
	quiet    bool
	verbose  bool
	verifies bool       // open ports are asked what answers
	rtts     roundTrips // with verbose
	local    localNetwork
	silent   silentHosts
	failed   localFailures
	found    *announcements
}

// defaultColumns is the width of a terminal that does not report its own.
const defaultColumns = 80

// startProgress shows the progress of a scan. When is the value of --progress.
// Until it is closed, SIGUSR1 prints the status; else it would end the program.
func (c console) startProgress(when string, o outputs) (*scanProgress, error) {
	if err := checkWord("progress", when, whens()...); err != nil {
		return nil, err
	}
	mode := c.progressMode(when)
	p := &scanProgress{signals: make(chan os.Signal, 1), quiet: c.quiet, verbose: c.verbose}
	if signals := statusSignals(); signals != nil {
		signal.Notify(p.signals, signals...)
	}
	_, sameTerminal := terminal(c.out)
	p.showOpen = mode == progress.ModeBar && !(sameTerminal && o.live())
	columns := func() int { return cmp.Or(width(c.err), defaultColumns) }
	p.Display = progress.Start(c.err, mode, columns, p.signals)
	p.found = announce(p)
	return p, nil
}

func (c console) progressMode(when string) progress.Mode {
	onTerminal := c.canDraw(c.err)
	switch {
	case when == "always" && onTerminal, when == "auto" && onTerminal && c.getenv("CI") == "" && !c.quiet:
		return progress.ModeBar
	case when == "always":
		return progress.ModeLines
	}
	return progress.ModeSilent
}

// aboveBar makes room for standard output above the bar if it is a terminal.
func (p *scanProgress) aboveBar(stdout io.Writer) io.Writer {
	if _, ok := terminal(stdout); ok {
		return p.Above(stdout)
	}
	return stdout
}

// Close ends the display. From here on SIGUSR1 ends the program.
func (p *scanProgress) Close() {
	signal.Stop(p.signals)
	p.found.drop()
	p.Display.Close()
}

// hooks show what happens in a scan.
func (p *scanProgress) hooks() scanjob.Hooks {
	hooks := scanjob.Hooks{
		Unresolved: func(err error) { printError(p, err) },
		Note: func(text string) {
			if !p.quiet {
				fmt.Fprintln(p, report.Escape(text))
			}
		},
		Stage:     p.stage,
		Asked:     p.Start,
		Host:      p.host,
		Verdict:   p.verdict,
		Verify:    func(scanner.Result) { p.Follow(verify.DefaultTimeout) },
		Verified:  func(*record.Verified) { p.Followed() },
		Middlebox: p.middlebox,
		Unnamed: func(addresses int) {
			if !p.quiet {
				fmt.Fprintf(p, "rdns: no answer from the name server for %s\n", plural(addresses, "look-up"))
			}
		},
	}
	if p.verbose {
		hooks.Unable = func(err error) { fmt.Fprintf(p, "discovery: %s\n", report.Escape(err.Error())) }
		hooks.Late = func(h scanner.HostStatus) {
			fmt.Fprintf(p, "%s is alive after all: %s\n", report.Escape(hostName(h.Host, h.Addr)), h.Evidence.Reason)
		}
		hooks.Silent = func(host string, addr netip.Addr, ports int) {
			silent := fmt.Sprintf("none of its %d ports answered", ports)
			if ports == 1 {
				silent = "its port did not answer"
			}
			fmt.Fprintf(p, "%s is down: %s\n", report.Escape(hostName(host, addr)), silent)
		}
	}
	return hooks
}

func (p *scanProgress) stage(s scanjob.Stage) {
	what := map[scanjob.StageKind]string{scanjob.StageDiscovery: "addresses looked for", scanjob.StagePorts: "probes"}
	if p.verifies {
		what[scanjob.StagePorts] = "probes and verifications"
	}
	p.Begin(what[s.Kind], s.Total, progress.Timing{Timeout: s.Timeout, Attempts: s.Attempts})
}

// host counts an address whose status is known.
func (p *scanProgress) host(h scanner.HostStatus, replayed bool) {
	p.local.add(h.Addr, h.Evidence.Reason)
	p.failed.add(h.Evidence)
	if replayed {
		p.Restore(!h.Alive, false)
	} else {
		p.Done(1, !h.Alive, false)
	}
	if p.verbose && h.Evidence.State == scanner.StateUnknown && h.Evidence.Err != nil {
		fmt.Fprintf(p, "%s could not be asked: %s\n", report.Escape(hostName(h.Host, h.Addr)), report.Escape(h.Evidence.Err.Error()))
	}
	if p.verbose && !h.Alive {
		fmt.Fprintf(p, "%s is down: %s, after %s\n", report.Escape(hostName(h.Host, h.Addr)), h.Evidence.Reason, plural(h.Asked, "question"))
	}
}

// verdict counts a verdict, and shows an open port.
func (p *scanProgress) verdict(res scanner.Result, replayed bool) {
	if p.verbose {
		p.rtts.add(res)
	}
	p.local.add(res.Addr.Addr(), res.Reason)
	p.silent.add(res)
	p.failed.add(res)
	silent := res.Reason == scanner.ReasonNoResponse
	if replayed {
		p.Restore(silent, isOpen(res))
		return
	}
	p.Done(res.Attempts, silent, isOpen(res))
	if p.showOpen && isOpen(res) {
		p.found.say(report.Escape(fmt.Sprintf("open %s/%d on %s", res.Proto, res.Addr.Port(), hostName(res.Host, res.Addr.Addr()))))
	}
}

func (p *scanProgress) middlebox(host string, addr netip.Addr) {
	printError(p, fmt.Errorf("%s: even random ports are open: something in between, such as a SYN proxy, answers for it; "+
		"its further open ports are counted as middlebox and only shown by --show all", hostName(host, addr)))
}

func isOpen(res scanner.Result) bool { return res.State == scanner.StateOpen && !res.Middlebox }
