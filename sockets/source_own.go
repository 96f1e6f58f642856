//go:build darwin || freebsd || windows

package sockets

import "context"

// ownSource reads the sockets of a system in a way of its own, and processes as
// gopsutilSource does.
type ownSource struct {
	gopsutilSource
	read func(ctx context.Context, want want) ([]row, []error, error)
	// rules say who may bind a low port; nil where everyone may.
	rules func() (bindRules, error)
}

func (o *ownSource) rows(ctx context.Context, want want) ([]row, []error, error) {
	rows, warnings, err := o.read(ctx, want)
	return wantedRows(rows, want), warnings, err
}

func (o *ownSource) firstUnprivileged() (uint16, error) {
	if o.rules == nil {
		return 0, nil
	}
	rules, err := o.rules()
	return rules.first, err
}

// finish adds by what right low ports are held, and the unit of a socket with one
// holder.
func (o *ownSource) finish(_ context.Context, _ want, rows []row) []error {
	var rules bindRules
	if o.rules != nil {
		rules, _ = o.rules() // what could not be read was said by firstUnprivileged
	}
	for i := range rows {
		s := &rows[i].Socket
		rules.judge(s)
		if len(s.Processes) == 1 {
			s.Unit = s.Processes[0].Unit
		}
	}
	return nil
}

// wantedRows leaves out what a list does not want of a table that has all.
func wantedRows(rows []row, want want) []row {
	kept := rows[:0]
	for _, r := range rows {
		if !want.all && !r.State.Waits() {
			continue
		}
		if !want.holders {
			r.pids = nil
		}
		kept = append(kept, r)
	}
	return kept
}
