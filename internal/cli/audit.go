package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"porthole/internal/audit"
	"porthole/internal/inspect"
	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/internal/savedfile"
	"porthole/internal/scanjob"
	"porthole/internal/sentence"
	"porthole/internal/userfile"
	"porthole/sockets"
)

func (c console) auditCommand() *cli.Command {
	flags := append([]cli.Flag{
		&cli.StringFlag{Name: "baseline", Usage: "`FILE` only what this earlier audit did not have"},
		&cli.StringFlag{Name: "allow", Usage: "`FILE` allowed: RULE PLACE LAST-DAY REASON a line"},
		&cli.StringFlag{Name: "fail-on", Value: record.SeverityHigh, Usage: "`SEVERITY` exit with 4 from low, medium or high (default)"},
		&cli.BoolFlag{Name: "reach", Usage: "scan this machine's own addresses, too, and compare"},
		&cli.StringFlag{Name: "ports", Aliases: []string{"p"}, Value: "-", Usage: "`EXPR` ports that --reach asks (default all of TCP)"},
		&cli.StringFlag{Name: "from", Usage: "`FILE` compare with a scan made elsewhere"},
		&cli.StringFlag{Name: "netns", Value: "all", Usage: "`WHICH` all network namespaces (default), self, or a name"},
		verifyFlag("ask each listener what answers; =all asks devices, too"),
		expiryFlag(),
		noBPFFlag(),
		&cli.BoolFlag{Name: "rules", Usage: "list what is looked for, and end"},
	}, commonFlags("audit")...)
	return &cli.Command{
		Name:        "audit",
		Usage:       "what deserves a look about this machine's listeners",
		Flags:       flags,
		Action:      c.action(console.audit),
		Description: "Every finding has its evidence and what to do about it. Root sees more.",
		UsageText: examples(
			"porthole audit", "every finding, the worst first",
			"porthole audit -o json=known.json -q", "save what is known,",
			"porthole audit --baseline known.json", "and later see only what is new",
		),
	}
}

func (c console) audit(ctx *cli.Context) error {
	o, err := c.outputs(ctx, "audit", record.KindFinding)
	if err != nil {
		return err
	}
	o.options.Rules = audit.Rules()
	failOn := ctx.String("fail-on")
	if err := checkWord("fail-on", failOn, record.Severities()...); err != nil {
		return err
	}
	if ctx.Args().Present() {
		return usagef("audit: it looks at this machine as a whole, and %q is not a flag", ctx.Args().First())
	}
	if ctx.Bool("rules") {
		if ctx.IsSet("output") {
			return usagef("audit: --rules prints a text alone; leave --output out")
		}
		return c.listRules()
	}
	how, err := readVerify(ctx)
	if err != nil {
		return err
	}
	known, err := readKnown(ctx)
	if err != nil {
		return err
	}
	m, warnings, proved, err := c.readAudited(ctx, how)
	if err != nil {
		return err
	}
	n := record.AuditCounts{}
	findings := known.leaveOut(c, ctx, m.Audit(), &n)
	failed := false
	for _, f := range findings {
		n.Count(f)
		failed = failed || audit.AtLeast(f, failOn)
	}
	n.Checked = waiting(m.Sockets)
	sum, err := o.write(c.out, func(out *report.Output, sum *record.Summary) error {
		sum.AuditCounts, sum.VerifyCounts, sum.Complete = &n, proved, complete(warnings)
		return writeAll(out, findings)
	})
	if err != nil {
		return writeError(err, verdict(failed, complete(warnings)))
	}
	c.sumUpAudit(m, warnings, sum)
	return verdict(failed, sum.Complete)
}

// readAudited reads what the rules are about: the sockets of --netns, what the firewall
// does, and with --verify what answers.
func (c console) readAudited(ctx *cli.Context, how *scanjob.Verify) (m inspect.Machine, warnings []error, proved *record.VerifyCounts, err error) {
	if m, warnings, err = c.readMachineAndScan(ctx); err != nil {
		return m, nil, nil, err
	}
	bound := boundByRecords(m.Sockets)
	if which := ctx.String("netns"); which == "all" || which == "self" {
		services, err := c.services()
		if err != nil {
			return m, nil, nil, err
		}
		if !m.ReadFirewall(services) {
			c.info("the firewall has too many rules to look for those that have no effect")
		}
	}
	if m.Sockets, err = inNetNS(m.Machine, ctx.String("netns")); err != nil {
		return m, nil, nil, err
	}
	proved, err = c.verifyMachine(ctx.Context, how, m.Machine, bound)
	return m, warnings, proved, err
}

// inNetNS returns the sockets of the network namespaces that --netns asks for.
func inNetNS(m audit.Machine, which string) (out []record.Record, err error) {
	if which == "all" {
		return m.Sockets, nil
	}
	var names []string
	for _, r := range m.Sockets {
		name := r.NetNSText()
		if own := r.InNetNS(m.NetNS); own && which == "self" || !own && name == which {
			out = append(out, r)
		}
		if !r.InNetNS(m.NetNS) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(out) == 0 && which != "self" {
		return nil, usagef("audit: no socket in a network namespace %q; there are %s", which, sentence.Join(append([]string{"all", "self"}, names...), "and"))
	}
	return out, nil
}

func (c console) listRules() error {
	for _, r := range audit.Rules() {
		if _, err := fmt.Fprintf(c.out, "%-19s %-7s %s\n", r.ID, r.Severity, r.Title); err != nil {
			return err
		}
	}
	return nil
}

// known is what the findings to report leave out.
type known struct {
	baseline audit.Baseline
	allow    []audit.Allowance
}

func readKnown(ctx *cli.Context) (k known, err error) {
	if name := ctx.String("baseline"); name != "" {
		source, err := savedfile.Rows(ctx.Context, name, nil, k.baseline.Add)
		if err != nil {
			return k, fmt.Errorf("baseline: %w", err)
		}
		if source.Command != "audit" {
			return k, fmt.Errorf("baseline: %s was written by porthole %s; want what porthole audit -o json=%s writes", name, source.Command, name)
		}
	}
	if name := ctx.String("allow"); name != "" {
		f, err := userfile.Open(ctx.Context, name)
		if err != nil {
			return k, fmt.Errorf("allow: %w", err)
		}
		defer f.Close()
		if k.allow, err = audit.ReadAllow(f, time.Local); err != nil {
			return k, fmt.Errorf("allow: %s: %w", name, err)
		}
	}
	return k, nil
}

// leaveOut drops the findings that are known, and names expired allowances.
func (k known) leaveOut(c console, ctx *cli.Context, findings []record.Record, n *record.AuditCounts) []record.Record {
	fresh := k.baseline.Without(findings)
	left, expired := audit.WithoutAllowed(fresh, k.allow, time.Now())
	n.Known, n.Allowed = len(findings)-len(fresh), len(fresh)-len(left)
	for _, a := range expired {
		c.info("%s:%d: allowed until %s, which is over: %s", ctx.String("allow"), a.Line, a.Until.Format(time.DateOnly), a.Reason)
	}
	return left
}

func waiting(records []record.Record) (n int) {
	for _, r := range records {
		if r.Waits() {
			n++
		}
	}
	return n
}

func (c console) sumUpAudit(m inspect.Machine, warnings []error, s *record.Summary) {
	c.missing(warnings)
	hidden, reasons := 0, map[string]bool{}
	for _, r := range m.Sockets {
		if r.Waits() && r.HolderHidden() {
			hidden++
			reasons[r.Hidden] = true
		}
	}
	if hidden > 0 {
		note := hiddenNote(hidden, func(why sockets.Hidden) bool { return reasons[why.String()] })
		c.info("%s; the rules about holders cannot judge them", note)
	}
	if unread := unreadOf(m.Sockets); unread != "" {
		c.info("%s", unreadNote(unread))
	}
	n := s.AuditCounts
	parts := []string{fmt.Sprintf("%d high, %d medium, %d low", n.High, n.Medium, n.Low)}
	parts = append(parts, nonZero(count{uint64(n.Known), "known"}, count{uint64(n.Allowed), "allowed"})...)
	c.info("%s; %s checked in %s", strings.Join(parts, ", "), plural(n.Checked, "socket"), seconds(s.Elapsed))
	c.sumUpVerify(s)
}
