package report

import (
	"bufio"
	"io"

	"porthole/internal/record"
)

// EventWriter writes events as JSON, one a line, each at once.
type EventWriter struct{ lines *jsonlWriter }

// NewEventWriter writes to w.
func NewEventWriter(w io.Writer) *EventWriter {
	return &EventWriter{&jsonlWriter{w: bufio.NewWriter(w), live: true}}
}

// Write writes one event.
func (w *EventWriter) Write(e record.Event) error {
	e.Kind = record.KindEvent
	return w.lines.line(e)
}
