// Package report writes what porthole found: as a table or a page for people,
// as JSON, JSONL, CSV, nmap's formats and Prometheus's for programs.
//
// Everything it writes is a [Record], flat and the same in every format, and a
// [Summary] at the end. [Open] turns the user's --output values into an
// [Output]; records go in by Write, verdicts that are not shown by Count, and
// Close finishes every format whole.
package report

import "time"

// Schema names the shape of the JSON output. Fields are only ever added.
const Schema = "porthole/1"

// The kinds of record.
const (
	KindPort    = "port"    // a verdict of scan
	KindSocket  = "socket"  // a row of list
	KindService = "service" // an entry of lookup
	KindChange  = "change"  // a difference that diff found
	KindFinding = "finding" // what an audit found

	KindExplanation = "explanation" // of a port
)

// Record is one line of output. A field that is unknown or does not belong to
// the kind is absent from JSON and empty elsewhere, never a made-up zero.
type Record struct {
	Kind string `json:"kind"`

	Host       string `json:"host,omitempty"`
	RDNS       string `json:"rdns,omitempty"` // what the owner of Addr calls it
	Proto      string `json:"proto"`
	Addr       string `json:"addr,omitempty"`
	Port       uint16 `json:"port"`
	RemoteAddr string `json:"remote_addr,omitempty"`
	RemotePort uint16 `json:"remote_port,omitempty"`

	State     string   `json:"state,omitempty"`
	Reason    string   `json:"reason,omitempty"`
	RTT       *float64 `json:"rtt_ms,omitempty"` // milliseconds
	Attempts  int      `json:"attempts,omitempty"`
	Middlebox bool     `json:"middlebox,omitempty"` // open, but so is every port of this host
	Error     string   `json:"error,omitempty"`

	Service     string `json:"service,omitempty"`
	IANA        string `json:"iana,omitempty"`
	Class       string `json:"class"`
	Description string `json:"description,omitempty"`
	Common      *bool  `json:"common,omitempty"`
	Plaintext   *bool  `json:"plaintext,omitempty"`
	Secure      string `json:"secure,omitempty"` // what replaces a plaintext protocol

	Privileged *bool      `json:"privileged,omitempty"`
	Exposure   string     `json:"exposure,omitempty"`
	UID        *int       `json:"uid,omitempty"`
	User       string     `json:"user,omitempty"`
	Inode      uint64     `json:"inode,omitempty"`
	NetNS      uint64     `json:"netns,omitempty"`
	NetNSName  string     `json:"netns_name,omitempty"`
	Processes  *[]Process `json:"processes,omitempty"` // empty when the holders are hidden, absent when not asked for
	Hidden     string     `json:"hidden,omitempty"`

	V6Only         *bool    `json:"v6only,omitempty"` // a socket on [::] does not let IPv4 in
	Device         string   `json:"device,omitempty"` // the interface it is bound to
	MPTCP          bool     `json:"mptcp,omitempty"`
	Backlog        *uint32  `json:"backlog,omitempty"` // connections that may wait
	RecvQ          *uint32  `json:"recv_q,omitempty"`  // bytes, of a listener connections, that wait
	SendQ          *uint32  `json:"send_q,omitempty"`  // bytes
	ReuseportGroup uint64   `json:"reuseport_group,omitempty"`
	Cgroup         string   `json:"cgroup,omitempty"`
	Unit           string   `json:"unit,omitempty"`
	Container      string   `json:"container,omitempty"`    // runtime:name
	Published      string   `json:"published,omitempty"`    // where the published port of a container leads
	PublishedAt    []string `json:"published_at,omitempty"` // where connections come to that are led to a container's own socket
	Flags          []string `json:"flags,omitempty"`        // what deserves a look about a low port

	*Change
	*Finding
	*Explanation

	At *time.Time `json:"at,omitempty"`
}

// Process is one holder of a socket.
type Process struct {
	PID     int        `json:"pid"`
	Name    string     `json:"name,omitempty"`
	Exe     string     `json:"exe,omitempty"`
	Cmdline []string   `json:"cmdline,omitempty"`
	User    string     `json:"user,omitempty"`
	UID     *int       `json:"uid,omitempty"`
	Started *time.Time `json:"started,omitempty"`

	Parents   []Parent `json:"parents,omitempty"` // the one that started it first
	Cgroup    string   `json:"cgroup,omitempty"`
	Unit      string   `json:"unit,omitempty"`
	Container string   `json:"container,omitempty"`
	BindRight string   `json:"bind_right,omitempty"` // by what right it may bind its low port
}

// Parent is a process that started another.
type Parent struct {
	PID  int    `json:"pid"`
	Name string `json:"name,omitempty"`
}

// Summary is the last record: what was asked and what came of it.
type Summary struct {
	Kind     string `json:"kind"` // always "summary"
	Command  string `json:"command"`
	Complete bool   `json:"complete"`

	*ScanCounts
	*Ledger
	*ListCounts
	*LookupCounts
	*DiffCounts
	*AuditCounts

	Args    []string `json:"args,omitempty"`   // of a scan or list: the command line, the command first
	Seed    *uint64  `json:"seed,omitempty"`   // of the scan's order
	Config  string   `json:"config,omitempty"` // names what a scan asks and in what order: 32 hexadecimal digits
	Shard   uint64   `json:"shard,omitempty"`  // which part of a scan that is shared out, from 1
	Shards  uint64   `json:"shards,omitempty"` // of how many
	Elapsed float64  `json:"elapsed_ms"`

	MissingShards []uint64 `json:"missing_shards,omitempty"` // those that merge did not get
}

// ScanCounts counts the verdicts of a scan, shown or not.
type ScanCounts struct {
	Targets      uint64 `json:"targets"` // addresses
	Down         uint64 `json:"down"`    // of those, the ones that discovery found nobody at
	Probes       uint64 `json:"probes"`  // (address, protocol, port) to ask of the others
	Open         uint64 `json:"open"`
	Closed       uint64 `json:"closed"`
	Filtered     uint64 `json:"filtered"`
	OpenFiltered uint64 `json:"open_filtered"`
	Middlebox    uint64 `json:"middlebox"` // open, as every port of their host is
	Unknown      uint64 `json:"unknown"`
	Unresolved   int    `json:"unresolved"` // targets without an address
}

// Ledger says how sure the verdicts of a scan are, and what they cost.
type Ledger struct {
	Attempts    uint64  `json:"attempts"`
	Retries     uint64  `json:"retries"`                // attempts after the first to the same port
	Late        uint64  `json:"late"`                   // answers after their deadline that still counted
	LocalErrors uint64  `json:"local_errors"`           // attempts this machine could not make; each was tried again
	TimedOut    uint64  `json:"timed_out"`              // probes that their host's timeout left unanswered
	Loss        float64 `json:"loss"`                   // estimated share of attempts lost on the way, 0 to 1
	Slowed      uint64  `json:"slowed"`                 // times a target was found to limit its answers
	SlowestRate float64 `json:"slowest_rate,omitempty"` // attempts per second it was then asked at
}

// ListCounts counts the sockets of a list after filtering.
type ListCounts struct {
	Sockets    int `json:"sockets"`
	Processes  int `json:"processes"`  // distinct holders
	Privileged int `json:"privileged"` // sockets bound to a privileged port
	Hidden     int `json:"hidden"`     // sockets without a visible holder
}

// LookupCounts counts the entries that a lookup found.
type LookupCounts struct {
	Services int `json:"services"`
}
