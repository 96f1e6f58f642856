package drift

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"porthole/internal/report"
)

// Saved is a list or a scan as porthole wrote it.
type Saved struct {
	Command string          // "list" or "scan"
	Records []report.Record // its sockets or its verdicts
	Summary *report.Summary // nil when the file breaks off before it
}

// ErrNotSaved is why a file cannot be compared: porthole did not write it, or
// it is of another command.
var ErrNotSaved = errors.New("want what porthole list or porthole scan wrote with -o json or -o jsonl")

// Complete tells whether the answer was whole when it was saved.
func (s Saved) Complete() bool { return s.Summary != nil && s.Summary.Complete }

// Args is the command line that made it, the command first; nil if the file is
// of a version that did not write that down.
func (s Saved) Args() []string {
	if s.Summary == nil {
		return nil
	}
	return s.Summary.Args
}

// Read reads either form, of this or an older version: -o json's one object,
// or -o jsonl's lines. Fields that it does not know are left out.
func Read(r io.Reader) (Saved, error) {
	var s Saved
	dec := json.NewDecoder(r)
	for n := 1; ; n++ {
		var v value
		err := dec.Decode(&v)
		switch {
		case errors.Is(err, io.EOF):
			return s.known()
		case errors.Is(err, io.ErrUnexpectedEOF):
			return s, fmt.Errorf("the file breaks off in record %d; %w", n, ErrNotSaved)
		case err != nil:
			return s, fmt.Errorf("record %d: %w; %w", n, err, ErrNotSaved)
		}
		s.Records = append(s.Records, v.records...)
		if v.summary != nil {
			s.Summary = v.summary
		}
	}
}

// value is one JSON value of a file: a whole document, a record or a summary.
type value struct {
	records []report.Record
	summary *report.Summary
}

// UnmarshalJSON tells the three apart by the fields that only one of them has.
func (v *value) UnmarshalJSON(text []byte) error {
	var head struct {
		Kind    string          `json:"kind"`
		Schema  string          `json:"schema"`
		Records []report.Record `json:"records"`
		Summary *report.Summary `json:"summary"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return err
	}
	switch {
	case head.Schema != "":
		v.records, v.summary = head.Records, head.Summary
		return nil
	case head.Kind == "summary":
		v.summary = &report.Summary{}
		return json.Unmarshal(text, v.summary)
	case head.Kind != "":
		v.records = make([]report.Record, 1)
		return json.Unmarshal(text, &v.records[0])
	default:
		return errors.New("no kind")
	}
}

// known settles which command wrote it.
func (s Saved) known() (Saved, error) {
	kinds := map[string]string{report.KindPort: "scan", report.KindSocket: "list"}
	for _, r := range s.Records {
		command := kinds[r.Kind]
		if command == "" {
			return s, fmt.Errorf("it has records of the kind %q; %w", r.Kind, ErrNotSaved)
		}
		if s.Command != "" && s.Command != command {
			return s, fmt.Errorf("it mixes a list with a scan; %w", ErrNotSaved)
		}
		s.Command = command
	}
	if s.Command == "" && s.Summary != nil {
		s.Command = s.Summary.Command
	}
	if !slices.Contains([]string{"scan", "list"}, s.Command) {
		return s, fmt.Errorf("it holds no list and no scan; %w", ErrNotSaved)
	}
	return s, nil
}
