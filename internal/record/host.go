package record

// Life is the part of a record of the kind "host". Of the other fields it has Host,
// RDNS, Addr and At.
type Life struct {
	Alive *bool  `json:"alive,omitempty"` // nil if this machine could not ask
	By    string `json:"by,omitempty"`    // what showed it
	Asked int    `json:"asked,omitempty"` // questions: ports, and 1 for echo requests
}
