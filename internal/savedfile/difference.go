package savedfile

import (
	"context"
	"fmt"

	"porthole/internal/drift"
	"porthole/internal/record"
	"porthole/internal/report"
)

// Difference is what is read of the two sides of a comparison. The verdicts of scans
// stay in their files; of lists it keeps the sockets that wait.
type Difference struct {
	Old, New Side
	scans    *drift.Scans
}

// Side is one of the two.
type Side struct {
	report.Source
	File *File           // nil if it was made now
	made []record.Record // if it was made now
	rows record.List     // of a list
}

// NewDifference makes one whose sides are read next, Old first.
func NewDifference() *Difference {
	d := new(Difference)
	d.scans = drift.NewScans(d.Old.at, d.New.at)
	return d
}

// Close closes the files.
func (d *Difference) Close() {
	for _, s := range []*Side{&d.Old, &d.New} {
		if s.File != nil {
			s.File.Close()
		}
	}
}

// ReadOld reads a file as Old.
func (d *Difference) ReadOld(ctx context.Context, name string) error {
	return d.Old.read(ctx, name, d.scans.Old)
}

// ReadNew reads a file as New.
func (d *Difference) ReadNew(ctx context.Context, name string) error {
	return d.New.read(ctx, name, d.scans.New)
}

// TakeOld takes records as Old.
func (d *Difference) TakeOld(of record.Saved) error { return d.Old.takeAll(of, d.scans.Old) }

// TakeNew takes records as New: what was found now.
func (d *Difference) TakeNew(now record.Saved) error { return d.New.takeAll(now, d.scans.New) }

// verdict takes a verdict of a scan, and where it can be had again.
type verdict func(*record.Record, int64) error

func (s *Side) read(ctx context.Context, name string, to verdict) (err error) {
	if s.File, err = Open(ctx, name); err != nil {
		return err
	}
	text, err := s.File.First()
	if err != nil {
		return err
	}
	s.Source, err = report.ReadSource(text, func(r *record.Record, at int64) error { return s.take(r, at, to) })
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (s *Side) takeAll(of record.Saved, to verdict) error {
	s.Source = report.Source{Command: of.Command, Records: len(of.Records), Summary: of.Summary}
	s.made = of.Records
	for i := range of.Records {
		if err := s.take(&of.Records[i], int64(i), to); err != nil {
			return err
		}
	}
	return nil
}

// maxRows is the number of sockets of a list that are kept at most.
const maxRows = 1 << 20

func (s *Side) take(r *record.Record, at int64, to verdict) error {
	switch {
	case r.Kind == record.KindPort:
		return to(r, at)
	case r.Kind == record.KindSocket && r.Waits():
		if len(s.rows) == maxRows {
			return fmt.Errorf("it has more than %d sockets that wait", maxRows)
		}
		return s.rows.Write(r)
	}
	return nil
}

// at returns a verdict again.
func (s *Side) at(place int64) (record.Record, error) {
	if s.File == nil {
		return s.made[place], nil
	}
	return s.File.At(place)
}

// Changes calls do with each change.
func (d *Difference) Changes(do func(*record.Record) error) error {
	if d.Old.Command == "scan" {
		return d.scans.Changes(do)
	}
	changes := drift.CompareLists(d.Old.rows, d.New.rows)
	for i := range changes {
		if err := do(&changes[i]); err != nil {
			return err
		}
	}
	return nil
}
