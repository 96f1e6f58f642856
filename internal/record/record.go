// Package record has the types of what porthole says. A verdict, a socket, a
// service, a finding, a change and an explanation are each a [Record]; watch makes
// an [Event] of it; and every command ends with a [Summary].
//
// Results of the engines become records, labelled with the registry's service. The
// packages audit, explain and drift make records from records, and the packages
// report and live show them. The JSON tags define the JSON output, to which fields
// are only ever added. Nothing in this package reads or writes.
package record

import (
	"net"
	"slices"
	"strconv"
	"time"
)

// The kinds of record.
const (
	KindPort    = "port"    // a verdict of scan
	KindSocket  = "socket"  // a row of list
	KindHost    = "host"    // an address that discovery looked for
	KindService = "service" // an entry of lookup
	KindChange  = "change"  // a difference that diff found
	KindFinding = "finding" // what an audit found

	KindExplanation = "explanation" // of a port

	KindEvent = "event" // of watch, see [Event]
)

// Record is one line of output. A field that is unknown or does not belong to
// the kind is absent from JSON and empty elsewhere, never a made-up zero.
type Record struct {
	Kind string `json:"kind"`

	Host       string `json:"host,omitempty"`
	RDNS       string `json:"rdns,omitempty"` // the name of Addr, from reverse DNS
	Proto      string `json:"proto"`
	Addr       string `json:"addr,omitempty"`
	Port       uint16 `json:"port"`
	RemoteAddr string `json:"remote_addr,omitempty"`
	RemotePort uint16 `json:"remote_port,omitempty"`

	State     string   `json:"state,omitempty"`
	Reason    string   `json:"reason,omitempty"`
	RTT       *float64 `json:"rtt_ms,omitempty"` // milliseconds
	Attempts  int      `json:"attempts,omitempty"`
	Middlebox bool     `json:"middlebox,omitempty"` // open, but so is every port of the host
	Error     string   `json:"error,omitempty"`

	Service     string `json:"service,omitempty"`
	ServiceBy   string `json:"service_by,omitempty"` // who says so: one of [ByIANA] and the others
	IANA        string `json:"iana,omitempty"`       // what IANA registered, where that is not Service
	Commonly    string `json:"commonly,omitempty"`   // what people commonly run there, where the holder shows that it is not that
	Class       string `json:"class"`
	Description string `json:"description,omitempty"`
	Common      *bool  `json:"common,omitempty"`
	Plaintext   *bool  `json:"plaintext,omitempty"`
	Secure      string `json:"secure,omitempty"` // the encrypted replacement of a plaintext protocol

	Verified *Verified `json:"verified,omitempty"` // what answered; nil if the port was not asked for it

	Privileged *bool      `json:"privileged,omitempty"`
	Exposure   string     `json:"exposure,omitempty"` // by its bind address
	Reach      *Reach     `json:"reach,omitempty"`    // past the firewall; nil of what only this machine can reach
	UID        *int       `json:"uid,omitempty"`
	User       string     `json:"user,omitempty"`
	Inode      uint64     `json:"inode,omitempty"`
	NetNS      uint64     `json:"netns,omitempty"`
	NetNSName  string     `json:"netns_name,omitempty"`
	Processes  *[]Process `json:"processes,omitempty"` // empty if the holders are hidden, nil if they were not asked for
	Hidden     string     `json:"hidden,omitempty"`    // why the holders are hidden
	Kernel     string     `json:"kernel,omitempty"`    // what of the kernel has it: "vxlan vx0"

	V6Only         *bool    `json:"v6only,omitempty"` // a socket on [::] that takes no IPv4
	Device         string   `json:"device,omitempty"` // the interface it is bound to
	MPTCP          bool     `json:"mptcp,omitempty"`
	Backlog        *uint32  `json:"backlog,omitempty"` // the most connections that may wait
	RecvQ          *uint32  `json:"recv_q,omitempty"`  // bytes that wait; of a listener, connections
	SendQ          *uint32  `json:"send_q,omitempty"`  // bytes
	ReuseportGroup uint64   `json:"reuseport_group,omitempty"`
	Cgroup         string   `json:"cgroup,omitempty"`
	Unit           string   `json:"unit,omitempty"`
	Container      string   `json:"container,omitempty"`    // runtime:name
	Published      string   `json:"published,omitempty"`    // where a published port leads
	PublishedAt    []string `json:"published_at,omitempty"` // the addresses at which the port of a container is published
	Flags          []string `json:"flags,omitempty"`        // remarks on a privileged port: "non-root", "needless-root", "lowered-start"

	*Life
	*Change
	*Finding
	*Explanation

	At *time.Time `json:"at,omitempty"`
}

// Waits reports whether r is a socket that waits for connections or datagrams: it
// listens, or it is bound and not connected.
func (r *Record) Waits() bool { return r.State == "listen" || r.State == "bound" }

// Endpoint is the protocol and the local address and port, as in
// "tcp/[::1]:80"; "tcp/80" without an address.
func (r *Record) Endpoint() string {
	port := strconv.Itoa(int(r.Port))
	if r.Addr == "" {
		return r.Proto + "/" + port
	}
	return r.Proto + "/" + net.JoinHostPort(r.Addr, port)
}

// Holders returns the processes that hold a socket, none if they are hidden or
// were not asked for.
func (r *Record) Holders() []Process {
	if r.Processes == nil {
		return nil
	}
	return *r.Processes
}

// HolderHidden tells a socket that somebody holds who may not be seen from one that
// no process has, such as those in time-wait.
func (r *Record) HolderHidden() bool {
	return r.Hidden != "" && r.Hidden != "no-owner" && r.Hidden != "kernel"
}

// InNetNS reports whether a socket is in the network namespace with the given
// inode. It is also true if either of the two is not known (0), unless the socket's
// has a name: that is another one, whose inode this user may not read.
func (r *Record) InNetNS(netns uint64) bool {
	if r.NetNS == 0 && r.NetNSName != "" {
		return false
	}
	return netns == 0 || r.NetNS == 0 || r.NetNS == netns
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

	Dir       string   `json:"dir,omitempty"`     // its working directory
	Memory    uint64   `json:"memory,omitempty"`  // bytes that are resident
	State     string   `json:"state,omitempty"`   // "sleeping", "stopped" and so on
	Parents   []Parent `json:"parents,omitempty"` // the closest first
	Cgroup    string   `json:"cgroup,omitempty"`
	Unit      string   `json:"unit,omitempty"`
	Container string   `json:"container,omitempty"`
	BindRight string   `json:"bind_right,omitempty"` // what permits it to bind a privileged port
}

// StartedByAny reports whether one of the given processes started p, itself or
// through others.
func (p Process) StartedByAny(processes []Process) bool {
	return slices.ContainsFunc(p.Parents, func(parent Parent) bool {
		return slices.ContainsFunc(processes, func(q Process) bool { return q.PID == parent.PID })
	})
}

// Parent is a process that started another.
type Parent struct {
	PID  int    `json:"pid"`
	Name string `json:"name,omitempty"`
}

// Milliseconds is d as the JSON fields that end in _ms have it, to the
// microsecond.
func Milliseconds(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}
