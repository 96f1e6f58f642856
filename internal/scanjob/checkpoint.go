package scanjob

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"time"

	"porthole/internal/checkpoint"
	"porthole/internal/hosts"
	"porthole/internal/record"
	"porthole/scanner"
)

// Checkpoint keeps a scan in a file. A nil Checkpoint keeps nothing.
type Checkpoint struct {
	path  string
	saved *checkpoint.State  // nil for a new scan
	sets  []*hosts.Set       // of saved
	file  *checkpoint.Writer // nil until there is a file
}

// CheckpointError is an error about the file of a checkpoint. Its text names the
// file.
type CheckpointError struct{ Err error }

func (e *CheckpointError) Error() string { return e.Err.Error() }
func (e *CheckpointError) Unwrap() error { return e.Err }

// DifferenceError says that a checkpoint holds another scan than the one asked for.
type DifferenceError struct {
	Path        string
	Differences []string // each with what the file has and what was asked for
}

func (e *DifferenceError) Error() string {
	return fmt.Sprintf("%s holds another scan: %s", e.Path, strings.Join(e.Differences, "; "))
}

// OpenCheckpoint opens the file of a scan to resume, and locks it against other scans
// until it is closed. It waits a few seconds for a scan that is ending. If there is no
// such file, [Prepare] will create it. The error is a [CheckpointError], or ctx.Err().
func OpenCheckpoint(ctx context.Context, path string) (*Checkpoint, error) {
	c := &Checkpoint{path: path}
	var err error
	c.saved, c.file, err = checkpoint.Open(ctx, path, c.addItem)
	if ctx.Err() != nil {
		c.Close()
		return nil, ctx.Err()
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &CheckpointError{err}
	}
	return c, nil
}

// Resumes reports whether there is a scan to resume.
func (c *Checkpoint) Resumes() bool { return c != nil && c.saved != nil }

// addItem adds addresses to a set of the scan to resume.
func (c *Checkpoint) addItem(config *checkpoint.Config, set int, item string) error {
	for n := len(c.sets); n < len(config.Sets); n++ {
		c.sets = append(c.sets, &hosts.Set{Port: config.Sets[n].Port})
	}
	return c.sets[set].AddItem(item)
}

// Flags returns the Config.Flags of the scan to resume.
func (c *Checkpoint) Flags() map[string][]string {
	if !c.Resumes() {
		return nil
	}
	return c.saved.Config.Flags
}

// Close closes the file. What was written so far can be resumed.
func (c *Checkpoint) Close() {
	if c != nil && c.file != nil {
		c.file.Abandon()
		c.file = nil
	}
}

// create creates the file of a new scan.
func (c *Checkpoint) create(config checkpoint.Config, items checkpoint.Items) (err error) {
	if c == nil {
		return nil
	}
	if c.file, err = checkpoint.Create(c.path, config, items); err != nil {
		return &CheckpointError{err}
	}
	return nil
}

// begin begins a part, and returns the targets of its order that have no verdict,
// with their positions.
func (c *Checkpoint) begin(part int, order *scanner.Plan) (iter.Seq2[uint64, scanner.Target], error) {
	var done *checkpoint.Positions // none
	var err error
	if c != nil {
		err = c.writeError(c.file.Begin(part))
	}
	if c.Resumes() {
		done = c.saved.Done(part)
	}
	return func(yield func(uint64, scanner.Target) bool) {
		for position := range order.Len() {
			if done != nil && done.Has(position) {
				continue
			}
			if c != nil {
				c.file.Reached(position + 1)
			}
			if !yield(position, order.At(position)) {
				return
			}
		}
	}, err
}

// addHost adds the status of an address.
func (c *Checkpoint) addHost(position uint64, h scanner.HostStatus) error {
	if c == nil {
		return nil
	}
	return c.writeError(c.file.Count(position, hostOutcome(h)))
}

// addVerdict adds a verdict: all of it if it is shown, with what answered if that is
// known, else its outcome.
func (c *Checkpoint) addVerdict(position uint64, res scanner.Result, shown bool, verified *record.Verified) error {
	switch {
	case c == nil:
		return nil
	case !shown:
		return c.writeError(c.file.Count(position, outcome(res)))
	}
	v := checkpoint.Verdict{
		Position:  position,
		State:     res.State.String(),
		Reason:    res.Reason.String(),
		RTT:       res.RTT,
		Attempts:  res.Attempts,
		At:        res.At.UTC(),
		Middlebox: res.Middlebox,
	}
	if res.Err != nil {
		v.Error = res.Err.Error()
	}
	if verified != nil {
		text, err := json.Marshal(verified)
		if err != nil {
			return err
		}
		v.Verified = text
	}
	return c.writeError(c.file.Add(v))
}

// end writes the statistics of this run and closes the file.
func (c *Checkpoint) end(elapsed time.Duration, stats record.ScanStats) error {
	if c == nil {
		return nil
	}
	text, err := json.Marshal(stats)
	if err != nil {
		return err
	}
	err = c.file.Close(checkpoint.Run{Elapsed: elapsed, Stats: text})
	c.file = nil
	return c.writeError(err)
}

func (c *Checkpoint) writeError(err error) error {
	if err == nil {
		return nil
	}
	return &CheckpointError{fmt.Errorf("writing %s: %w", c.path, err)}
}
