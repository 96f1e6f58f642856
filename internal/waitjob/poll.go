package waitjob

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"porthole/internal/explain"
	"porthole/internal/hosts"
	"porthole/internal/record"
	"porthole/scanner"
	"porthole/sockets"
)

// pollLocal asks the kernel who listens on the ports of this machine, without
// connecting to them.
func (j *Job) pollLocal(ctx context.Context, ports []*Port) error {
	if len(ports) == 0 {
		return nil
	}
	snap, err := (&sockets.Lister{NoProcess: true, NoBPF: j.NoBPF, NetNS: sockets.ScopeSelf}).List(ctx)
	if err != nil {
		return err
	}
	for _, p := range ports {
		was := *p
		p.State, p.Why, p.at, p.Holds = Closed, "nobody listens", netip.AddrPort{}, false
		for _, s := range snap.Sockets {
			if s.Proto == "tcp" && s.Local.Port() == p.Port && p.accepts(s) {
				p.State, p.Why, p.at = Open, s.Local.String()+" listens", s.Local
			}
		}
		if j.For == Verified {
			p.listens(was)
			continue
		}
		if j.For == Free && p.State == Closed {
			p.tryBind(ctx)
		}
		p.Holds = p.State == j.For
	}
	return nil
}

// accepts reports whether a listener takes connections to a port of this machine.
func (p *Port) accepts(s sockets.Socket) bool {
	at := s.Local.Addr().Unmap()
	switch {
	case p.Host != "": // localhost
		return at.IsUnspecified() || at.IsLoopback()
	case !p.Addr.IsValid():
		return true
	case at.IsUnspecified():
		return at.Is4() == p.Addr.Is4() || at.Is6() && s.V6Only == sockets.TristateNo
	}
	return at == p.Addr
}

// tryBind tries whether a server can have the port now: something that does not
// listen may hold it.
func (p *Port) tryBind(ctx context.Context) {
	bind := explain.TryBind(ctx, "tcp", p.Port, false, nil)
	if p.State, p.Why = bind.Outcome, bind.Error; bind.Outcome == record.BindFree {
		p.State, p.Why = Free, "every address could be bound"
	}
}

// connect asks the ports of other machines by one attempt each. A name is looked
// up each time: it may not be there yet, or lead elsewhere by now.
func (j *Job) connect(ctx context.Context, ports []*Port) error {
	var targets []scanner.Target
	asked := make(map[netip.AddrPort][]*Port)
	for _, p := range ports {
		p.Holds, p.State, p.Why = false, "", ""
		addrs, err := j.resolve(ctx, p)
		if err != nil {
			p.Why = err.Error()
			continue
		}
		for _, addr := range addrs {
			at := netip.AddrPortFrom(addr.Unmap(), p.Port)
			if asked[at] = append(asked[at], p); len(asked[at]) == 1 {
				targets = append(targets, scanner.Target{Proto: "tcp", Addr: at, Host: p.Host})
			}
		}
	}
	s := scanner.Scanner{Attempts: 1}
	for res, err := range s.Scan(ctx, slices.Values(targets)) {
		if err != nil {
			return err
		}
		for _, p := range asked[res.Addr] {
			p.see(j.For, res)
		}
	}
	return nil
}

func (j *Job) resolve(ctx context.Context, p *Port) ([]netip.Addr, error) {
	if p.Host == "" {
		return []netip.Addr{p.Addr}, nil
	}
	resolver := j.Resolver
	if resolver == nil {
		resolver = hosts.System()
	}
	return hosts.Localhost{Resolver: resolver, Interfaces: hosts.Interfaces}.LookupNetIP(ctx, string(hosts.Any), p.Host)
}

// see takes one address's verdict. One open address is an open port; it is closed
// if every address says so.
func (p *Port) see(what string, res scanner.Result) {
	first := p.State == ""
	switch {
	case what == Open && !p.Holds, what == Closed && (first || p.Holds):
		p.State, p.Why = res.State.String(), fmt.Sprintf("%s from %s", res.Reason, res.Addr.Addr())
		p.Holds = p.State == what || what == Closed && res.State == scanner.StateClosedFiltered
	}
}
