package scanjob

import (
	"iter"
	"net/netip"
	"slices"

	"porthole/internal/hosts"
	"porthole/registry"
	"porthole/scanner"
)

// order is every probe of one set's addresses that are alive, once, or this
// machine's share of them. What was discovered is its share already.
func (j *Job) order(s *hosts.Set, alive scanner.Hosts, discovered bool) (*scanner.Plan, error) {
	ports := j.portsOf(s)
	tcp, udp := slices.Collect(ports.All("tcp")), slices.Collect(ports.All("udp"))
	if discovered {
		return scanner.NewPlan(scanner.PlanConfig{Hosts: alive, TCP: tcp, UDP: udp, Seed: j.seed})
	}
	return scanner.NewPlan(scanner.PlanConfig{Hosts: alive, TCP: tcp, UDP: udp, Seed: j.seed, Shard: j.Shard, Shards: j.Shards})
}

// addressOrder is the order in which the addresses of one set are looked for,
// or this machine's share of them: each address belongs to one machine, which
// alone finds out whether to ask it, so that the shares fit together whatever
// each of them finds.
func (j *Job) addressOrder(s *hosts.Set) (*scanner.Plan, error) {
	return scanner.NewPlan(scanner.PlanConfig{Hosts: everyHost{s}, TCP: []uint16{addressPort}, Seed: j.seed, Shard: j.Shard, Shards: j.Shards})
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
func (j *Job) portsOf(s *hosts.Set) registry.Ports {
	if s.Port == 0 {
		return j.Ports
	}
	one := registry.NewPorts(j.PortProto, registry.Range{First: s.Port, Last: s.Port})
	return one.Minus(j.ExcludePorts)
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
