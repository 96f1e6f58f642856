package cli

import (
	"context"
	"iter"
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

// discovers tells whether dead addresses are looked for first. A single one is
// asked in full, whatever its telling ports do: who names it wants to know.
func (p *scanPlan) discovers(addresses uint64) bool {
	switch p.discover {
	case "always":
		return addresses > 1
	case "auto":
		return addresses > discoverAbove
	}
	return false
}

// order is every probe of one set's addresses that are alive, once, or this
// machine's share of them. What was discovered is its share already.
func (p *scanPlan) order(s *hosts.Set, alive scanner.Hosts, discovered bool) (*scanner.Plan, error) {
	ports := p.portsOf(s)
	tcp, udp := slices.Collect(ports.All("tcp")), slices.Collect(ports.All("udp"))
	if discovered {
		return scanner.NewPlan(scanner.PlanConfig{Hosts: alive, TCP: tcp, UDP: udp, Seed: p.seed})
	}
	return scanner.NewPlan(scanner.PlanConfig{Hosts: alive, TCP: tcp, UDP: udp, Seed: p.seed, Shard: p.shard, Shards: p.shards})
}

// addressOrder is the order in which the addresses of one set are looked for,
// or this machine's share of them: each address belongs to one machine, which
// alone finds out whether to ask it, so that the shares fit together whatever
// each of them finds.
func (p *scanPlan) addressOrder(s *hosts.Set) (*scanner.Plan, error) {
	return scanner.NewPlan(scanner.PlanConfig{Hosts: everyHost{s}, TCP: []uint16{addressPort}, Seed: p.seed, Shard: p.shard, Shards: p.shards})
}

// addressPort stands in targets that mean an address as a whole.
const addressPort = 1

func addressTarget(host string, addr netip.Addr) scanner.Target {
	return scanner.Target{Proto: "tcp", Addr: netip.AddrPortFrom(addr, addressPort), Host: host}
}

func addressesOf(targets iter.Seq[scanner.Target]) iter.Seq2[string, netip.Addr] {
	return func(yield func(string, netip.Addr) bool) {
		for t := range targets {
			if !yield(t.Host, t.Addr.Addr()) {
				return
			}
		}
	}
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
