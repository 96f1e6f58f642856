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
	source, err := ReadSource(r, func(r *record.Record, _ int64) error {
		s.Records = append(s.Records, *r)
		return nil
	})
	s.Command, s.Summary = source.Command, source.Summary
	return s, err
}

// Source is what is known of a file beside its records.
type Source struct {
	Command string // that wrote it
	Records int
	Summary *record.Summary // nil if the file ends before it
}

// Saved is the source without its records.
func (s Source) Saved() record.Saved { return record.Saved{Command: s.Command, Summary: s.Summary} }

// ReadSource is [ReadPlaces], and finds out which command wrote the file.
func ReadSource(r io.Reader, each func(r *record.Record, at int64) error) (s Source, err error) {
	s.Summary, err = ReadPlaces(r, func(r *record.Record, at int64) error {
		command := commandOf(r.Kind)
		if command == "" {
			return fmt.Errorf("it has a record of an unknown kind, %q; %w", r.Kind, ErrNotSaved)
		}
		if s.Command != "" && s.Command != command {
			return fmt.Errorf("it has records of both %s and %s; %w", s.Command, command, ErrNotSaved)
		}
		s.Command = command
		s.Records++
		return each(r, at)
	})
	switch {
	case err != nil:
		return s, err
	case s.Command == "" && s.Summary != nil:
		s.Command = s.Summary.Command
	}
	if s.Command == "" {
		return s, fmt.Errorf("it is empty; %w", ErrNotSaved)
	}
	return s, nil
}

// commandOf is the command that makes records of a kind.
func commandOf(kind string) string {
	switch kind {
	case record.KindPort, record.KindHost:
		return "scan"
	case record.KindSocket:
		return "list"
	case record.KindService:
		return "lookup"
	case record.KindChange:
		return "diff"
	case record.KindFinding:
		return "audit"
	case record.KindExplanation:
		return "explain"
	}
	return ""
}
