package record

// Explanation is what a record of the kind "explanation" tells of a port.
type Explanation struct {
	Says        []string `json:"says,omitempty"`    // plain sentences
	Tree        []string `json:"tree,omitempty"`    // a line for each process, from the first parent to the holders
	Sockets     []Record `json:"sockets,omitempty"` // that wait on the port, of the kind "socket"
	Connections int      `json:"connections"`       // that have the port as their local one
	Holders     []Holder `json:"holders,omitempty"`
	Bind        *Bind    `json:"bind,omitempty"` // what a new server would meet
}

// Holder is what is known of a process beyond the sockets' records.
type Holder struct {
	PID      int      `json:"pid"`
	Deleted  bool     `json:"exe_deleted"`                  // the executable is gone from disk, or another is in its place
	Changed  bool     `json:"exe_changed"`                  // it was written after the start
	Writable string   `json:"exe_writable,omitempty"`       // who else can write to it
	Also     []string `json:"also_holds,omitempty"`         // other places where it waits
	Stops    []string `json:"would_stop_with_it,omitempty"` // what others hold that belongs to its unit or was started by it
}

// The outcomes of trying to bind a port.
const (
	BindFree   = "free"
	BindInUse  = "in-use"
	BindDenied = "denied" // this user may not
	BindFailed = "failed" // for another reason
)

// Bind is what came of binding every address, and what stands in the way.
type Bind struct {
	Outcome string   `json:"outcome"`
	Error   string   `json:"error,omitempty"`
	Meets   []string `json:"meets,omitempty"`
}
