package killjob

import (
	"context"
	"fmt"
	"slices"
	"time"

	"porthole/internal/kill"
	"porthole/internal/pause"
	"porthole/internal/record"
	"porthole/internal/sentence"
)

// wait polls until what was asked for is free, or the time is over. Where something may
// start the process again, it polls a while longer.
func (j *Job) wait(ctx context.Context, targets []kill.Target) (time.Duration, error) {
	const interval, respawn = 50 * time.Millisecond, time.Second
	begin := time.Now()
	deadline, held := begin.Add(j.Timeout), j.endpoints()
	supervised := slices.ContainsFunc(targets, func(t kill.Target) bool { return t.Restart != "" })
	var free time.Time
	for {
		if err := j.List(ctx); err != nil {
			return 0, err
		}
		still := j.still(held)
		switch {
		case len(still) > 0 && !free.IsZero():
			return 0, &HeldError{fmt.Sprintf("%s is held again, by %s: %s", j.Typed, holdersOf(still), targets[0].Restart)}
		case len(still) > 0 && time.Now().After(deadline):
			return 0, &HeldError{fmt.Sprintf("%s is still held by %s, %s after %s", j.Typed, holdersOf(still), j.Timeout, SignalName(j.Signal))}
		case len(still) == 0 && free.IsZero():
			free = time.Now()
			fallthrough
		case len(still) == 0:
			if !supervised || time.Since(free) > respawn {
				return free.Sub(begin), nil
			}
		}
		if err := pause.For(ctx, interval); err != nil {
			return 0, err
		}
	}
}

// endpoints are those of the sockets that have to go.
func (j *Job) endpoints() map[string]bool {
	set := make(map[string]bool)
	for _, r := range j.held() {
		set[r.Endpoint()] = true
	}
	return set
}

// still are the sockets at any of the endpoints now.
func (j *Job) still(held map[string]bool) (list []record.Record) {
	for _, r := range j.sockets {
		if held[r.Endpoint()] {
			list = append(list, r)
		}
	}
	return list
}

func holdersOf(held []record.Record) string {
	var names []string
	for _, r := range held {
		for _, p := range r.Holders() {
			if name := kill.Name(p); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return "a process that is not known"
	}
	return sentence.Join(names, "and")
}
