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
	"porthole/internal/hosts"
	"porthole/internal/record"
	"porthole/scanner"
)

// Checkpoint keeps a scan in a file. A nil one has no past and keeps nothing.
type Checkpoint struct {
	path string
	past *checkpoint.State  // nil for a scan that begins
	file *checkpoint.Writer // nil until the scan begins

	mu     sync.Mutex
	flight map[scanner.Target]uint64 // positions without a verdict
}

// CheckpointError is about the file of a checkpoint, which it names.
type CheckpointError struct{ Err error }

func (e *CheckpointError) Error() string { return e.Err.Error() }
func (e *CheckpointError) Unwrap() error { return e.Err }

// DifferenceError is a checkpoint that holds another scan than the one that was
// asked for.
type DifferenceError struct {
	Path        string
	Differences []string // what the file has and what was asked for, one each
}

func (e *DifferenceError) Error() string {
	return fmt.Sprintf("%s holds another scan: %s", e.Path, strings.Join(e.Differences, "; "))
}

// OpenCheckpoint reads the file of a scan that is to go on, and keeps others
// from it until it is closed. If there is no file, [Prepare] will make it. The
// error is a [CheckpointError].
func OpenCheckpoint(path string) (*Checkpoint, error) {
	c := &Checkpoint{path: path, flight: make(map[scanner.Target]uint64)}
	var err error
	c.past, c.file, err = checkpoint.Open(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &CheckpointError{err}
	}
	return c, nil
}

// Resumes tells whether the file has a scan to go on with.
func (c *Checkpoint) Resumes() bool { return c != nil && c.past != nil }

// Targets are the targets of the scan to go on with, as they were typed.
func (c *Checkpoint) Targets() []string {
	if !c.Resumes() {
		return nil
	}
	return c.past.Config.Targets
}

// Flags are the Config.Flags of the scan to go on with.
func (c *Checkpoint) Flags() map[string][]string {
	if !c.Resumes() {
		return nil
	}
	return c.past.Config.Flags
}

// Close gives the file up, for others to open. It holds what was written.
func (c *Checkpoint) Close() {
	if c != nil && c.file != nil {
		c.file.Abandon()
		c.file = nil
	}
}

// begin makes the file of a scan that begins.
func (c *Checkpoint) begin(config checkpoint.Config) (err error) {
	if c == nil {
		return nil
	}
	if c.file, err = checkpoint.Create(c.path, config); err != nil {
		return &CheckpointError{err}
	}
	return nil
}

// turnTo says which part of the scan begins.
func (c *Checkpoint) turnTo(part int) error {
	if c == nil {
		return nil
	}
	clear(c.flight)
	return c.said(c.file.Begin(part))
}

func (c *Checkpoint) said(err error) error {
	if err == nil {
		return nil
	}
	return &CheckpointError{fmt.Errorf("writing %s: %w", c.path, err)}
}

// bad is an error about what the file holds.
func (c *Checkpoint) bad(format string, args ...any) error {
	return &CheckpointError{fmt.Errorf("%s: %w", c.path, fmt.Errorf(format, args...))}
}

// recall takes the plan of a scan that goes on from its file, and refuses to go
// on with a scan of something else. A name keeps the addresses that it had: it
// may have others by now.
func (j *Job) recall() (problems []error, err error) {
	saved, path := j.Checkpoint.past.Config, j.Checkpoint.path
	j.seed = saved.Seed
	if j.Seed != nil {
		j.seed = *j.Seed
	}
	asked := j.checkpointConfig(checkpoint.Plan{Seed: j.seed}, nil)
	if differences := saved.Differences(asked); differences != nil {
		return nil, &CheckpointError{&DifferenceError{Path: path, Differences: differences}}
	}
	for _, saved := range saved.Sets {
		s, err := hosts.ParseSet(saved.Port, saved.Addresses)
		if err != nil {
			return nil, j.Checkpoint.bad("%w", err)
		}
		if have := j.portsOf(s).String(); have != saved.Ports {
			return nil, j.Checkpoint.bad("ports: the file has %s, not %s", saved.Ports, have)
		}
		j.sets = append(j.sets, s)
	}
	for _, text := range saved.Unresolved {
		problems = append(problems, errors.New(text))
	}
	j.hash, err = saved.Plan.Hash()
	return problems, err
}

// checkpointConfig is the whole of what was asked for.
func (j *Job) checkpointConfig(plan checkpoint.Plan, problems []error) checkpoint.Config {
	c := checkpoint.Config{
		Targets:  texts(j.Targets),
		Exclude:  texts(j.Exclude),
		Ports:    j.Ports.String(),
		Family:   string(j.Family),
		Discover: string(j.Discover),
		Show:     j.showText(),
		Shard:    j.Shard,
		Shards:   j.Shards,
		Flags:    j.Flags,
		Plan:     plan,
	}
	for _, problem := range problems {
		c.Unresolved = append(c.Unresolved, problem.Error())
	}
	return c
}

func texts(targets []hosts.Target) []string {
	list := make([]string, len(targets))
	for i, t := range targets {
		list[i] = t.Text
	}
	return list
}

// showText is Show and ShowAll as the file has them.
func (c *Config) showText() string {
	var words []string
	for _, state := range c.Show {
		words = append(words, state.String())
	}
	if c.ShowAll {
		words = append(words, "all")
	}
	return strings.Join(words, ",")
}

// todo is what is left to ask of a part, in order.
func (c *Checkpoint) todo(part int, order *scanner.Plan) iter.Seq[scanner.Target] {
	if c == nil {
		return order.Targets(0)
	}
	done := new(checkpoint.Positions)
	if c.Resumes() {
		done = c.past.Done(part)
	}
	return func(yield func(scanner.Target) bool) {
		for i := range order.Len() {
			if done.Has(i) {
				continue
			}
			t := order.At(i)
			c.mu.Lock()
			c.flight[t] = i
			c.mu.Unlock()
			c.file.Reached(i + 1)
			if !yield(t) {
				return
			}
		}
	}
}

// landed is the position of a target that has its verdict.
func (c *Checkpoint) landed(t scanner.Target) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	position := c.flight[t]
	delete(c.flight, t)
	return position
}

// noteHost keeps what discovery found out about an address.
func (c *Checkpoint) noteHost(h scanner.HostStatus) error {
	return c.count(addressTarget(h.Host, h.Addr), saysHost(h))
}

// count keeps a verdict that only counts, by what it says.
func (c *Checkpoint) count(t scanner.Target, says string) error {
	if c == nil {
		return nil
	}
	return c.said(c.file.Count(c.landed(t), says))
}

// note keeps a verdict, whole if it is shown.
func (c *Checkpoint) note(res scanner.Result, shown bool) error {
	switch {
	case c == nil:
		return nil
	case !shown:
		return c.count(res.Target, says(res))
	}
	v := checkpoint.Shown{
		Position:  c.landed(res.Target),
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
	return c.said(c.file.Show(v))
}

// end closes the file with what is to be said of this run.
func (c *Checkpoint) end(elapsed time.Duration, ledger record.ScanStats) error {
	if c == nil {
		return nil
	}
	text, err := json.Marshal(ledger)
	if err != nil {
		return err
	}
	err = c.said(c.file.Close(checkpoint.Run{Elapsed: elapsed, Ledger: text}))
	c.file = nil
	return err
}
