package record

// Explanation is the part of a record of the kind "explanation": what there is to
// say of a port in one network namespace.
type Explanation struct {
	Status      string    `json:"status,omitempty"`  // the answer in a few words: "open to the network", "free"
	Card        []CardRow `json:"card,omitempty"`    // what matters, the most important first
	Says        []string  `json:"says,omitempty"`    // all of it in sentences
	Tree        []string  `json:"tree,omitempty"`    // a line per process, from the first ancestor to the holders
	Sockets     []Record  `json:"sockets,omitempty"` // of the kind "socket", those that wait on the port
	Connections int       `json:"connections"`       // with this local port
	Holders     []Holder  `json:"holders,omitempty"`
	Bind        *Bind     `json:"bind,omitempty"`     // whether a new server could bind the port
	Accepted    []string  `json:"accepted,omitempty"` // what the firewall lets in: "22 from everywhere"
	Opener      string    `json:"opener,omitempty"`   // the command for the one rule that would let everyone in, to be read
}

// CardRow is a row of the card: what it is about, and one or more lines.
type CardRow struct {
	Label string   `json:"label"`
	Lines []string `json:"lines"`
}

// How a process holds a port.
const (
	HoldsWaiting    = "waits"      // it listens, or waits for datagrams
	HoldsBound      = "bound"      // bound to it, without listening
	HoldsConnection = "connection" // a connection has it as the local port
)

// Holder is what is known of a process beside what the records of its sockets say.
type Holder struct {
	PID      int      `json:"pid"`
	Name     string   `json:"name,omitempty"`
	Role     string   `json:"role,omitempty"`               // one of [HoldsWaiting] and the others
	Adopted  bool     `json:"adopted,omitempty"`            // its parent may have adopted it, rather than started it
	Deleted  bool     `json:"exe_deleted"`                  // the executable was removed or replaced
	Changed  bool     `json:"exe_changed"`                  // the executable was written to after the process started
	Writable string   `json:"exe_writable,omitempty"`       // who else can write to the executable
	Also     []string `json:"also_holds,omitempty"`         // the other endpoints that it waits on
	Stops    []string `json:"would_stop_with_it,omitempty"` // the endpoints of other processes of its unit, or that it started
}

// The outcomes of trying to bind a port.
const (
	BindFree   = "free"
	BindInUse  = "in-use"
	BindDenied = "denied" // this user may not
	BindFailed = "failed" // another error
)

// Bind is what came of trying to bind the port: on every address, as an ordinary
// server does, and one by one.
type Bind struct {
	Outcome string    `json:"outcome"` // of every address
	Error   string    `json:"error,omitempty"`
	Tries   []BindTry `json:"tries,omitempty"`
	Meets   []string  `json:"meets,omitempty"` // sentences about what a new server has to reckon with
}

// BindTry is one address that was tried, by binding it and listening on it for a
// moment.
type BindTry struct {
	Addr      string `json:"addr"`
	V6Only    bool   `json:"v6only"`     // with IPV6_V6ONLY: [::] without IPv4
	ReuseAddr bool   `json:"reuse_addr"` // with SO_REUSEADDR
	Outcome   string `json:"outcome"`
	Error     string `json:"error,omitempty"`
}
