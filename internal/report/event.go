package report

import (
	"bufio"
	"io"

	"porthole/internal/record"
)

// EventWriter writes events as JSONL. It flushes each line.
type EventWriter struct{ lines *jsonlWriter }

// NewEventWriter returns a writer to w.
func NewEventWriter(w io.Writer) *EventWriter {
	return &EventWriter{&jsonlWriter{w: bufio.NewWriter(w), live: true}}
}

// Write writes e, which needs no Kind.
func (w *EventWriter) Write(e record.Event) error {
	e.Kind = record.KindEvent
	return w.lines.event(&e)
}
