// Package scanjob runs a scan from its targets to its records.
//
// [Prepare] finds the addresses of the targets and plans the scan; it sends
// nothing to a target. [Job.Run] finds out which addresses are dead, where that
// pays, asks the others, and hands every verdict to an [Output]: as a record, or
// as a number where it is not to be shown. [Job.Estimate] says what that would
// take.
//
// A [Checkpoint] keeps a scan in a file, so that it can go on after a kill. What
// happens while it runs is told to the [Hooks] of its [Config], by values: the
// words are the caller's.
package scanjob

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"time"

	"porthole/internal/checkpoint"
	"porthole/internal/hosts"
)

// Job is a scan that was prepared. It runs once.
type Job struct {
	Config
	began time.Time

	sets       []*hosts.Set
	addresses  uint64 // in all sets
	unresolved int    // targets without an address
	discover   bool   // dead addresses are found first

	seed      uint64
	hash      string // of the plan
	newEngine newEngine
}

var (
	errUnresolved = errors.New("no target could be resolved; nothing was scanned")
	errExcluded   = errors.New("every target is excluded; nothing was scanned")
)

// Prepare makes everything ready for a scan: it looks names up, or takes the
// addresses that the checkpoint of an interrupted scan has, chooses the order,
// and begins the file of a checkpoint. It sends nothing to a target.
//
// A target without an address is told to Hooks.Unresolved and left out. The
// error is a [ConfigError] if c makes no sense, a [CheckpointError] for what is
// about the checkpoint (a [DifferenceError] behind it if that is of another
// scan), ctx.Err(), or says why nothing can be scanned.
func Prepare(ctx context.Context, c Config) (*Job, error) {
	j := &Job{Config: c, began: time.Now(), newEngine: scannerEngine}
	err := j.complete()
	if err != nil {
		return nil, err
	}
	var problems []error
	if j.Checkpoint.Resumes() {
		problems, err = j.recall()
	} else {
		problems, err = j.resolve(ctx)
	}
	if err != nil {
		return nil, err
	}
	for _, p := range problems {
		j.Hooks.Unresolved(p)
	}
	j.unresolved = len(problems)
	switch {
	case len(j.sets) == 0 && len(problems) > 0:
		return nil, errUnresolved
	case len(j.sets) == 0:
		return nil, errExcluded
	}
	for _, s := range j.sets {
		j.addresses += s.Len()
	}
	j.discover = j.Discover.of(j.addresses)
	if j.Checkpoint.Resumes() {
		return j, nil
	}
	plan, err := j.plan()
	if err != nil {
		return nil, err
	}
	return j, j.Checkpoint.begin(j.checkpointConfig(plan, problems))
}

// resolve turns the targets into addresses.
func (j *Job) resolve(ctx context.Context) (problems []error, err error) {
	resolver := hosts.Localhost{Resolver: j.Resolver, Interfaces: net.InterfaceAddrs}
	j.sets, problems, err = hosts.Resolve(ctx, resolver, j.Family, j.Targets, j.Exclude)
	if ctx.Err() != nil {
		return nil, ctx.Err() // the problems are those of being interrupted
	}
	return problems, err
}

// plan makes the plan, the same on every machine, and chooses the seed if none
// was given: at random, or for a scan that is shared out by what is asked, so
// that all shards have the same.
func (j *Job) plan() (checkpoint.Plan, error) {
	var plan checkpoint.Plan
	for _, s := range j.sets {
		plan.Sets = append(plan.Sets, checkpoint.Set{Port: s.Port, Ports: j.portsOf(s).String(), Addresses: s.Text()})
	}
	plan.Discover = j.discover
	switch {
	case j.Seed != nil:
		j.seed = *j.Seed
	case j.Shards == 1:
		j.seed = uint64(rand.Uint32()) // short enough to type again
	default:
		hash, err := plan.Hash()
		if err != nil {
			return plan, err
		}
		if j.seed, err = strconv.ParseUint(hash[:8], 16, 64); err != nil {
			return plan, err
		}
	}
	plan.Seed = j.seed
	hash, err := plan.Hash()
	j.hash = hash
	return plan, err
}
