package scanjob

import (
	"time"

	"porthole/internal/record"
	"porthole/scanner"
)

// count counts a verdict, shown or not.
func count(n *record.ScanCounts, res scanner.Result) {
	switch {
	case res.Middlebox:
		n.Middlebox++
	case res.State == scanner.StateOpen:
		n.Open++
	case res.State == scanner.StateClosed:
		n.Closed++
	case res.State == scanner.StateFiltered:
		n.Filtered++
	case res.State == scanner.StateOpenFiltered:
		n.OpenFiltered++
	case res.State == scanner.StateClosedFiltered:
		n.ClosedFiltered++
	default:
		n.Unknown++
	}
}

// statsOf turns the scanner's statistics into those of a summary.
func statsOf(s scanner.Stats) record.ScanStats {
	return record.ScanStats{
		Attempts:    uint64(s.Attempts),
		Retries:     uint64(s.Retries),
		Late:        uint64(s.Late),
		LocalErrors: uint64(s.LocalErrors),
		TimedOut:    uint64(s.TimedOut),
		Loss:        s.Loss,
		PathRate:    s.PathRate,
		Slowed:      uint64(s.Slowed),
		SlowestRate: s.SlowestRate,
	}
}

// summary is the summary of a run that ended with err.
func (r *run) summary(elapsed time.Duration, err error) *record.Summary {
	sum := &record.Summary{
		Kind: "summary", Command: "scan",
		Complete:   err == nil && r.counts.Unknown == 0 && r.counts.Unresolved == 0,
		ScanCounts: &r.counts, ScanStats: &r.stats,
		Seed: new(r.seed), Config: r.scopeHash,
		Elapsed: record.Milliseconds(elapsed),
	}
	if r.Verify != nil {
		sum.VerifyCounts = &r.proved
	}
	if r.Shards > 1 {
		sum.Shard, sum.Shards = r.Shard, r.Shards
	}
	return sum
}
