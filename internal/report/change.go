package report

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

// DiffCounts counts the changes of a diff.
type DiffCounts struct {
	Old      int `json:"old"` // records compared
	New      int `json:"new"`
	Opened   int `json:"opened"`
	Closed   int `json:"gone"` // the word closed is that of scan
	Owner    int `json:"changed_owner"`
	Exposure int `json:"changed_exposure"`
	State    int `json:"changed_state"`
	Service  int `json:"changed_service"`
}

// Changes is their sum.
func (n DiffCounts) Changes() int {
	return n.Opened + n.Closed + n.Owner + n.Exposure + n.State + n.Service
}
