package cli

import (
	"cmp"
	"context"
	"net/netip"

	"github.com/urfave/cli/v2"

	"porthole/internal/audit"
	"porthole/internal/listing"
	"porthole/internal/machine"
	"porthole/internal/record"
	"porthole/internal/remark"
	"porthole/internal/scanjob"
	"porthole/internal/verifyjob"
	"porthole/registry"
	"porthole/sockets"
)

func listVerifyFlags() []cli.Flag {
	return []cli.Flag{verifyFlag("ask each listener what answers; =all asks devices, too"), expiryFlag()}
}

// writeVerified writes the sockets of a listing, with what answers on those that
// wait. After an interrupt the rest is written without that.
func (c console) writeVerified(ctx context.Context, how *scanjob.Verify, snap sockets.Snapshot, shown []listing.Shown, l listing.Listing, out recordWriter, sum *record.Summary) (unread string, err error) {
	var found record.List
	if unread, err = l.Write(shown, &found, sum.ListCounts); err != nil {
		return unread, err
	}
	asking := c.verifySockets(ctx, how, found, boundBy(snap))
	sum.VerifyCounts = countVerified(found)
	return unread, cmp.Or(writeAll(out, found), asking)
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
