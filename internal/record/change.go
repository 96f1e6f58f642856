package record

// The values of [Change.What].
const (
	ChangeOpened   = "opened"
	ChangeClosed   = "closed"
	ChangeOwner    = "owner"    // another unit, container or executable holds it
	ChangeExposure = "exposure" // another set of hosts can reach it
	ChangeReach    = "reach"    // others get through the firewall
	ChangeState    = "state"    // of a scan: another state, and neither opened nor closed
	ChangeService  = "service"  // another service on the same port, registered in a scan or proved by --verify

	ChangeVersion     = "version"     // of --verify: another product or version
	ChangeCertificate = "certificate" // of --verify
)

// Change is the part of a record of the kind "change". The other fields are those
// of the socket or port as it is now, or as it was before it closed.
type Change struct {
	What   string `json:"change"`
	Before string `json:"before,omitempty"` // the owner, exposure, reach, state, service, version or certificate, depending on What
	After  string `json:"after,omitempty"`
}
