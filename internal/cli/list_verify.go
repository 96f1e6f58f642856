package cli

import (
	"cmp"
	"context"

	"github.com/urfave/cli/v2"

	"porthole/internal/listing"
	"porthole/internal/record"
	"porthole/internal/scanjob"
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
