package cli

import (
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/signal"

	"porthole/internal/progress"
	"porthole/internal/report"
	"porthole/internal/scanjob"
	"porthole/scanner"
)

// scanProgress tells how far a scan is. It stands in for standard error, so
// that what is said there goes above the bar.
type scanProgress struct {
	*progress.Display
	asked   chan os.Signal
	tells   bool // open ports are told above the bar as they are found
	quiet   bool
	verbose bool
	timings timings // with verbose
}

// usualColumns is the width of a terminal that does not tell its own.
const usualColumns = 80

// startProgress shows the progress of a scan, when --progress says. From here on a
// signal makes it print the status; before, that signal would end the program.
func (c console) startProgress(when string, o outputs) (*scanProgress, error) {
	_, onTerminal := terminal(c.err)
	onTerminal = onTerminal && c.getenv("TERM") != "dumb"
	mode := progress.Silent
	switch {
	case when == "always" && onTerminal:
		mode = progress.Bar
	case when == "always":
		mode = progress.Lines
	case when == "never":
	case when != "auto":
		return nil, usagef("progress: unknown value %q; write auto, always or never", when)
	case onTerminal && c.getenv("CI") == "" && !c.quiet:
		mode = progress.Bar
	}
	p := &scanProgress{asked: make(chan os.Signal, 1), quiet: c.quiet, verbose: c.verbose}
	if signals := statusSignals(); signals != nil {
		signal.Notify(p.asked, signals...)
	}
	_, seen := terminal(c.out)
	p.tells = mode == progress.Bar && !(seen && o.live())
	columns := func() int { return cmp.Or(width(c.err), usualColumns) }
	p.Display = progress.Start(c.err, mode, columns, p.asked)
	return p, nil
}

// besideBar makes the bar give way to standard output where both are on a
// terminal.
func (p *scanProgress) besideBar(stdout io.Writer) io.Writer {
	if _, ok := terminal(stdout); ok {
		return p.Above(stdout)
	}
	return stdout
}

// Close ends it all; the signals end the program again.
func (p *scanProgress) Close() {
	signal.Stop(p.asked)
	p.Display.Close()
}

// hooks tell what happens in a scan.
func (p *scanProgress) hooks() scanjob.Hooks {
	return scanjob.Hooks{
		Unresolved: func(err error) { printError(p, err) },
		Stage:      p.stage,
		Asked:      p.Start,
		Host:       p.host,
		Verdict:    p.verdict,
		Middlebox:  p.middlebox,
		Unnamed: func(addresses int) {
			if !p.quiet {
				fmt.Fprintf(p, "rdns: no answer from the name server for %s\n", plural(addresses, "look-up"))
			}
		},
	}
}

func (p *scanProgress) stage(s scanjob.Stage) {
	what := map[scanjob.StageKind]string{scanjob.StageDiscovery: "addresses looked for", scanjob.StagePorts: "probes"}
	p.Begin(what[s.Kind], s.Total, progress.Patience{Timeout: s.Timeout, Retries: s.Attempts - 1})
}

// host counts an address that was looked for.
func (p *scanProgress) host(h scanner.HostStatus, recalled bool) {
	if recalled {
		p.Recall(!h.Alive, false)
	} else {
		p.Done(1, !h.Alive, false)
	}
	if p.verbose && !h.Alive {
		fmt.Fprintf(p, "%s is down: %s\n", h.Addr, h.Evidence.Reason)
	}
}

// verdict counts a verdict, and tells of an open port.
func (p *scanProgress) verdict(res scanner.Result, recalled bool) {
	if p.verbose {
		p.timings.note(res)
	}
	silent := res.Reason == scanner.ReasonNoResponse
	if recalled {
		p.Recall(silent, found(res))
		return
	}
	p.Done(res.Attempts, silent, found(res))
	if p.tells && found(res) {
		fmt.Fprintln(p, report.Escape(fmt.Sprintf("open %s/%d on %s", res.Proto, res.Addr.Port(), hostName(res.Host, res.Addr.Addr()))))
	}
}

func (p *scanProgress) middlebox(host string, addr netip.Addr) {
	printError(p, fmt.Errorf("%s: even random ports are open: something in between, such as a SYN proxy, answers for it; "+
		"its further open ports are counted as middlebox and only shown by --show all", hostName(host, addr)))
}

func found(res scanner.Result) bool { return res.State == scanner.StateOpen && !res.Middlebox }
