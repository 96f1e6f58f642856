package cli

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/audit"
	"porthole/internal/machine"
	"porthole/internal/record"
	"porthole/internal/remark"
	"porthole/internal/scanjob"
	"porthole/internal/verifyjob"
	"porthole/registry"
	"porthole/sockets"
)

// verifyFlag is --verify of a command.
func verifyFlag(usage string) cli.Flag {
	return &cli.StringFlag{Name: "verify", Usage: "`[=all]` " + usage}
}

// expiryFlag is --expiry.
func expiryFlag() cli.Flag {
	return &cli.DurationFlag{Name: "expiry", Value: remark.DefaultExpiry, Usage: "`D` remark on certificates that end within it (default 720h)"}
}

func verifyKinds() []string { return []string{usual, "all"} }

// readVerify reads --verify and --expiry; nil without --verify.
func readVerify(ctx *cli.Context) (*scanjob.Verify, error) {
	kind := ctx.String("verify")
	if kind == "" {
		if ctx.IsSet("expiry") {
			return nil, usagef("%s: --expiry is about the certificates that --verify sees; write --verify --expiry %v", ctx.Command.Name, ctx.Duration("expiry"))
		}
		return nil, nil
	}
	return &scanjob.Verify{All: kind == "all", Expiry: ctx.Duration("expiry")}, checkWord("verify", kind, verifyKinds()...)
}

// sumUpVerify prints what came of --verify.
func (c console) sumUpVerify(s *record.Summary) {
	n := s.VerifyCounts
	if n == nil {
		return
	}
	parts := []string{fmt.Sprintf("%d verified", n.Verified)}
	parts = append(parts, nonZero(count{n.Unidentified, "unidentified"}, count{n.Unreachable, "unreachable"}, count{n.NotAsked, "not asked"})...)
	switch n.Mismatched {
	case 0:
	case 1:
		parts = append(parts, "1 speaks something else than its number")
	default:
		parts = append(parts, fmt.Sprintf("%d speak something else than their numbers", n.Mismatched))
	}
	c.info("%s", strings.Join(parts, ", "))
}

// verifyMachine asks the listeners of a machine, if that is asked for, and counts the
// answers.
func (c console) verifyMachine(ctx context.Context, how *scanjob.Verify, m audit.Machine, bound verifyjob.Bound) (*record.VerifyCounts, error) {
	if how == nil {
		return nil, nil
	}
	err := c.verifySockets(ctx, how, m.Sockets, bound)
	return countVerified(m.Sockets), err
}

// verifyPorts asks the sockets of a machine that wait on some ports, if that is asked
// for, and fills in what answers.
func (c console) verifyPorts(ctx context.Context, how *scanjob.Verify, machine []record.Record, ports registry.Ports) error {
	if how == nil {
		return nil
	}
	var chosen []record.Record
	var at []int
	for i, r := range machine {
		if r.Waits() && ports.Contains(r.Proto, r.Port) {
			chosen, at = append(chosen, r), append(at, i)
		}
	}
	err := c.verifySockets(ctx, how, chosen, boundByRecords(machine))
	for k, i := range at {
		machine[i].Verified = chosen[k].Verified
	}
	return err
}

func countVerified(list []record.Record) *record.VerifyCounts {
	n := new(record.VerifyCounts)
	for i := range list {
		n.Count(list[i].Verified)
	}
	return n
}

// verifySockets asks the sockets that wait what answers, and fills that in. A line on
// a terminal tells how far it is.
func (c console) verifySockets(ctx context.Context, how *scanjob.Verify, found []record.Record, bound verifyjob.Bound) error {
	line := c.statusLine()
	defer line.clear()
	job := verifyjob.Job{
		All: how.All, Expiry: cmp.Or(how.Expiry, remark.DefaultExpiry), NetNS: machine.NetNS(), Bound: bound,
		Done: func(answers, ports int) { line.show("%d of %s asked", answers, plural(ports, "listener")) },
	}
	list := make([]*record.Record, len(found))
	for i := range found {
		list[i] = &found[i]
	}
	return job.Run(ctx, list)
}

// boundBy has all that waits in a snapshot.
func boundBy(snap sockets.Snapshot) verifyjob.Bound {
	bound := make(verifyjob.Bound)
	for i := range snap.Sockets {
		if s := &snap.Sockets[i]; s.State.Waits() {
			bound.Add(s.NetNS, s.Proto, s.Local)
		}
	}
	return bound
}

// boundByRecords is boundBy for records.
func boundByRecords(list []record.Record) verifyjob.Bound {
	bound := make(verifyjob.Bound)
	for i := range list {
		r := &list[i]
		if addr, err := netip.ParseAddr(r.Addr); err == nil && r.Waits() {
			bound.Add(r.NetNS, r.Proto, netip.AddrPortFrom(addr, r.Port))
		}
	}
	return bound
}
