package record

// Explanation is the part of a record of the kind "explanation".
type Explanation struct {
	Says        []string `json:"says,omitempty"`    // sentences
	Tree        []string `json:"tree,omitempty"`    // a line per process, from the first ancestor to the holders
	Sockets     []Record `json:"sockets,omitempty"` // of the kind "socket", those that wait on the port
	Connections int      `json:"connections"`       // with this local port
	Holders     []Holder `json:"holders,omitempty"`
	Bind        *Bind    `json:"bind,omitempty"` // whether a new server could bind the port
}

// Holder is what is known of a process beside what the records of its sockets say.
type Holder struct {
	PID      int      `json:"pid"`
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

// Bind is what came of binding the port on every address.
type Bind struct {
	Outcome string   `json:"outcome"`
	Error   string   `json:"error,omitempty"`
	Meets   []string `json:"meets,omitempty"` // sentences about what a new server has to reckon with
}
