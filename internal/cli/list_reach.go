package cli

import (
	"github.com/urfave/cli/v2"

	"porthole/internal/listing"
	"porthole/internal/record"
)

// readExposed reads --exposure.
func readExposed(ctx *cli.Context) (listing.Exposures, error) {
	if !ctx.IsSet("exposure") {
		return nil, nil
	}
	return splitWords("exposure", ctx.String("exposure"), exposures()...)
}

// unreadOf is why the rules of a firewall could not be read; "" if they were, or if
// no socket needs them.
func unreadOf(list []record.Record) string {
	for i := range list {
		if r := list[i].Reach; r != nil && r.Unread {
			return r.Why
		}
	}
	return ""
}
