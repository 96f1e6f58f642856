package cli

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/record"
	"porthole/internal/remark"
	"porthole/internal/scanjob"
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
	parts = append(parts, nonZero(count{n.Unidentified, "unidentified"}, count{n.NotAsked, "not asked"})...)
	switch n.Mismatched {
	case 0:
	case 1:
		parts = append(parts, "1 speaks something else than its number")
	default:
		parts = append(parts, fmt.Sprintf("%d speak something else than their numbers", n.Mismatched))
	}
	c.info("%s", strings.Join(parts, ", "))
}
