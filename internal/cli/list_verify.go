package cli

import (
	"cmp"
	"context"

	"github.com/urfave/cli/v2"

	"porthole/internal/machine"
	"porthole/internal/record"
	"porthole/internal/remark"
	"porthole/internal/scanjob"
	"porthole/internal/verifyjob"
	"porthole/sockets"
)

func listVerifyFlags() []cli.Flag {
	return []cli.Flag{verifyFlag("ask each listener what answers; =all asks devices, too"), expiryFlag()}
}

// writeVerified is writeSockets, with what answers on the sockets that wait. If it is
// interrupted, what was not asked is written without.
func (c console) writeVerified(ctx context.Context, how *scanjob.Verify, snap sockets.Snapshot, l listing, out recordWriter, sum *record.Summary) (unread string, err error) {
	var found record.List
	if unread, err = writeSockets(snap, l, &found, sum.ListCounts); err != nil {
		return unread, err
	}
	asking := c.verifySockets(ctx, how, found, boundBy(snap))
	sum.VerifyCounts = new(record.VerifyCounts)
	for i := range found {
		sum.VerifyCounts.Count(found[i].Verified)
	}
	return unread, cmp.Or(writeAll(out, found), asking)
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
