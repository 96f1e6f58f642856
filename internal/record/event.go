package record

import "time"

// Event is a line of watch: something that happened to a socket.
type Event struct {
	Kind   string    `json:"kind"`              // always "event"
	Event  string    `json:"event"`             // "present", "opened", "closed" or "changed"
	At     time.Time `json:"at"`                // when it was noticed, UTC
	Fields []string  `json:"changed,omitempty"` // the JSON names of the fields that differ
	Socket *Record   `json:"socket"`            // as it is now, or as it was before it closed
}
