package report

import (
	"fmt"
	"io"
)

// Saved is what one command wrote as JSON or JSONL.
type Saved struct {
	Command string
	Records []Record
	Summary *Summary // nil when the file breaks off before it
}

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

// ReadSaved reads a whole file, as [Read] does, and settles which command wrote
// it.
func ReadSaved(r io.Reader) (Saved, error) {
	var s Saved
	var err error
	s.Summary, err = Read(r, func(r *Record) error {
		s.Records = append(s.Records, *r)
		return nil
	})
	if err != nil {
		return s, err
	}
	return s.known()
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
