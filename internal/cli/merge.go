package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"porthole/internal/privilege"
	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/internal/savedfile"
)

func (c console) mergeCommand() *cli.Command {
	flags := commonFlags("merge")
	return &cli.Command{
		Name:        "merge",
		Usage:       "join the shards of one scan into one result",
		ArgsUsage:   "FILE...",
		Flags:       flags,
		Action:      c.action(console.merge),
		Description: "A file is what a shard wrote with -o json or -o jsonl.",
		UsageText: examples(
			"porthole scan HOST --shard 1/2 -o json=1.json", "how a shard is made",
			"porthole merge shard-*.json", "the whole scan as a table",
			"porthole merge *.json -o html=scan.html", "and as a page",
		),
	}
}

// merge reads each file twice, for its summary and for its records, so that it
// need not keep them in memory.
func (c console) merge(ctx *cli.Context) error {
	o, err := c.outputs(ctx, "scan", record.KindPort)
	if err != nil {
		return err
	}
	if !ctx.Args().Present() {
		return usagef("merge: no files; write porthole merge shard-*.json")
	}
	parts, err := readParts(ctx.Context, ctx.Args().Slice())
	defer closeParts(parts)
	if err != nil {
		return err
	}
	chosen, err := c.choose(parts)
	if err != nil {
		return err
	}
	o.options.Start = earliest(chosen)
	o.options.Kind = kindOf(chosen)
	o.needsRoot = true
	c.limit(privilege.Files) // for what is read again, and written
	whole := false
	sum, err := o.write(c.out, func(out *report.Output, sum *record.Summary) error {
		c.join(chosen, sum)
		whole = sum.Complete
		for _, p := range chosen {
			if _, err := p.readAgain(ctx.Context, out.Write); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return writeError(err, verdict(false, whole))
	}
	c.sumUpScan(ctx, scanWords{kind: o.options.Kind}, sum, nil)
	return verdict(false, sum.Complete)
}

// part is one file of a scan.
type part struct {
	path  string
	kept  *savedfile.File // nil for a file that can be opened again
	sum   *record.Summary
	first time.Time // of its verdicts
	kind  string    // of its records; "" if there are none
}

func readParts(ctx context.Context, paths []string) (parts []part, err error) {
	for _, path := range paths {
		p := part{path: path}
		p.sum, err = p.read(ctx, func(r *record.Record) error {
			p.kind = r.Kind
			if r.At != nil && (p.first.IsZero() || r.At.Before(p.first)) {
				p.first = *r.At
			}
			return nil
		})
		parts = append(parts, p)
		if err != nil {
			return parts, err
		}
		if p.sum.Shards == 0 {
			p.sum.Shard, p.sum.Shards = 1, 1
		}
		if p.sum.Shard < 1 || p.sum.Shard > p.sum.Shards {
			return parts, fmt.Errorf("merge: %s: there is no shard %d of %d", path, p.sum.Shard, p.sum.Shards)
		}
	}
	return parts, nil
}

// read reads the file for the first time, and leaves it open if it could not be
// opened again.
func (p *part) read(ctx context.Context, each func(*record.Record) error) (*record.Summary, error) {
	f, err := savedfile.Open(ctx, p.path, nil)
	if err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	if f.Regular() {
		defer f.Close()
	} else {
		p.kept = f
	}
	text, err := f.First()
	if err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	return p.readFrom(text, each)
}

// readAgain reads the file once more.
func (p *part) readAgain(ctx context.Context, each func(*record.Record) error) (*record.Summary, error) {
	if p.kept != nil {
		return p.readFrom(p.kept.Again(), each)
	}
	return p.read(ctx, each)
}

func (p *part) readFrom(text io.Reader, each func(*record.Record) error) (*record.Summary, error) {
	sum, err := readScan(text, each)
	if err != nil {
		return nil, fmt.Errorf("merge: %s: %w", p.path, err)
	}
	return sum, nil
}

// closeParts closes the files that are still open.
func closeParts(parts []part) {
	for _, p := range parts {
		if p.kept != nil {
			p.kept.Close()
		}
	}
}

var errCut = errors.New("it ends without a summary, so the scan that wrote it was cut off: run it again")

// readScan reads a scan that came to its end.
func readScan(r io.Reader, each func(*record.Record) error) (*record.Summary, error) {
	sum, err := report.Read(r, func(r *record.Record) error {
		if r.Kind != record.KindPort && r.Kind != record.KindHost {
			return fmt.Errorf("a record of kind %q is not a verdict of a scan", r.Kind)
		}
		return each(r)
	})
	switch {
	case errors.Is(err, report.ErrCut), err == nil && sum == nil:
		return nil, errCut
	case err != nil:
		return nil, err
	case sum.Command != "scan" || sum.ScanCounts == nil || sum.ScanStats == nil:
		return nil, errors.New("it is not the result of a porthole scan")
	}
	return sum, nil
}

// choose returns one file for each shard, in their order, and names the files that
// it leaves out. It fails if the files are of different scans.
func (c console) choose(parts []part) ([]part, error) {
	byShard := make(map[uint64]part)
	first := parts[0]
	for _, p := range parts {
		switch {
		case p.sum.Config == "" || p.sum.Config != first.sum.Config:
			return nil, fmt.Errorf("merge: %s and %s are not of one scan: they ask other addresses or ports, or in another order", first.path, p.path)
		case p.sum.Shards != first.sum.Shards:
			return nil, fmt.Errorf("merge: %s is of a scan in %d shards, %s of one in %d", first.path, first.sum.Shards, p.path, p.sum.Shards)
		}
		other, doubled := byShard[p.sum.Shard]
		if doubled {
			if p.sum.Complete && !other.sum.Complete {
				other, p = p, other
			}
			printError(c.err, fmt.Errorf("merge: shard %d/%d is doubled: %s is used, %s is left out", p.sum.Shard, p.sum.Shards, other.path, p.path))
			p = other
		}
		byShard[p.sum.Shard] = p
	}
	var chosen []part
	for _, shard := range slices.Sorted(maps.Keys(byShard)) {
		chosen = append(chosen, byShard[shard])
	}
	return chosen, nil
}

// earliest is the time of the first verdict.
func earliest(parts []part) (at time.Time) {
	for _, p := range parts {
		if !p.first.IsZero() && (at.IsZero() || p.first.Before(at)) {
			at = p.first
		}
	}
	return at
}

// kindOf is the kind of the records: addresses, if the shards looked for these alone.
func kindOf(parts []part) string {
	for _, p := range parts {
		if p.kind != "" {
			return p.kind
		}
	}
	return record.KindPort
}

// maxMissing is the number of missing shards that are named at most.
const maxMissing = 1000

// join adds up the summaries, and names what is missing.
func (c console) join(parts []part, sum *record.Summary) {
	first := parts[0].sum
	sum.ScanCounts, sum.ScanStats = &record.ScanCounts{}, &record.ScanStats{}
	sum.Seed, sum.Config = first.Seed, first.Config
	have := make(map[uint64]bool)
	for _, p := range parts {
		have[p.sum.Shard] = true
		sum.ScanCounts.Add(*p.sum.ScanCounts)
		sum.ScanStats.Add(*p.sum.ScanStats)
		if n := p.sum.VerifyCounts; n != nil {
			if sum.VerifyCounts == nil {
				sum.VerifyCounts = new(record.VerifyCounts)
			}
			sum.VerifyCounts.Add(*n)
		}
		sum.Elapsed = max(sum.Elapsed, p.sum.Elapsed)
		if !p.sum.Complete {
			sum.Complete = false
			printError(c.err, fmt.Errorf("merge: shard %d/%d in %s is incomplete: %s", p.sum.Shard, p.sum.Shards, p.path, cmp.Or(report.Missing(p.sum), "it ended early")))
		}
	}
	for shard := uint64(1); shard <= first.Shards && len(sum.MissingShards) < maxMissing; shard++ {
		if !have[shard] {
			sum.Complete = false
			sum.MissingShards = append(sum.MissingShards, shard)
			printError(c.err, fmt.Errorf("merge: shard %d/%d is missing", shard, first.Shards))
		}
	}
}
