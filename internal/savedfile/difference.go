package savedfile

import (
	"context"

	"porthole/internal/drift"
	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/internal/spill"
	"porthole/internal/userfile"
	"porthole/registry"
)

// Difference is what is read of the two sides of a comparison. Their records stay in
// their files.
type Difference struct {
	Old, New Side
	rows     *drift.Comparison
	services *registry.Registry
}

// Side is one of the two.
type Side struct {
	report.Source
	File *File           // nil if it was made now
	made []record.Record // if it was made now

	unproved bool // what was proved on its ports is not compared
}

// NewDifference makes one whose sides are read next. Services is as of [Rows].
func NewDifference(services *registry.Registry) *Difference {
	d := &Difference{services: services}
	d.rows = drift.New(d.Old.at, d.New.at, func() (spill.File, error) { return userfile.Temp() })
	return d
}

// Close closes the files.
func (d *Difference) Close() {
	d.rows.Close()
	for _, s := range []*Side{&d.Old, &d.New} {
		if s.File != nil {
			s.File.Close()
		}
	}
}

// ReadOld reads a file as Old.
func (d *Difference) ReadOld(ctx context.Context, name string) error {
	if err := d.Old.open(ctx, name, d.services); err != nil {
		return err
	}
	return d.Old.read(d.rows.Old)
}

// ReadNew reads a file as New.
func (d *Difference) ReadNew(ctx context.Context, name string) error {
	if err := d.New.open(ctx, name, d.services); err != nil {
		return err
	}
	return d.New.read(d.takeNew)
}

// Read reads both files, at the same time if the first is no pipe: its writer may write
// the second one after it.
func (d *Difference) Read(ctx context.Context, old, new string) error {
	if err := d.Old.open(ctx, old, d.services); err != nil {
		return err
	}
	oldRead := make(chan error, 1)
	regular := d.Old.File.Regular()
	if !regular {
		oldRead <- d.Old.read(d.rows.Old)
	}
	if err := d.New.open(ctx, new, d.services); err != nil {
		return err
	}
	if regular {
		go func() { oldRead <- d.Old.read(d.rows.Old) }()
	}
	err := d.New.read(d.takeNew)
	if oldErr := <-oldRead; oldErr != nil {
		return oldErr
	}
	return err
}

// TakeOld takes records as Old.
func (d *Difference) TakeOld(of record.Saved) error { return d.Old.take(of, d.rows.Old) }

// TakeNew takes records as New: what was found now.
func (d *Difference) TakeNew(now record.Saved) error { return d.New.take(now, d.takeNew) }

// takeNew takes a record of New. If one side is nmap's XML and the other is not, what
// was proved on its port is not compared: they have other words for the same.
func (d *Difference) takeNew(r *record.Record, at int64) error {
	if d.New.unproved = d.Old.isXML() != d.New.isXML(); d.New.unproved {
		r.Verified = nil
	}
	return d.rows.New(r, at)
}

func (s *Side) isXML() bool { return s.File != nil && s.File.xml }

func (s *Side) open(ctx context.Context, name string, services *registry.Registry) (err error) {
	s.File, err = Open(ctx, name, services)
	return err
}

// read reads the file; to takes each record, and where it can be read again.
func (s *Side) read(to func(*record.Record, int64) error) (err error) {
	s.Source, err = s.File.rows(to)
	return err
}

func (s *Side) take(of record.Saved, to func(*record.Record, int64) error) error {
	s.Source = report.Source{Command: of.Command, Records: len(of.Records), Summary: of.Summary}
	s.made = of.Records
	for i := range of.Records {
		if err := to(&of.Records[i], int64(i)); err != nil {
			return err
		}
	}
	return nil
}

// at returns a record again.
func (s *Side) at(place int64) (r record.Record, err error) {
	if s.File == nil {
		r = s.made[place]
	} else {
		r, err = s.File.At(place)
	}
	if s.unproved {
		r.Verified = nil
	}
	return r, err
}

// Changes calls do with each change, until ctx ends.
func (d *Difference) Changes(ctx context.Context, do func(*record.Record) error) error {
	return d.rows.Changes(ctx, do)
}
