package scanjob

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"porthole/internal/checkpoint"
	"porthole/internal/record"
	"porthole/scanner"
)

// middleboxMark ends what is said of an open port of a middlebox.
const middleboxMark = " middlebox"

// says is a verdict that only counts in the words of the file.
func says(res scanner.Result) string {
	s := res.State.String() + " " + res.Reason.String()
	if res.Middlebox {
		s += middleboxMark
	}
	return s
}

// hostAlive is what the file says of an address that is alive; of one that is
// down it says so, with the reason.
const (
	hostAlive = "alive"
	hostDown  = "down "
)

// saysHost is what discovery found in the words of the file.
func saysHost(h scanner.HostStatus) string {
	if h.Alive {
		return hostAlive
	}
	return hostDown + h.Evidence.Reason.String()
}

// replayHosts hands on what a part knows of its addresses.
func (c *Checkpoint) replayHosts(part int, order *scanner.Plan, do func(scanner.HostStatus)) error {
	if !c.Resumes() {
		return nil
	}
	return c.replay(part, order, func(t scanner.Target, says string, _ time.Time, _ *checkpoint.Shown) error {
		h := scanner.HostStatus{Host: t.Host, Addr: t.Addr.Addr(), Alive: says == hostAlive}
		reason, down := strings.CutPrefix(says, hostDown)
		if h.Alive == down || down && h.Evidence.Reason.UnmarshalText([]byte(reason)) != nil {
			return c.bad("nothing is known of an address that is %q", says)
		}
		do(h)
		return nil
	})
}

// replayResults hands on the verdicts that a part has.
func (c *Checkpoint) replayResults(part int, order *scanner.Plan, do func(scanner.Result) error) error {
	if !c.Resumes() {
		return nil
	}
	return c.replay(part, order, func(t scanner.Target, says string, at time.Time, v *checkpoint.Shown) error {
		res := scanner.Result{Target: t, At: at}
		state, reason := "", ""
		if v == nil {
			says, res.Middlebox = strings.CutSuffix(says, middleboxMark)
			state, reason, _ = strings.Cut(says, " ")
		} else {
			state, reason = v.State, v.Reason
			res.RTT, res.Attempts, res.At, res.Middlebox = v.RTT, v.Attempts, v.At, v.Middlebox
			if v.Error != "" {
				res.Err = errors.New(v.Error)
			}
		}
		var known bool
		if res.State, res.Reason, known = parseVerdict(state, reason); !known {
			return c.bad("there is no verdict %q", state+" "+reason)
		}
		return do(res)
	})
}

// replay hands on what the file has of a part, with the targets of order.
func (c *Checkpoint) replay(part int, order *scanner.Plan, do func(scanner.Target, string, time.Time, *checkpoint.Shown) error) error {
	return c.past.Replay(c.path, part, func(position uint64, says string, at time.Time, shown *checkpoint.Shown) error {
		if position >= order.Len() {
			return c.bad("position %d is not below %d; the file is not of this scan", position, order.Len())
		}
		return do(order.At(position), says, at, shown)
	})
}

// parseVerdict reads a state and a reason as they print themselves.
func parseVerdict(state, reason string) (scanner.State, scanner.Reason, bool) {
	var s scanner.State
	var r scanner.Reason
	known := s.UnmarshalText([]byte(state)) == nil && r.UnmarshalText([]byte(reason)) == nil
	return s, r, known
}

// recallLedger adds what earlier runs wrote of themselves to l, and returns the
// time that they took.
func (c *Checkpoint) recallLedger(l *record.ScanStats) (time.Duration, error) {
	if !c.Resumes() {
		return 0, nil
	}
	elapsed := time.Duration(0)
	for _, run := range c.past.Runs {
		var past record.ScanStats
		if err := json.Unmarshal(run.Ledger, &past); err != nil {
			return 0, c.bad("%w", err)
		}
		l.Add(past)
		elapsed += run.Elapsed
	}
	return elapsed, nil
}
