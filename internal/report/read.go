package report

import (
	"bytes"
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
	const peek = 1 << 16 // bytes, to tell the two formats apart
	buf, err := textfile.NewReader(r)
	if err != nil {
		return nil, err
	}
	start, _ := buf.Peek(peek) // the decoder meets an error again
	in := reader{dec: json.NewDecoder(buf), each: each}
	read := in.lines
	if isDocument(start) {
		read = in.document
	}
	if err := read(); err != nil {
		return nil, err
	}
	return in.sum, nil
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
	dec  *json.Decoder
	each func(*record.Record) error
	n    int // records begun
	sum  *record.Summary
}

// bad adds to an error where it was met.
func (r *reader) bad(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w in record %d; %w", ErrCut, r.n, ErrNotSaved)
	}
	return fmt.Errorf("record %d: %w; %w", r.n, err, ErrNotSaved)
}

// lines reads JSONL: the records, then the summary.
func (r *reader) lines() error {
	for {
		var raw json.RawMessage
		err := r.dec.Decode(&raw)
		if err == io.EOF {
			return nil
		}
		r.n++
		if err != nil {
			return r.bad(err)
		}
		if err := r.line(raw); err != nil {
			return err
		}
	}
}

func (r *reader) line(raw []byte) error {
	var head struct{ Kind string }
	if err := json.Unmarshal(raw, &head); err != nil {
		return r.bad(err)
	}
	switch {
	case head.Kind == "":
		return r.bad(errors.New("it has no kind"))
	case r.sum != nil:
		return r.bad(errAfterSummary)
	case head.Kind != "summary":
		return r.record(raw)
	}
	r.sum = new(record.Summary)
	if err := json.Unmarshal(raw, r.sum); err != nil {
		return r.bad(err)
	}
	return nil
}

var errAfterSummary = errors.New("there is more after the summary; write each command's output to a file of its own")

func (r *reader) record(raw []byte) error {
	rec := new(record.Record)
	if err := json.Unmarshal(raw, rec); err != nil {
		return r.bad(err)
	}
	return r.each(rec)
}

// document reads the object of -o json, one record at a time.
func (r *reader) document() error {
	if err := r.token('{'); err != nil {
		return err
	}
	for r.dec.More() {
		key, err := r.dec.Token()
		if err != nil {
			return r.bad(err)
		}
		switch key {
		case "records":
			if err := r.records(); err != nil {
				return err
			}
			continue
		case "schema":
			var name string
			if err = r.dec.Decode(&name); err == nil {
				err = checkSchema(name)
			}
			if errors.Is(err, ErrVersion) || errors.Is(err, ErrNotSaved) {
				return err
			}
		case "summary":
			r.sum = new(record.Summary)
			err = r.dec.Decode(r.sum)
		default:
			err = r.dec.Decode(new(json.RawMessage))
		}
		if err != nil {
			return r.bad(err)
		}
	}
	if err := r.token('}'); err != nil {
		return err
	}
	if _, err := r.dec.Token(); err != io.EOF {
		return r.bad(errAfterSummary)
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
		return fmt.Errorf("its schema is %q, and this version reads %q; %w", name, schemaName, ErrVersion)
	}
	return fmt.Errorf("its schema is %q, not %q; %w", name, schemaName, ErrNotSaved)
}

func (r *reader) records() error {
	if err := r.token('['); err != nil {
		return err
	}
	for r.dec.More() {
		r.n++
		var raw json.RawMessage
		if err := r.dec.Decode(&raw); err != nil {
			return r.bad(err)
		}
		if err := r.record(raw); err != nil {
			return err
		}
	}
	return r.token(']')
}

func (r *reader) token(want json.Delim) error {
	t, err := r.dec.Token()
	if err == nil && t != want {
		err = fmt.Errorf("%v instead of %v", t, want)
	}
	if err != nil {
		return r.bad(err)
	}
	return nil
}
