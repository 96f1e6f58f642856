package report

import (
	"fmt"
	"io"

	"porthole/internal/record"
)

// ReadSaved reads a whole file, as [Read] does, and finds out which command wrote
// it.
func ReadSaved(r io.Reader) (record.Saved, error) {
	var s record.Saved
	var err error
	s.Summary, err = Read(r, func(r *record.Record) error {
		s.Records = append(s.Records, *r)
		return nil
	})
	if err != nil {
		return s, err
	}
	return withCommand(s)
}

// withCommand finds out which command wrote s, by the kinds of its records.
func withCommand(s record.Saved) (record.Saved, error) {
	commands := map[string]string{record.KindPort: "scan", record.KindSocket: "list", record.KindService: "lookup", record.KindChange: "diff", record.KindFinding: "audit", record.KindExplanation: "explain"}
	for _, r := range s.Records {
		command := commands[r.Kind]
		if command == "" {
			return s, fmt.Errorf("it has a record of an unknown kind, %q; %w", r.Kind, ErrNotSaved)
		}
		if s.Command != "" && s.Command != command {
			return s, fmt.Errorf("it has records of both %s and %s; %w", s.Command, command, ErrNotSaved)
		}
		s.Command = command
	}
	if s.Command == "" && s.Summary != nil {
		s.Command = s.Summary.Command
	}
	if s.Command == "" {
		return s, fmt.Errorf("it is empty; %w", ErrNotSaved)
	}
	return s, nil
}
