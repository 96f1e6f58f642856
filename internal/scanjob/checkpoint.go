package scanjob

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"sync"
	"time"

	"porthole/internal/checkpoint"
	"porthole/internal/record"
	"porthole/scanner"
)

// Checkpoint keeps a scan in a file. A nil Checkpoint keeps nothing.
type Checkpoint struct {
	path  string
	saved *checkpoint.State  // nil for a new scan
	file  *checkpoint.Writer // nil until there is a file

	mu       sync.Mutex
	inFlight map[scanner.Target]uint64 // the positions of targets without a verdict
}

// CheckpointError is an error about the file of a checkpoint. Its text names the
// file.
type CheckpointError struct{ Err error }

func (e *CheckpointError) Error() string { return e.Err.Error() }
func (e *CheckpointError) Unwrap() error { return e.Err }

// DifferenceError is the error of a checkpoint that holds another scan than the
// one asked for.
type DifferenceError struct {
	Path        string
	Differences []string // each with what the file has and what was asked for
}

func (e *DifferenceError) Error() string {
	return fmt.Sprintf("%s holds another scan: %s", e.Path, strings.Join(e.Differences, "; "))
}

// OpenCheckpoint opens the file of a scan to resume, and keeps other scans from
// it until it is closed. If there is no such file, [Prepare] will create it. The
// error is a [CheckpointError].
func OpenCheckpoint(path string) (*Checkpoint, error) {
	c := &Checkpoint{path: path, inFlight: make(map[scanner.Target]uint64)}
	var err error
	c.saved, c.file, err = checkpoint.Open(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &CheckpointError{err}
	}
	return c, nil
}

// Resumes reports whether there is a scan to resume.
func (c *Checkpoint) Resumes() bool { return c != nil && c.saved != nil }

// Targets returns the targets of the scan to resume, as they were typed.
func (c *Checkpoint) Targets() []string {
	if !c.Resumes() {
		return nil
	}
	return c.saved.Config.Targets
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
func (c *Checkpoint) create(config checkpoint.Config) (err error) {
	if c == nil {
		return nil
	}
	if c.file, err = checkpoint.Create(c.path, config); err != nil {
		return &CheckpointError{err}
	}
	return nil
}

// begin begins a part, and returns the targets of its order that have no verdict.
func (c *Checkpoint) begin(part int, order *scanner.Plan) (iter.Seq[scanner.Target], error) {
	if c == nil {
		return order.Targets(0), nil
	}
	clear(c.inFlight)
	done := new(checkpoint.Positions)
	if c.Resumes() {
		done = c.saved.Done(part)
	}
	todo := func(yield func(scanner.Target) bool) {
		for position := range order.Len() {
			if !done.Has(position) && !yield(c.start(position, order.At(position))) {
				return
			}
		}
	}
	return todo, c.writeError(c.file.Begin(part))
}

// start keeps the position of a target that the scanner takes.
func (c *Checkpoint) start(position uint64, t scanner.Target) scanner.Target {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inFlight[t] = position
	c.file.Reached(position + 1)
	return t
}

// finish returns the position of a target that has its verdict.
func (c *Checkpoint) finish(t scanner.Target) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	position := c.inFlight[t]
	delete(c.inFlight, t)
	return position
}

// addHost adds the status of an address.
func (c *Checkpoint) addHost(h scanner.HostStatus) error {
	if c == nil {
		return nil
	}
	return c.writeError(c.file.Count(c.finish(addressTarget(h.Host, h.Addr)), hostOutcome(h)))
}

// addVerdict adds a verdict: all of it if it is shown, else its outcome.
func (c *Checkpoint) addVerdict(res scanner.Result, shown bool) error {
	switch {
	case c == nil:
		return nil
	case !shown:
		return c.writeError(c.file.Count(c.finish(res.Target), outcome(res)))
	}
	v := checkpoint.Verdict{
		Position:  c.finish(res.Target),
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
