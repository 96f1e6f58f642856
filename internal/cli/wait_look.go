package cli

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

// lookHere asks the kernel who listens on the ports of this machine, without
// connecting to them.
func (w *portWait) lookHere(ctx context.Context, ports []*waitPort) error {
	if len(ports) == 0 {
		return nil
	}
	snap, err := (&sockets.Lister{NoProcess: true, NetNS: sockets.ScopeSelf}).List(ctx)
	if err != nil {
		return err
	}
	for _, p := range ports {
		p.state, p.why = waitClosed, "nobody listens"
		for _, s := range snap.Sockets {
			if s.Proto == "tcp" && s.Local.Port() == p.port && p.accepts(s) {
				p.state, p.why = waitOpen, s.Local.String()+" listens"
			}
		}
		if w.what == waitFree && p.state == waitClosed {
			p.tryBind(ctx)
		}
		p.holds = p.state == w.what
	}
	return nil
}

// accepts reports whether a listener takes connections to a port of this machine.
func (p *waitPort) accepts(s sockets.Socket) bool {
	at := s.Local.Addr().Unmap()
	switch {
	case p.host != "": // localhost
		return at.IsUnspecified() || at.IsLoopback()
	case !p.addr.IsValid():
		return true
	case at.IsUnspecified():
		return at.Is4() == p.addr.Is4() || at.Is6() && s.V6Only == sockets.TristateNo
	}
	return at == p.addr
}

// tryBind tries whether a server can have the port now: something that does not
// listen may hold it.
func (p *waitPort) tryBind(ctx context.Context) {
	bind := explain.TryBind(ctx, "tcp", p.port, false, nil)
	if p.state, p.why = bind.Outcome, bind.Error; bind.Outcome == record.BindFree {
		p.state, p.why = waitFree, "every address could be bound"
	}
}

// connect asks the ports of other machines by one attempt each. A name is looked
// up each time: it may not be there yet, or lead elsewhere by now.
func (w *portWait) connect(ctx context.Context, ports []*waitPort) error {
	var targets []scanner.Target
	asked := make(map[netip.AddrPort][]*waitPort)
	for _, p := range ports {
		p.holds, p.state, p.why = false, "", ""
		addrs, err := p.resolve(ctx)
		if err != nil {
			p.why = err.Error()
			continue
		}
		for _, addr := range addrs {
			at := netip.AddrPortFrom(addr.Unmap(), p.port)
			if asked[at] = append(asked[at], p); len(asked[at]) == 1 {
				targets = append(targets, scanner.Target{Proto: "tcp", Addr: at, Host: p.host})
			}
		}
	}
	s := scanner.Scanner{Attempts: 1}
	for res, err := range s.Scan(ctx, slices.Values(targets)) {
		if err != nil {
			return err
		}
		for _, p := range asked[res.Addr] {
			p.see(w.what, res)
		}
	}
	return nil
}

func (p *waitPort) resolve(ctx context.Context) ([]netip.Addr, error) {
	if p.host == "" {
		return []netip.Addr{p.addr}, nil
	}
	return hosts.Localhost{Resolver: hosts.System(), Interfaces: hosts.Interfaces}.LookupNetIP(ctx, string(hosts.Any), p.host)
}

// see takes one address's verdict. One open address is an open port; it is closed
// if every address says so.
func (p *waitPort) see(what string, res scanner.Result) {
	first := p.state == ""
	switch {
	case what == waitOpen && !p.holds, what == waitClosed && (first || p.holds):
		p.state, p.why = res.State.String(), fmt.Sprintf("%s from %s", res.Reason, res.Addr.Addr())
		p.holds = p.state == what || what == waitClosed && res.State == scanner.StateClosedFiltered
	}
}
