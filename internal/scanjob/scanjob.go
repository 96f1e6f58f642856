// Package scanjob runs a scan from its targets to its records.
//
// [Prepare] resolves the targets, plans the scan and opens its checkpoint; it
// sends nothing to a target. [Job.Run] finds out which addresses are alive, where
// that pays, asks their ports, and hands each verdict to an [Output]: as a record
// if it is to be shown, else to be counted. [Job.Estimate] says what that takes.
//
// A [Checkpoint] keeps a scan in a file, so that it can go on after a kill. The
// [Hooks] of a [Config] follow a scan while it runs. They get values, not text:
// the words are the caller's.
package scanjob

import (
	"context"
	"errors"
	"time"

	"porthole/internal/hosts"
	"porthole/scanner"
	"porthole/scanner/verify"
)

// Job is a prepared scan. It runs once.
type Job struct {
	Config // what was asked for, with the defaults filled in

	began      time.Time
	sets       []*hosts.Set
	addresses  uint64 // of all sets
	unresolved int    // targets without an address
	discover   bool   // addresses are looked for before their ports are asked
	seed       uint64
	scopeHash  string
	verifying  int // ports that are verified at a time; 0 without Verify
	keeping    int // ports at most that are verified or wait for it with a connection of the scan
	newEngine  func(scanner.Scanner) engine

	newNeighbours func() neighbourTable
	newLinkPace   func() linkPace
	newVerifier   func(verify.Verifier) verifier
}

var (
	errUnresolved = errors.New("no target has an address that can be asked; nothing was scanned")
	errExcluded   = errors.New("every target is excluded; nothing was scanned")
)

// Prepare makes a scan ready to run. It looks names up, or takes the addresses
// from the checkpoint of a scan that is resumed, chooses the order, and creates
// the file of a new checkpoint. It sends nothing to a target.
//
// Targets without an address are passed to Hooks.Unresolved and left out. The
// error is a [ConfigError] if c makes no sense, a [CheckpointError] if it is about
// the checkpoint, ctx.Err(), or says why there is nothing to scan.
func Prepare(ctx context.Context, c Config) (*Job, error) {
	j := &Job{Config: c, began: time.Now(), newEngine: scannerEngine, newLinkPace: systemLinkPace}
	j.newNeighbours = func() neighbourTable { return systemNeighbours(j.Scanner) }
	j.newVerifier = func(v verify.Verifier) verifier { return &v }
	err := j.complete()
	if err == nil && j.Verify != nil {
		err = j.shareLimits()
	}
	if err != nil {
		return nil, err
	}
	if _, err := j.Scanner.InFlight(); err != nil { // before names are looked up and a file is created
		return nil, &ConfigError{err}
	}
	resumes := j.Checkpoint.Resumes()
	var unresolved []error
	if resumes {
		unresolved, err = j.resume()
	} else {
		unresolved, err = j.resolve(ctx)
	}
	if err != nil {
		return nil, err
	}
	for _, err := range unresolved {
		j.Hooks.Unresolved(err)
	}
	j.unresolved = len(unresolved)
	switch {
	case len(j.sets) == 0 && len(unresolved) > 0:
		return nil, errUnresolved
	case len(j.sets) == 0:
		return nil, errExcluded
	}
	for _, s := range j.sets {
		j.addresses += s.Len()
	}
	j.discover = j.Discover.pays(j.addresses)
	if resumes {
		return j, nil
	}
	scope, err := j.scope()
	if err != nil {
		return nil, err
	}
	if err := j.Checkpoint.create(j.saved(scope, unresolved), j.items); err != nil {
		return nil, err
	}
	return j, nil
}

// resolve finds the addresses of the targets.
func (j *Job) resolve(ctx context.Context) (unresolved []error, err error) {
	found, err := hosts.Resolve(ctx, hosts.Request{
		Targets: j.Targets, Exclude: j.Exclude, Family: j.Family,
		Resolver:   hosts.Localhost{Resolver: j.Resolver, Interfaces: j.Interfaces},
		Interfaces: j.Interfaces,
		Routed:     j.Routed,
		Common:     func(port uint16) bool { return j.Ports.Contains(j.PortProto, port) },
		Anywhere:   j.Shards > 1,
	})
	if ctx.Err() != nil {
		return nil, ctx.Err() // which is why the look-ups failed
	}
	if err != nil {
		return nil, err
	}
	for _, note := range found.Notes {
		j.Hooks.Note(note)
	}
	j.sets = found.Sets
	return append(j.Refused, found.Unresolved...), nil
}
