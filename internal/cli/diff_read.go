package cli

import (
	"context"
	"errors"
	"fmt"

	"porthole/internal/drift"
	"porthole/internal/record"
	"porthole/internal/report"
)

// difference is what diff has read of its two sides. The verdicts of scans stay in
// their files; of lists it keeps the sockets that wait.
type difference struct {
	old, new     report.Source
	oldFile      *savedFile
	newFile      *savedFile      // nil if NEW was made now
	made         []record.Record // NEW, if it was made now
	scans        *drift.Scans
	oldRows, now record.List // of lists
}

func (d *difference) Close() {
	for _, f := range []*savedFile{d.oldFile, d.newFile} {
		if f != nil {
			f.Close()
		}
	}
}

func (d *difference) readOld(ctx context.Context, name string) (err error) {
	if name == "-" {
		return usage(errors.New("OLD must be a file; - as NEW stands for now"))
	}
	d.scans = drift.NewScans(
		func(at int64) (record.Record, error) { return d.oldFile.at(at) },
		func(at int64) (record.Record, error) { return d.again(at) },
	)
	d.oldFile, d.old, err = readSide(ctx, name, &d.oldRows, d.scans.Old)
	return err
}

func (d *difference) readNew(ctx context.Context, name string) (err error) {
	d.newFile, d.new, err = readSide(ctx, name, &d.now, d.scans.New)
	return err
}

// readSide reads one of the files.
func readSide(ctx context.Context, name string, rows *record.List, verdict func(*record.Record, int64) error) (*savedFile, report.Source, error) {
	f, err := openSaved(ctx, name)
	if err != nil {
		return nil, report.Source{}, err
	}
	text, err := f.first()
	if err != nil {
		return f, report.Source{}, err
	}
	source, err := report.ReadSource(text, side{rows, verdict}.take)
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return f, source, err
}

// side takes the records of one side.
type side struct {
	rows    *record.List
	verdict func(*record.Record, int64) error
}

// maxRows is the number of sockets of a list that are kept at most.
const maxRows = 1 << 20

func (s side) take(r *record.Record, at int64) error {
	switch {
	case r.Kind == record.KindPort:
		return s.verdict(r, at)
	case r.Kind == record.KindSocket && r.Waits():
		if len(*s.rows) == maxRows {
			return fmt.Errorf("it has more than %d sockets that wait", maxRows)
		}
		return s.rows.Write(r)
	}
	return nil
}

// takeNew takes what was found now as NEW.
func (d *difference) takeNew(now record.Saved) error {
	d.new = report.Source{Command: now.Command, Records: len(now.Records), Summary: now.Summary}
	d.made = now.Records
	for i := range now.Records {
		if err := (side{&d.now, d.scans.New}).take(&now.Records[i], int64(i)); err != nil {
			return err
		}
	}
	return nil
}

// again returns a verdict of NEW.
func (d *difference) again(at int64) (record.Record, error) {
	if d.newFile == nil {
		return d.made[at], nil
	}
	return d.newFile.at(at)
}

// changes calls do with each change.
func (d *difference) changes(do func(*record.Record) error) error {
	if d.old.Command == "scan" {
		return d.scans.Changes(do)
	}
	changes := drift.CompareLists(d.oldRows, d.now)
	for i := range changes {
		if err := do(&changes[i]); err != nil {
			return err
		}
	}
	return nil
}
