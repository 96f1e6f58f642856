package mcpserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"porthole/internal/kill"
	"porthole/internal/killjob"
)

// addKill adds the one tool that changes something.
func (s *server) addKill(to *mcp.Server) {
	add(s, to, &mcp.Tool{
		Name:        "kill",
		Annotations: &mcp.ToolAnnotations{Title: "End what holds a port", ReadOnlyHint: false, DestructiveHint: new(true), IdempotentHint: false, OpenWorldHint: new(false)},
		Description: "Ends the processes that hold a port of this machine, in two calls. The first, without confirm, sends nothing: it says who would end, " +
			"what else may end and who may start it again, and returns a word. Show that to the user. The second call repeats the port with that word as confirm; " +
			"it signals exactly those processes, and fails if others hold the port by then.",
	}, s.kill)
}

type killInput struct {
	Port    string  `json:"port" jsonschema:"a port number, or the name of the program that holds one"`
	Proto   string  `json:"proto,omitempty" jsonschema:"only tcp or udp; default both"`
	Signal  string  `json:"signal,omitempty" jsonschema:"TERM (default), INT, HUP, QUIT or KILL"`
	Confirm string  `json:"confirm,omitempty" jsonschema:"the word of the dry run; without it nothing is sent"`
	Seconds float64 `json:"timeout_seconds,omitempty" jsonschema:"how long to wait until the port is free, default 5, at most 600"`
}

// killed is the answer of kill.
type killed struct {
	Sent    bool         `json:"sent" jsonschema:"signals were sent; false for a dry run"`
	Signal  string       `json:"signal"`
	Targets []killTarget `json:"targets" jsonschema:"the processes that end, or would"`
	Confirm string       `json:"confirm,omitempty" jsonschema:"of a dry run: what a second call says to do it, within two minutes"`
	Free    bool         `json:"free" jsonschema:"the port is free now"`
	After   float64      `json:"ms,omitempty" jsonschema:"milliseconds until it was free"`
	Held    string       `json:"held,omitempty" jsonschema:"why it is not free"`
}

type killTarget struct {
	PID     int       `json:"pid"`
	Name    string    `json:"name"`
	User    string    `json:"user,omitempty"`
	Cmdline []string  `json:"cmdline,omitempty"`
	Started time.Time `json:"started"`
	Holds   []string  `json:"holds" jsonschema:"what becomes free"`
	Also    []string  `json:"also,omitempty" jsonschema:"where else it waits"`
	Stops   []string  `json:"stops,omitempty" jsonschema:"what may end with it"`
	Restart string    `json:"restart,omitempty" jsonschema:"who may start it again"`
}

func (s *server) kill(ctx context.Context, _ *mcp.CallToolRequest, in killInput) (out killed, err error) {
	protos, err := protosOf(in.Proto)
	if err != nil {
		return out, err
	}
	name := in.Signal
	if name == "" {
		name = killjob.DefaultSignal
	}
	sig, err := killjob.ParseSignal(name)
	if err != nil {
		return out, err
	}
	job, err := killjob.New(s.Services, in.Port, protos...)
	if err != nil {
		return out, err
	}
	job.Signal = sig
	if job.Timeout, err = timeout(in.Seconds, 5); err != nil {
		return out, err
	}
	targets, err := job.Find(ctx)
	if errors.Is(err, killjob.ErrEnded) {
		return killed{Signal: killjob.SignalName(sig), Free: true}, nil
	}
	if err != nil {
		return out, err
	}
	out = killed{Signal: killjob.SignalName(sig), Targets: targetsOf(targets)}
	of := dryRun{in.Port, in.Proto, out.Signal, targets, time.Now()}
	if in.Confirm == "" {
		out.Confirm = s.dryRuns.add(of)
		return out, nil
	}
	shown, err := s.dryRuns.take(in.Confirm, of)
	if err != nil {
		return out, err
	}
	after, err := job.Run(ctx, shown) // which holds them by their numbers and their starts
	out.Sent = true
	var held *killjob.HeldError
	switch {
	case errors.As(err, &held):
		out.Held = held.Text
		return out, nil
	case err != nil:
		return out, err
	}
	out.Free, out.After = true, float64(after.Milliseconds())
	return out, nil
}

func targetsOf(targets []kill.Target) (list []killTarget) {
	for _, t := range targets {
		p := t.Process
		list = append(list, killTarget{p.PID, p.Name, p.User, p.Cmdline, *p.Started, t.Holds, t.Also, t.Stops, t.Restart})
	}
	return list
}

// sameTargets reports whether the same numbers of processes hold the same. That they
// are the same processes is seen when they are held.
func sameTargets(a, b []kill.Target) bool {
	return slices.EqualFunc(a, b, func(a, b kill.Target) bool {
		return a.Process.PID == b.Process.PID && slices.Equal(a.Holds, b.Holds)
	})
}

// dryRun is what a dry run was about.
type dryRun struct {
	port, proto, signal string
	targets             []kill.Target
	at                  time.Time
}

// dryRuns are those that were not confirmed yet, by their words.
type dryRuns struct {
	mu   sync.Mutex
	open map[string]dryRun
}

const (
	maxDryRuns   = 16
	dryRunsValid = 2 * time.Minute
)

// add keeps a dry run, and returns its word, which cannot be guessed.
func (d *dryRuns) add(of dryRun) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open == nil || len(d.open) >= maxDryRuns {
		d.open = make(map[string]dryRun)
	}
	word := rand.Text()
	d.open[word] = of
	return word
}

// take uses a word up, and returns the targets that were shown. It fails if the dry
// run was about something else than what would be done now.
func (d *dryRuns) take(word string, now dryRun) ([]kill.Target, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	of, ok := d.open[word]
	delete(d.open, word)
	switch {
	case !ok || now.at.Sub(of.at) > dryRunsValid:
		return nil, errors.New("confirm: no such dry run, or it is used or too old; call without confirm again, and show the user what it says")
	case of.port != now.port || of.proto != now.proto || of.signal != now.signal:
		return nil, fmt.Errorf("confirm: the dry run was about %s of %s; call without confirm again", of.signal, of.port)
	case !sameTargets(of.targets, now.targets):
		return nil, errors.New("confirm: others hold the port than at the dry run; call without confirm again, and show the user what it says")
	}
	return of.targets, nil
}
