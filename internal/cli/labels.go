package cli

import (
	"strings"
	"time"

	"porthole/internal/record"
	"porthole/registry"
	"porthole/scanner"
	"porthole/sockets"
)

// labels joins what the engines find with what the registry knows of a port.
type labels struct{ *registry.Registry }

// label fills in what the port number says. The label is registered, not
// verified: nothing proved that the service is what answers.
func (l labels) label(r *record.Record, proto string, port uint16) {
	r.Proto, r.Port = proto, port
	r.Class = registry.ClassOf(port).String()
	s, ok := l.Lookup(proto, port)
	if !ok {
		return
	}
	r.Service = s.Name
	if s.IANA != s.Name {
		r.IANA = s.IANA
	}
	if s.Plaintext {
		r.Plaintext, r.Secure = new(true), s.Secure
	}
}

// named is what the registry says of a port, and nothing else.
func (l labels) named(proto string, port uint16) record.Record {
	var r record.Record
	l.label(&r, proto, port)
	if s, ok := l.Lookup(proto, port); ok {
		r.Description = s.Description
	}
	return r
}

// port makes the record of a verdict.
func (l labels) port(res scanner.Result) *record.Record {
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
	l.label(r, res.Proto, res.Addr.Port())
	if res.RTT > 0 {
		r.RTT = new(milliseconds(res.RTT))
	}
	if res.State == scanner.StateUnknown && res.Err != nil {
		r.Error = res.Err.Error()
	}
	return r
}

// verdict is what the formats with an entry per host need of one that is not
// shown.
func verdict(res scanner.Result) record.Verdict {
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

// socket makes the record of a row, without its processes where holders is nil.
func (l labels) socket(s sockets.Socket, holders holders) *record.Record {
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
	l.label(r, s.Proto, s.Local.Port())
	if s.Remote.IsValid() && s.Remote.Port() != 0 {
		r.RemoteAddr, r.RemotePort = s.Remote.Addr().String(), s.Remote.Port()
	}
	if s.UID >= 0 {
		r.UID, r.User = new(s.UID), s.User
	}
	l.place(r, s)
	if holders == nil {
		return r
	}
	r.Hidden = s.Hidden.String()
	processes := make([]record.Process, len(s.Processes))
	for i := range s.Processes {
		processes[i] = holders.process(&s.Processes[i])
	}
	r.Processes = &processes
	return r
}

// place fills in where a socket lives and what the kernel says of it.
func (l labels) place(r *record.Record, s sockets.Socket) {
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
		r.PublishedAt = append(r.PublishedAt, at.String())
	}
}

// holders remembers the processes of one list by PID: most hold several sockets,
// and only the right to bind differs between these.
type holders map[int]record.Process

func (h holders) process(p *sockets.Process) record.Process {
	out, ok := h[p.PID]
	if !ok {
		out = process(p)
		h[p.PID] = out
	}
	out.BindRight = p.BindRight.String()
	return out
}

func process(p *sockets.Process) record.Process {
	out := record.Process{
		PID: p.PID, Name: p.Name, Exe: p.Exe, Cmdline: p.Cmdline, User: p.User,
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

// service makes the record of a registry entry.
func (l labels) service(s registry.Service) *record.Record {
	return &record.Record{
		Kind:        record.KindService,
		Proto:       s.Proto,
		Port:        s.Port,
		Service:     s.Name,
		IANA:        s.IANA,
		Class:       registry.ClassOf(s.Port).String(),
		Description: s.Description,
		Common:      new(s.Common),
		Plaintext:   new(s.Plaintext),
		Secure:      s.Secure,
	}
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}
