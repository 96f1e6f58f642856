package cli

import (
	"context"
	"net"
	"net/netip"
	"slices"

	"porthole/internal/hosts"
	"porthole/registry"
	"porthole/scanner"
)

// discoverAbove is the number of addresses above which --discover auto looks
// for dead ones first: fewer are asked in full about as soon.
const discoverAbove = 16

// resolve turns the targets into addresses.
func (p *scanPlan) resolve(ctx context.Context) ([]*hosts.Set, []error, error) {
	resolver := hosts.Localhost{Resolver: &net.Resolver{}, Interfaces: net.InterfaceAddrs}
	sets, problems, err := hosts.Resolve(ctx, resolver, p.family, p.targets, p.exclude)
	if ctx.Err() != nil {
		return nil, nil, ctx.Err() // the problems are those of being interrupted
	}
	return sets, problems, err
}

// discovers tells whether dead addresses are looked for first.
func (p *scanPlan) discovers(addresses uint64) bool {
	return p.discover == "always" || p.discover == "auto" && addresses > discoverAbove
}

// order is every probe of one set's addresses that are alive, once.
func (p *scanPlan) order(s *hosts.Set, alive scanner.Hosts) (*scanner.Plan, error) {
	ports := p.portsOf(s)
	return scanner.NewPlan(alive, slices.Collect(ports.All("tcp")), slices.Collect(ports.All("udp")), p.seed, 0, 0)
}

// portsOf is what is asked of the addresses of one set.
func (p *scanPlan) portsOf(s *hosts.Set) registry.Ports {
	if s.Port == 0 {
		return p.ports
	}
	one := registry.NewPorts(p.proto, registry.Range{First: s.Port, Last: s.Port})
	return one.Minus(p.barred)
}

// everyHost is a set as the scanner wants it.
type everyHost struct{ *hosts.Set }

func (h everyHost) At(i uint64) (string, netip.Addr) {
	host := h.Set.At(i)
	return host.Name, host.Addr
}

// someHosts are the addresses that discovery found alive.
type someHosts []hosts.Host

func (h someHosts) Len() uint64 { return uint64(len(h)) }

func (h someHosts) At(i uint64) (string, netip.Addr) { return h[i].Name, h[i].Addr }
