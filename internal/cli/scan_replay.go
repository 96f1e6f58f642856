package cli

import (
	"encoding/json"
	"errors"
	"fmt"
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

// replayPresences hands on what a part knows of its addresses.
func (j *journal) replayPresences(part int, order *scanner.Plan, do func(address scanner.Target, says string)) error {
	if !j.goesOn() {
		return nil
	}
	return j.replay(part, order, func(t scanner.Target, says string, _ time.Time, _ *checkpoint.Shown) error {
		do(t, says)
		return nil
	})
}

// replayResults hands on the verdicts that a part has.
func (j *journal) replayResults(part int, order *scanner.Plan, do func(scanner.Result) error) error {
	if !j.goesOn() {
		return nil
	}
	return j.replay(part, order, func(t scanner.Target, says string, at time.Time, v *checkpoint.Shown) error {
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
			return fmt.Errorf("resume: %s: there is no verdict %q", j.path, state+" "+reason)
		}
		return do(res)
	})
}

// replay hands on what the file has of a part, with the targets of order.
func (j *journal) replay(part int, order *scanner.Plan, do func(scanner.Target, string, time.Time, *checkpoint.Shown) error) error {
	return j.past.Replay(j.path, part, func(position uint64, says string, at time.Time, shown *checkpoint.Shown) error {
		if position >= order.Len() {
			return fmt.Errorf("resume: %s: position %d is not below %d; the file is not of this scan", j.path, position, order.Len())
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
func (j *journal) recallLedger(l *record.ScanStats) (time.Duration, error) {
	if !j.goesOn() {
		return 0, nil
	}
	elapsed := time.Duration(0)
	for _, run := range j.past.Runs {
		var past record.ScanStats
		if err := json.Unmarshal(run.Ledger, &past); err != nil {
			return 0, fmt.Errorf("resume: %s: %w", j.path, err)
		}
		l.Add(past)
		elapsed += run.Elapsed
	}
	return elapsed, nil
}
