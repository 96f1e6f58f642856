package cli

import (
	"io"
	"testing"

	"porthole/internal/record"
)

// TestMergeForgedShards holds that the number of shards in a file is not counted to.
func TestMergeForgedShards(t *testing.T) {
	sum := record.Summary{Shard: 1 << 63, Shards: 1<<64 - 1, Config: "x"}
	c := console{err: io.Discard}
	chosen, err := c.choose([]part{{path: "a", sum: &sum}})
	if err != nil || len(chosen) != 1 {
		t.Errorf("%v, %v", chosen, err)
	}
	var joined record.Summary
	sum.ScanCounts, sum.ScanStats = &record.ScanCounts{}, &record.ScanStats{}
	if c.join(chosen, &joined); len(joined.MissingShards) != maxMissing {
		t.Errorf("%d missing shards are named", len(joined.MissingShards))
	}
}
