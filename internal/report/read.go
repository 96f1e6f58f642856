package report

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"porthole/internal/record"
	"porthole/internal/textfile"
)

// The reasons why a file cannot be read.
var (
	// ErrNotSaved: porthole did not write the file, or in another format.
	ErrNotSaved = errors.New("want what porthole wrote with -o json or -o jsonl")
	// ErrVersion: the file has another major version of the records.
	ErrVersion = errors.New("read it with the porthole that wrote it, or make it anew")
	// ErrCut: the file ends within a record, or within the object of -o json.
	ErrCut = errors.New("the file is cut off")
)

// Read reads what a command of this or an older version wrote with -o json or
// -o jsonl. It calls each with every record in turn and returns the summary, which
// is nil if JSONL ends without one. Unknown fields are ignored.
//
// An error of each is returned unchanged. Others wrap [ErrNotSaved], and also
// [ErrCut] if that is the reason; or [ErrVersion]; or are a [textfile.EncodingError].
func Read(r io.Reader, each func(*record.Record) error) (*record.Summary, error) {
	return ReadPlaces(r, func(r *record.Record, _ int64) error { return each(r) })
}

// ReadPlaces is Read, and tells where each record begins, in bytes from the start,
// for [Places].
func ReadPlaces(r io.Reader, each func(r *record.Record, at int64) error) (*record.Summary, error) {
	const peek = 1 << 16 // bytes, to tell the two formats apart
	buf, skipped, err := textfile.NewReader(r)
	if err != nil {
		return nil, err
	}
	start, _ := buf.Peek(peek) // the values meet an error again
	in := reader{values: values{r: buf, at: int64(skipped)}, each: each}
	read := in.lines
	if isDocument(start) {
		read = in.document
	}
	if err := read(); err != nil {
		return nil, err
	}
	return in.sum, nil
}

// Places reads records again that [ReadPlaces] found at a place.
type Places struct {
	from io.ReaderAt
	in   values
}

// NewPlaces returns a reader of the file that ReadPlaces read.
func NewPlaces(r io.ReaderAt) *Places {
	const size = 2 << 10 // of most records
	return &Places{r, values{r: bufio.NewReaderSize(nil, size)}}
}

// At reads the record at a place.
func (p *Places) At(at int64) (record.Record, error) {
	p.in.r.Reset(io.NewSectionReader(p.from, at, maxRecord))
	var rec record.Record
	raw, _, err := p.in.value()
	if err == nil {
		err = json.Unmarshal(raw, &rec)
	}
	if err != nil {
		return rec, fmt.Errorf("the file changed while it was read: %w", err)
	}
	return rec, nil
}

// isDocument reports whether a file is the one object of -o json. It looks for the
// first key that only one of the two formats has.
func isDocument(start []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(start))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return false
	}
	for dec.More() {
		switch key, err := dec.Token(); {
		case err != nil || key == "kind":
			return false
		case key == "schema" || key == "records" || key == "summary":
			return true
		}
		if dec.Decode(new(json.RawMessage)) != nil {
			return false
		}
	}
	return false
}

// reader reads one file.
type reader struct {
	values
	each func(*record.Record, int64) error
	n    int // records begun
	sum  *record.Summary
}

// bad adds to an error where it was met.
func (r *reader) bad(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w in record %d; %w", ErrCut, r.n, ErrNotSaved)
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		err = fmt.Errorf("%s cannot be %s", cmp.Or(wrong.Field, "it"), wrong.Value)
	}
	return fmt.Errorf("record %d: %w; %w", r.n, err, ErrNotSaved)
}

// lines reads JSONL: the records, then the summary.
func (r *reader) lines() error {
	for {
		raw, at, err := r.value()
		if err == io.EOF {
			return nil
		}
		r.n++
		if err != nil {
			return r.bad(err)
		}
		if err := r.line(raw, at); err != nil {
			return err
		}
	}
}

func (r *reader) line(raw []byte, at int64) error {
	kind, err := kindOf(raw)
	switch {
	case err != nil:
		return r.bad(err)
	case kind == "":
		return r.bad(errors.New("it has no kind"))
	case r.sum != nil:
		return r.bad(errAfterSummary)
	case kind != "summary":
		return r.record(raw, at)
	}
	if r.sum, err = readSummary(raw); err != nil {
		return r.bad(err)
	}
	return nil
}

// kindOf returns the kind of a record or summary. In what porthole wrote it comes
// first; what comes after it is not looked at then.
func kindOf(raw []byte) (string, error) {
	if rest, ok := bytes.CutPrefix(raw, []byte(`{"kind":"`)); ok {
		if end := bytes.IndexByte(rest, '"'); end > 0 && bytes.IndexByte(rest[:end], '\\') < 0 {
			return string(rest[:end]), nil
		}
	}
	var head struct{ Kind string }
	err := json.Unmarshal(raw, &head)
	return head.Kind, err
}

var errAfterSummary = errors.New("there is more after the summary; write each command's output to a file of its own")

func (r *reader) record(raw []byte, at int64) error {
	rec := new(record.Record)
	if err := json.Unmarshal(raw, rec); err != nil {
		return r.bad(err)
	}
	return r.each(rec, at)
}

// document reads the object of -o json, one record at a time.
func (r *reader) document() error {
	if err := r.expect('{'); err != nil {
		return r.bad(err)
	}
	for first := true; ; first = false {
		more, err := r.more('}', first)
		if err != nil {
			return r.bad(err)
		}
		if !more {
			break
		}
		if err := r.field(); err != nil {
			return err
		}
	}
	if _, err := r.peek(); err != io.EOF {
		return r.bad(errAfterSummary)
	}
	return nil
}

// more takes what follows a value: the end of what it is in, or a comma and another
// value.
func (r *reader) more(end byte, first bool) (bool, error) {
	ended, err := r.is(end)
	if err != nil || ended {
		return false, unexpected(err)
	}
	if !first {
		return true, r.expect(',')
	}
	return true, nil
}

// field reads a field of the document.
func (r *reader) field() error {
	raw, _, err := r.value()
	var key string
	if err == nil {
		err = json.Unmarshal(raw, &key)
	}
	if err == nil {
		err = r.expect(':')
	}
	if err != nil {
		return r.bad(err)
	}
	if key == "records" {
		return r.records()
	}
	if raw, _, err = r.value(); err != nil {
		return r.bad(err)
	}
	switch key {
	case "schema":
		var name string
		if err = json.Unmarshal(raw, &name); err == nil {
			err = checkSchema(name)
		}
		if errors.Is(err, ErrVersion) || errors.Is(err, ErrNotSaved) {
			return err
		}
	case "summary":
		r.sum, err = readSummary(raw)
	default:
		err = json.Unmarshal(raw, new(json.RawMessage))
	}
	if err != nil {
		return r.bad(err)
	}
	return nil
}

// checkSchema fails for what is not a file of porthole, and for the records of
// another major version, whose fields may mean something else.
func checkSchema(name string) error {
	version, ours := strings.CutPrefix(name, schemaPrefix)
	major, _, _ := strings.Cut(version, ".")
	switch {
	case name == "" || ours && major == schemaVersion:
		return nil
	case ours:
		return fmt.Errorf("its schema is %q, and this version reads %q; %w", name, schemaPrefix+schemaVersion, ErrVersion)
	}
	return fmt.Errorf("its schema is %q, not %q; %w", name, schemaPrefix+schemaVersion, ErrNotSaved)
}

// readSummary reads a summary. Version 1.0 had counts of a scan by the names that fields
// of its records have.
func readSummary(raw []byte) (*record.Summary, error) {
	sum := new(record.Summary)
	if err := json.Unmarshal(raw, sum); err != nil || sum.ScanCounts == nil {
		return sum, err
	}
	var before struct{ Middlebox, Alive uint64 }
	if err := json.Unmarshal(raw, &before); err != nil {
		return sum, err
	}
	sum.Middlebox = max(sum.Middlebox, before.Middlebox)
	sum.Alive = max(sum.Alive, before.Alive)
	return sum, nil
}

func (r *reader) records() error {
	if err := r.expect('['); err != nil {
		return r.bad(err)
	}
	for first := true; ; first = false {
		more, err := r.more(']', first)
		switch {
		case err != nil:
			r.n++
			return r.bad(err)
		case !more:
			return nil
		}
		r.n++
		raw, at, err := r.value()
		if err != nil {
			return r.bad(err)
		}
		if err := r.record(raw, at); err != nil {
			return err
		}
	}
}
