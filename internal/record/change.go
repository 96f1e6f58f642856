package record

// What diff says of a socket or a port.
const (
	ChangeOpened   = "opened"
	ChangeClosed   = "closed"
	ChangeOwner    = "owner"    // another unit, container or executable holds it
	ChangeExposure = "exposure" // others can reach it
	ChangeState    = "state"    // of a scan: another verdict that is no opening or closing
	ChangeService  = "service"  // of a scan: the same port, another service
)

// Change is what a record of the kind "change" has beside the fields of the
// socket or port: as it is now, or as it was if it is gone.
type Change struct {
	What   string `json:"change"`
	Before string `json:"before,omitempty"` // owner, exposure, state or service, by What
	After  string `json:"after,omitempty"`
}
