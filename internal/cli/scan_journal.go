package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"porthole/internal/checkpoint"
	"porthole/internal/hosts"
	"porthole/internal/record"
	"porthole/scanner"
)

// journal keeps a scan in the file of --resume. A nil journal is that of a scan
// without the flag: it has no past and keeps nothing.
type journal struct {
	path string
	past *checkpoint.State  // nil for a scan that begins
	file *checkpoint.Writer // nil until the scan begins

	mu     sync.Mutex
	flight map[scanner.Target]uint64 // positions without a verdict
}

// openJournal opens the file of a scan that goes on, and sets the flags that
// were not typed again.
func openJournal(ctx *cli.Context) (*journal, error) {
	if !ctx.IsSet("resume") {
		return nil, nil
	}
	j := &journal{path: ctx.String("resume"), flight: make(map[scanner.Target]uint64)}
	var err error
	j.past, j.file, err = checkpoint.Open(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil
	}
	if err == nil {
		err = recallFlags(ctx, j.past.Config)
	}
	if err != nil {
		j.close()
		return nil, fmt.Errorf("resume: %w", err)
	}
	return j, nil
}

func (j *journal) goesOn() bool { return j != nil && j.past != nil }

// targets are those of the file, as they were typed.
func (j *journal) targets() []string {
	if !j.goesOn() {
		return nil
	}
	return j.past.Config.Targets
}

// recall takes the addresses from the file, and refuses to go on with a scan of
// something else.
func (j *journal) recall(ctx *cli.Context, plan *scanPlan) (sets []*hosts.Set, problems []error, err error) {
	saved := j.past.Config
	asked := plan.config(ctx, checkpoint.Plan{Seed: plan.seed}, nil)
	if differences := saved.Differences(asked); differences != nil {
		return nil, nil, usagef("resume: %s holds another scan; give another file, or leave out what differs: %s", j.path, strings.Join(differences, "; "))
	}
	if sets, err = plan.recallSets(saved); err != nil {
		return nil, nil, fmt.Errorf("resume: %s: %w", j.path, err)
	}
	for _, text := range saved.Unresolved {
		problems = append(problems, errors.New(text))
	}
	return sets, problems, nil
}

// begin makes the file of a scan that begins.
func (j *journal) begin(c checkpoint.Config) (err error) {
	if j == nil {
		return nil
	}
	if j.file, err = checkpoint.Create(j.path, c); err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	return nil
}

// turnTo says which part of the scan begins.
func (j *journal) turnTo(part int) error {
	if j == nil {
		return nil
	}
	clear(j.flight)
	return j.said(j.file.Begin(part))
}

func (j *journal) said(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("resume: writing %s: %w", j.path, err)
}

// todo is what is left to ask of a part, in order.
func (j *journal) todo(part int, order *scanner.Plan) iter.Seq[scanner.Target] {
	if j == nil {
		return order.Targets(0)
	}
	done := new(checkpoint.Positions)
	if j.goesOn() {
		done = j.past.Done(part)
	}
	return func(yield func(scanner.Target) bool) {
		for i := range order.Len() {
			if done.Has(i) {
				continue
			}
			t := order.At(i)
			j.mu.Lock()
			j.flight[t] = i
			j.mu.Unlock()
			j.file.Reached(i + 1)
			if !yield(t) {
				return
			}
		}
	}
}

// landed is the position of a target that has its verdict.
func (j *journal) landed(t scanner.Target) uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	position := j.flight[t]
	delete(j.flight, t)
	return position
}

// count keeps a verdict that only counts, by what it says.
func (j *journal) count(t scanner.Target, says string) error {
	if j == nil {
		return nil
	}
	return j.said(j.file.Count(j.landed(t), says))
}

// note keeps a verdict, whole if it is shown.
func (j *journal) note(res scanner.Result, shown bool) error {
	switch {
	case j == nil:
		return nil
	case !shown:
		return j.count(res.Target, says(res))
	}
	v := checkpoint.Shown{
		Position:  j.landed(res.Target),
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
	return j.said(j.file.Show(v))
}

// end closes the file with what is to be said of this run.
func (j *journal) end(elapsed time.Duration, ledger record.ScanStats) error {
	if j == nil {
		return nil
	}
	text, err := json.Marshal(ledger)
	if err != nil {
		return err
	}
	err = j.said(j.file.Close(checkpoint.Run{Elapsed: elapsed, Ledger: text}))
	j.file = nil
	return err
}

// close gives up the file of a scan that came to nothing.
func (j *journal) close() {
	if j != nil && j.file != nil {
		j.file.Abandon()
	}
}
