package record

import "time"

// The events of watch.
const (
	EventPresent = "present" // the socket was there when the watch began
	EventOpened  = "opened"
	EventClosed  = "closed"
	EventChanged = "changed"
	EventGap     = "gap" // refreshes were left out: what came and went meanwhile was not seen
)

// Event is a line of watch: something that happened to a socket, or a gap.
type Event struct {
	Kind   string     `json:"kind"`              // always "event"
	Event  string     `json:"event"`             // one of [EventPresent] and the others
	At     time.Time  `json:"at"`                // when it was noticed, UTC
	Since  *time.Time `json:"since,omitempty"`   // of a gap: the last refresh before it, UTC
	Fields []string   `json:"changed,omitempty"` // the JSON names of the fields that differ
	Socket *Record    `json:"socket,omitempty"`  // as it is now, or as it was before it closed; nil of a gap
}
