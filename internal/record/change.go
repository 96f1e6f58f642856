package record

// What diff says of a socket or a port.
const (
	Opened          = "opened"
	Gone            = "closed"
	OwnerChanged    = "owner"    // another unit, container or executable holds it
	ExposureChanged = "exposure" // others can reach it
	StateChanged    = "state"    // of a scan: another verdict that is no opening or closing
	ServiceChanged  = "service"  // of a scan: the same port, another service
)

// Change is what a record of the kind "change" has beside the fields of the
// socket or port: as it is now, or as it was if it is gone.
type Change struct {
	What   string `json:"change"`
	Before string `json:"before,omitempty"` // owner, exposure, state or service, by What
	After  string `json:"after,omitempty"`
}
