package scanjob

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"porthole/internal/checkpoint"
	"porthole/internal/record"
	"porthole/scanner"
)

// resume takes the addresses and the order from the checkpoint, and fails if it holds
// a different scan. A name keeps the addresses that it had, even if it has others now.
func (j *Job) resume() (unresolved []error, err error) {
	c := j.Checkpoint
	saved := c.saved.Config
	j.seed = saved.Seed
	if j.Seed != nil {
		j.seed = *j.Seed
	}
	asked := j.saved(checkpoint.Scope{Seed: j.seed}, nil)
	if j.Targets.Len() == 0 && j.Refused == nil {
		asked.Targets = saved.Targets
	}
	if j.Exclude.Len() == 0 {
		asked.Exclude = saved.Exclude
	}
	if differences := saved.Differences(asked); differences != nil {
		return nil, &CheckpointError{&DifferenceError{Path: c.path, Differences: differences}}
	}
	j.sets = c.sets
	for i, set := range saved.Sets {
		if ports := j.portsOf(j.sets[i]).String(); ports != set.Ports {
			return nil, c.badFile(fmt.Errorf("ports: the file has %s, not %s", set.Ports, ports))
		}
	}
	for _, text := range saved.Unresolved {
		unresolved = append(unresolved, errors.New(text))
	}
	j.scopeHash = saved.ScopeHash
	return unresolved, nil
}

// saved is what a checkpoint has of the configuration.
func (j *Job) saved(scope checkpoint.Scope, unresolved []error) checkpoint.Config {
	c := checkpoint.Config{
		Targets:  j.Targets.Texts(),
		Exclude:  j.Exclude.Texts(),
		Ports:    j.Ports.String(),
		Family:   string(j.Family),
		Discover: string(j.Discover),
		Show:     j.showText(),
		Verify:   j.Verify.text(),
		Shard:    j.Shard,
		Shards:   j.Shards,
		Flags:    j.Flags,
		Scope:    scope,

		ScopeHash: j.scopeHash,
	}
	for _, err := range unresolved {
		c.Unresolved = append(c.Unresolved, err.Error())
	}
	return c
}

// badFile is an error about what the file holds.
func (c *Checkpoint) badFile(err error) error {
	return &CheckpointError{fmt.Errorf("%s: %w", c.path, err)}
}

// The outcome of discovery for an address, as a checkpoint has it, goes on with the
// reason and the number of questions: "alive syn-ack 7", "down no-response 7".
const (
	outcomeAlive = "alive"
	outcomeDown  = "down"
)

func hostOutcome(h scanner.HostStatus) string {
	word := outcomeDown
	if h.Alive {
		word = outcomeAlive
	}
	return fmt.Sprintf("%s %s %d", word, h.Evidence.Reason, h.Asked)
}

func parseHost(outcome string) (h scanner.HostStatus, err error) {
	words := strings.Split(outcome, " ")
	bad := fmt.Errorf("%q is not an outcome of an address", outcome)
	if len(words) != 3 || words[0] != outcomeAlive && words[0] != outcomeDown {
		return h, bad
	}
	h.Alive = words[0] == outcomeAlive
	if h.Asked, err = strconv.Atoi(words[2]); err != nil || h.Asked < 0 || h.Evidence.Reason.UnmarshalText([]byte(words[1])) != nil {
		return h, bad
	}
	return h, nil
}

// outcomeMiddlebox ends the outcome of an open port of a middlebox.
const outcomeMiddlebox = " middlebox"

// outcome is what a checkpoint has of a verdict that is only counted.
func outcome(res scanner.Result) string {
	s := res.State.String() + " " + res.Reason.String()
	if res.Middlebox {
		s += outcomeMiddlebox
	}
	return s
}

func parseOutcome(outcome string) (res scanner.Result, err error) {
	outcome, res.Middlebox = strings.CutSuffix(outcome, outcomeMiddlebox)
	state, reason, _ := strings.Cut(outcome, " ")
	res.State, res.Reason, err = parseVerdict(state, reason)
	return res, err
}

func parseVerdict(state, reason string) (s scanner.State, r scanner.Reason, err error) {
	if s.UnmarshalText([]byte(state)) != nil || r.UnmarshalText([]byte(reason)) != nil {
		err = fmt.Errorf("there is no verdict %q", state+" "+reason)
	}
	return s, r, err
}

// replayHosts calls do with the status of each address that the file has, and its
// position, up to do's first error.
func (c *Checkpoint) replayHosts(part int, order *scanner.Plan, do func(uint64, scanner.HostStatus) error) error {
	return c.replay(part, order, func(position uint64, outcome string, _ time.Time, _ *checkpoint.Verdict) error {
		h, err := parseHost(outcome)
		if err != nil {
			return c.badFile(err)
		}
		t := order.At(position)
		h.Host, h.Addr = t.Host, t.Addr.Addr()
		return do(position, h)
	})
}

// replayVerdicts calls do with each verdict that the file has, its position, and what
// answered if the file has that, up to do's first error.
func (c *Checkpoint) replayVerdicts(part int, order *scanner.Plan, do func(uint64, scanner.Result, *record.Verified) error) error {
	return c.replay(part, order, func(position uint64, outcome string, at time.Time, v *checkpoint.Verdict) error {
		res, verified, err := parseSaved(outcome, at, v)
		if err != nil {
			return c.badFile(err)
		}
		res.Target = order.At(position)
		return do(position, res, verified)
	})
}

// parseSaved reads a verdict: v, or the outcome at a time if v is nil.
func parseSaved(outcome string, at time.Time, v *checkpoint.Verdict) (res scanner.Result, verified *record.Verified, err error) {
	if v == nil {
		res, err = parseOutcome(outcome)
		res.At = at
		return res, nil, err
	}
	res = scanner.Result{RTT: v.RTT, Attempts: v.Attempts, At: v.At, Middlebox: v.Middlebox}
	if v.Error != "" {
		res.Err = errors.New(v.Error)
	}
	if v.Verified != nil {
		if err := json.Unmarshal(v.Verified, &verified); err != nil {
			return res, nil, err
		}
	}
	res.State, res.Reason, err = parseVerdict(v.State, v.Reason)
	return res, verified, err
}

// replay calls do with what the file has of the positions of a part, up to do's
// first error.
func (c *Checkpoint) replay(part int, order *scanner.Plan, do func(uint64, string, time.Time, *checkpoint.Verdict) error) error {
	if !c.Resumes() {
		return nil
	}
	var failed error
	err := c.saved.Replay(part, func(position uint64, outcome string, at time.Time, v *checkpoint.Verdict) error {
		if position >= order.Len() {
			return fmt.Errorf("%s: position %d is not below %d; the file is not of this scan", c.path, position, order.Len())
		}
		failed = do(position, outcome, at, v)
		return failed
	})
	if err != nil && failed == nil {
		return &CheckpointError{err}
	}
	return err
}

// addEarlierRuns adds the statistics of earlier runs to stats, and returns the
// time that they took.
func (c *Checkpoint) addEarlierRuns(stats *record.ScanStats) (elapsed time.Duration, err error) {
	if !c.Resumes() {
		return 0, nil
	}
	for _, run := range c.saved.Runs {
		var earlier record.ScanStats
		if err := json.Unmarshal(run.Stats, &earlier); err != nil {
			return 0, c.badFile(err)
		}
		stats.Add(earlier)
		elapsed += run.Elapsed
	}
	return elapsed, nil
}
