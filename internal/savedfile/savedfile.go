// Package savedfile reads the files that earlier runs wrote, and compares two of
// them.
//
// Large files are not kept in memory: what is needed of them is read again.
package savedfile

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"porthole/internal/label"
	"porthole/internal/nmapxml"
	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/internal/userfile"
	"porthole/registry"
)

// Rows reads what an earlier run wrote with -o json or -o jsonl, or a scan in nmap's
// XML, and calls each with every record. It keeps none. Services is for the labels of
// what nmap's XML has; nil means without the user's own names.
func Rows(ctx context.Context, name string, services *registry.Registry, each func(*record.Record) error) (report.Source, error) {
	f, err := Open(ctx, name, services)
	if err != nil {
		return report.Source{}, err
	}
	defer f.Close()
	return f.rows(func(r *record.Record, _ int64) error { return each(r) })
}

func readSource(name string, text io.Reader, each func(r *record.Record, at int64) error) (report.Source, error) {
	source, err := report.ReadSource(text, each)
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return source, err
}

// File is a file that an earlier run wrote, and whose records are not kept but
// read again. What is no regular file is copied while it is read the first time, and
// nmap's XML is copied as records.
type File struct {
	ctx      context.Context
	name     string
	services *registry.Registry
	file     *userfile.File
	copy     *userfile.TempFile // nil for a regular file of records
	xml      bool               // it is nmap's XML; of a pipe that is known when it is read
	past     *report.Places     // what reads records again
}

// Open opens a file. To open a pipe may take until ctx ends. Services is as of
// [Rows].
func Open(ctx context.Context, name string, services *registry.Registry) (*File, error) {
	f, err := userfile.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	if services == nil {
		services = new(registry.Registry)
	}
	file := &File{ctx: ctx, name: name, services: services, file: f}
	if f.Regular() {
		start := make([]byte, peeked)
		n, _ := f.ReadAt(start, 0) // an error is met again
		file.xml = nmapxml.IsXML(start[:n])
	}
	return file, nil
}

// peeked is the number of bytes that tell XML from records.
const peeked = 512

// Own reports whether the file is the user's alone, see [userfile.File.Own].
func (f *File) Own() bool { return f.file.Own() }

// Regular reports whether it is a regular file, which can be opened again.
func (f *File) Regular() bool { return f.file.Regular() }

// First returns what reads the file for the first time, as records.
func (f *File) First() (io.Reader, error) {
	text := bufio.NewReader(f.file)
	switch {
	case !f.file.Regular():
		start, _ := text.Peek(peeked) // an error is met again
		f.xml = nmapxml.IsXML(start)
	case !f.xml:
		return text, nil
	}
	var err error
	if f.copy, err = userfile.Temp(); err != nil {
		return nil, err
	}
	if !f.xml {
		return io.TeeReader(text, f.copy), nil
	}
	if err := f.convert(text); err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	return f.Again(), nil
}

// convert writes the verdicts of nmap's XML to the copy.
func (f *File) convert(text io.Reader) error {
	out, err := report.Open(f.ctx, []report.Spec{{Format: report.FormatJSONL}}, f.copy, report.Options{Command: "scan", Kind: record.KindPort})
	if err != nil {
		return err
	}
	run, err := nmapxml.Read(text, func(r *record.Record) error {
		of := label.Number(f.services, r.Proto, r.Port)
		of.Kind, of.Host, of.RDNS, of.Addr, of.State, of.Reason, of.Verified, of.At = r.Kind, r.Host, r.RDNS, r.Addr, r.State, r.Reason, r.Verified, r.At
		return out.Write(&of)
	}, nil)
	if err != nil {
		return err
	}
	return out.Close(&record.Summary{Kind: "summary", Command: "scan", Complete: run.Complete, Elapsed: record.Milliseconds(run.Elapsed)})
}

// Again returns what reads it once more.
func (f *File) Again() io.Reader {
	return userfile.Reader(f.ctx, io.NewSectionReader(f.kept(), 0, math.MaxInt64))
}

func (f *File) kept() io.ReaderAt {
	if f.copy != nil {
		return f.copy
	}
	return f.file
}

// rows reads the file for the first time, and calls each with every record.
func (f *File) rows(each func(r *record.Record, at int64) error) (report.Source, error) {
	text, err := f.First()
	if err != nil {
		return report.Source{}, err
	}
	return readSource(f.name, text, each)
}

// At reads the record at a place again.
func (f *File) At(place int64) (record.Record, error) {
	if f.past == nil {
		f.past = report.NewPlaces(f.kept())
	}
	r, err := f.past.At(place)
	if err != nil {
		return r, fmt.Errorf("%s: %w", f.name, err)
	}
	return r, nil
}

// Close closes the file, and removes its copy.
func (f *File) Close() error {
	err := f.file.Close()
	if f.copy != nil {
		err = errors.Join(err, f.copy.Close())
	}
	return err
}
