// Package label makes records of what the engines find: a verdict of a scan, a
// socket of this machine, a service of the registry. A record that has a port
// has what the registry knows of its number, by value. Such a label is registered or
// common, not verified: nothing proved that the service is what answers. Where the
// program that holds a port is known, it outweighs the number.
//
// The three public packages know nothing of each other: this is where they meet.
package label

import (
	"slices"
	"strings"

	"porthole/internal/program"
	"porthole/internal/record"
	"porthole/registry"
	"porthole/scanner"
	"porthole/sockets"
)

// label fills in what the number of a port says.
func label(services *registry.Registry, r *record.Record, proto string, port uint16) {
	r.Proto, r.Port = proto, port
	r.Class = registry.ClassOf(port).String()
	s, ok := services.Lookup(proto, port)
	if !ok {
		return
	}
	r.Service, r.ServiceBy = s.Name, by(s.Source)
	if s.IANA != s.Name {
		r.IANA = s.IANA
	}
	if s.Plaintext {
		r.Plaintext, r.Secure = new(true), s.Secure
	}
}

func by(source registry.Source) string {
	switch source {
	case registry.SourceIANA:
		return record.ByIANA
	case registry.SourceUser:
		return record.ByUser
	default:
		return record.ByCommon
	}
}

// Number is what the registry says of a port, and nothing else. The record has
// no kind.
func Number(services *registry.Registry, proto string, port uint16) record.Record {
	var r record.Record
	label(services, &r, proto, port)
	if s, ok := services.Lookup(proto, port); ok {
		r.Description = s.Description
	}
	return r
}

// Port makes the record of a verdict.
func Port(services *registry.Registry, res scanner.Result) *record.Record {
	r := &record.Record{
		Kind:      record.KindPort,
		Host:      res.Host,
		Addr:      res.Addr.Addr().String(),
		State:     res.State.String(),
		Reason:    res.Reason.String(),
		Attempts:  res.Attempts,
		Middlebox: res.Middlebox,
		At:        new(res.At.UTC()),
	}
	label(services, r, res.Proto, res.Addr.Port())
	if res.State != scanner.StateOpen { // there is nothing to replace
		r.Plaintext, r.Secure = nil, ""
	}
	if res.RTT > 0 {
		r.RTT = new(record.Milliseconds(res.RTT))
	}
	if res.State == scanner.StateUnknown && res.Err != nil {
		r.Error = res.Err.Error()
	}
	return r
}

// Host makes the record of an address that is alive, by the evidence of h.
func Host(h scanner.HostStatus) *record.Record {
	r := &record.Record{
		Kind: record.KindHost, Host: h.Host, Addr: h.Addr.String(),
		Life: &record.Life{Alive: new(true), By: h.Evidence.Reason.String(), Asked: h.Asked},
	}
	if !h.Evidence.At.IsZero() {
		r.At = new(h.Evidence.At.UTC())
	}
	return r
}

// Verdict is what the formats with an entry per host need of a verdict that is
// not shown.
func Verdict(res scanner.Result) record.Verdict {
	return record.Verdict{
		Host:      res.Host,
		Proto:     res.Proto,
		Addr:      res.Addr,
		State:     res.State.String(),
		Reason:    res.Reason.String(),
		At:        res.At,
		Middlebox: res.Middlebox,
	}
}

// Socket makes the record of a socket, without its processes where known is nil.
func Socket(services *registry.Registry, s sockets.Socket, known Processes) *record.Record {
	r := &record.Record{
		Kind:       record.KindSocket,
		Addr:       s.Local.Addr().String(),
		State:      s.State.String(),
		Privileged: new(s.Privileged),
		Inode:      s.Inode,
		NetNS:      s.NetNS,
	}
	if e := s.Exposure(); e != sockets.ExposureUnknown {
		r.Exposure = e.String()
	}
	label(services, r, s.Proto, s.Local.Port())
	if s.Remote.IsValid() && s.Remote.Port() != 0 {
		r.RemoteAddr, r.RemotePort = s.Remote.Addr().String(), s.Remote.Port()
	}
	if s.UID >= 0 {
		r.UID, r.User = new(s.UID), s.User
	}
	place(r, s)
	if known == nil {
		return r
	}
	r.Hidden, r.Kernel = s.Hidden.String(), s.Kernel
	processes := make([]record.Process, len(s.Processes))
	for i := range s.Processes {
		processes[i] = known.process(&s.Processes[i])
	}
	r.Processes = &processes
	if s.State.Waits() {
		known.outweigh(r)
	}
	return r
}

// place fills in where a socket lives and what the kernel says of it.
func place(r *record.Record, s sockets.Socket) {
	r.NetNSName = s.NetNSName
	r.Device, r.MPTCP, r.ReuseportGroup = s.Device, s.MPTCP, s.ReuseportGroup
	r.Cgroup, r.Unit, r.Container = s.Cgroup, s.Unit, s.Container.String()
	r.Flags = s.Flags.Words()
	if s.V6Only != sockets.TristateUnknown {
		r.V6Only = new(s.V6Only == sockets.TristateYes)
	}
	if s.Cookie != 0 { // the kernel itself gave the row, with its queues
		r.RecvQ, r.SendQ = new(s.RecvQ), new(s.SendQ)
		if s.State == sockets.StateListen {
			r.Backlog = new(s.Backlog)
		}
	}
	if p := s.Published; p != nil {
		r.Published = strings.TrimSpace(p.To.String() + " " + p.Container.String())
	}
	for _, at := range s.PublishedAt {
		if text := at.String(); !slices.Contains(r.PublishedAt, text) { // in two namespaces, as it may be
			r.PublishedAt = append(r.PublishedAt, text)
		}
	}
}

// Processes has the processes of one list by PID: most hold several sockets, and
// only the right to bind differs between these.
type Processes map[int]known

// known is a process, and what its program is known for.
type known struct {
	record.Process
	program program.Program
	offers  string // the internal service that it offers on any port
}

func (ps Processes) process(p *sockets.Process) record.Process {
	k, ok := ps[p.PID]
	if !ok {
		k.Process = process(p)
		k.program = program.Identify(k.Process)
		s, _ := k.program.Internal()
		k.offers = s.Name
		ps[p.PID] = k
	}
	k.BindRight = p.BindRight.String()
	return k.Process
}

func process(p *sockets.Process) record.Process {
	out := record.Process{
		PID: p.PID, Name: p.Name, Exe: p.Exe, Cmdline: p.Cmdline, User: p.User,
		Dir: p.Dir, Memory: p.Memory, State: p.State.String(),
		Cgroup: p.Cgroup, Unit: p.Unit, Container: p.Container.String(),
	}
	for _, parent := range p.Parents {
		out.Parents = append(out.Parents, record.Parent(parent))
	}
	if p.UID >= 0 {
		out.UID = new(p.UID)
	}
	if !p.Started.IsZero() {
		out.Started = new(p.Started.UTC())
	}
	return out
}

// Service makes the record of an entry of the registry.
func Service(s registry.Service) *record.Record {
	return &record.Record{
		Kind:        record.KindService,
		Proto:       s.Proto,
		Port:        s.Port,
		Service:     s.Name,
		ServiceBy:   by(s.Source),
		IANA:        s.IANA,
		Class:       registry.ClassOf(s.Port).String(),
		Description: s.Description,
		Common:      new(s.Common),
		Plaintext:   new(s.Plaintext),
		Secure:      s.Secure,
	}
}
