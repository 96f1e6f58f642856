package report

import (
	"bufio"
	"io"
	"time"
)

// KindEvent is the kind of an [Event].
const KindEvent = "event"

// Event is a line of watch: something that happened to a socket.
type Event struct {
	Kind   string    `json:"kind"`              // always "event"
	Event  string    `json:"event"`             // "present", "opened", "closed" or "changed"
	At     time.Time `json:"at"`                // when it was noticed, UTC
	Fields []string  `json:"changed,omitempty"` // which fields of the socket differ
	Socket *Record   `json:"socket"`            // as it is now; of a closed one, as it was last
}

// EventWriter writes events as JSON, one a line, each at once.
type EventWriter struct{ lines *jsonlWriter }

// NewEventWriter writes to w.
func NewEventWriter(w io.Writer) *EventWriter {
	return &EventWriter{&jsonlWriter{w: bufio.NewWriter(w), live: true}}
}

// Write writes one event.
func (w *EventWriter) Write(e Event) error {
	e.Kind = KindEvent
	return w.lines.line(e)
}
