// Package report writes what porthole found: as a table for people, as JSON,
// JSONL and CSV for programs.
//
// Everything it writes is a [Record], flat and the same in every format, and a
// [Summary] at the end. [Open] turns the user's --output values into an
// [Output]; records go in by Write, and Close finishes every format whole.
package report

import "time"

// Schema names the shape of the JSON output. Fields are only ever added.
const Schema = "porthole/1"

// The kinds of record.
const (
	KindPort    = "port"    // a verdict of scan
	KindSocket  = "socket"  // a row of list
	KindService = "service" // an entry of lookup
)

// Record is one line of output. A field that is unknown or does not belong to
// the kind is absent from JSON and empty elsewhere, never a made-up zero.
type Record struct {
	Kind string `json:"kind"`

	Host       string `json:"host,omitempty"`
	Proto      string `json:"proto"`
	Addr       string `json:"addr,omitempty"`
	Port       uint16 `json:"port"`
	RemoteAddr string `json:"remote_addr,omitempty"`
	RemotePort uint16 `json:"remote_port,omitempty"`

	State    string   `json:"state,omitempty"`
	Reason   string   `json:"reason,omitempty"`
	RTT      *float64 `json:"rtt_ms,omitempty"` // milliseconds
	Attempts int      `json:"attempts,omitempty"`
	Error    string   `json:"error,omitempty"`

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
	Processes  *[]Process `json:"processes,omitempty"` // empty when the holders are hidden, absent when not asked for
	Hidden     string     `json:"hidden,omitempty"`

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
}

// Summary is the last record: what was asked and what came of it.
type Summary struct {
	Kind     string `json:"kind"` // always "summary"
	Command  string `json:"command"`
	Complete bool   `json:"complete"`

	*ScanCounts
	*ListCounts
	*LookupCounts

	Elapsed float64 `json:"elapsed_ms"`
}

// ScanCounts counts the verdicts of a scan, shown or not.
type ScanCounts struct {
	Targets      uint64 `json:"targets"` // addresses asked
	Probes       uint64 `json:"probes"`  // (address, protocol, port) to ask
	Open         uint64 `json:"open"`
	Closed       uint64 `json:"closed"`
	Filtered     uint64 `json:"filtered"`
	OpenFiltered uint64 `json:"open_filtered"`
	Unknown      uint64 `json:"unknown"`
	Unresolved   int    `json:"unresolved"` // targets without an address
	Retries      uint64 `json:"retries"`    // attempts after the first
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
