package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Saved is what one command wrote as JSON or JSONL.
type Saved struct {
	Command string
	Records []Record
	Summary *Summary // nil when the file breaks off before it
}

// ErrNotSaved is why a file cannot be read back: porthole did not write it, or
// not in these formats.
var ErrNotSaved = errors.New("want what porthole wrote with -o json or -o jsonl")

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

// ReadSaved reads either form, of this or an older version: -o json's one object,
// or -o jsonl's lines. Fields that it does not know are left out.
func ReadSaved(r io.Reader) (Saved, error) {
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
	records []Record
	summary *Summary
}

// UnmarshalJSON tells the three apart by the fields that only one of them has.
func (v *value) UnmarshalJSON(text []byte) error {
	var head struct {
		Kind    string   `json:"kind"`
		Schema  string   `json:"schema"`
		Records []Record `json:"records"`
		Summary *Summary `json:"summary"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return err
	}
	switch {
	case head.Schema != "":
		v.records, v.summary = head.Records, head.Summary
		return nil
	case head.Kind == "summary":
		v.summary = &Summary{}
		return json.Unmarshal(text, v.summary)
	case head.Kind != "":
		v.records = make([]Record, 1)
		return json.Unmarshal(text, &v.records[0])
	default:
		return errors.New("no kind")
	}
}

// known settles which command wrote it.
func (s Saved) known() (Saved, error) {
	commands := map[string]string{KindPort: "scan", KindSocket: "list", KindService: "lookup", KindChange: "diff", KindFinding: "audit", KindExplanation: "explain"}
	for _, r := range s.Records {
		command := commands[r.Kind]
		if command == "" {
			return s, fmt.Errorf("it has records of the unknown kind %q; %w", r.Kind, ErrNotSaved)
		}
		if s.Command != "" && s.Command != command {
			return s, fmt.Errorf("it mixes a %s with a %s; %w", s.Command, command, ErrNotSaved)
		}
		s.Command = command
	}
	if s.Command == "" && s.Summary != nil {
		s.Command = s.Summary.Command
	}
	if s.Command == "" {
		return s, fmt.Errorf("there is nothing in it; %w", ErrNotSaved)
	}
	return s, nil
}
