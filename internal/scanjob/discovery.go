package scanjob

import (
	"context"
	"iter"
	"net/netip"
	"slices"
	"time"

	"porthole/internal/checkpoint"
	"porthole/internal/hosts"
	"porthole/internal/label"
	"porthole/registry"
	"porthole/scanner"
)

// Discover says when a scan finds out which addresses are alive before it asks their
// ports. A single address is always asked in full, since whoever names it wants to know,
// whatever discovery would find.
type Discover string

// The values of [Discover].
const (
	DiscoverAuto   Discover = "auto" // above 16 addresses; fewer take about as long to be asked in full
	DiscoverAlways Discover = "always"
	DiscoverNever  Discover = "never"
	DiscoverOnly   Discover = "only" // and ask no ports
)

// DiscoverAbove is how many addresses DiscoverAuto asks without looking for the dead first.
const DiscoverAbove = 16

// pays reports whether discovery is worth its cost for that many addresses.
func (d Discover) pays(addresses uint64) bool {
	switch d {
	case DiscoverAlways:
		return addresses > 1
	case DiscoverAuto:
		return addresses > DiscoverAbove
	case DiscoverOnly:
		return true
	}
	return false
}

const (
	fewPorts        = 6 // of each address, up to which all are asked at once: discovery would ask as many
	mostProbes      = 8 // ports that discovery asks at most
	mostUDPProbes   = 4 // of those, UDP ports at most
	likelyPortRanks = 1000
)

// atOnce reports whether the ports of a set are so few that every address is asked all
// of them without discovery, which would cost as much. UDP ports do not qualify, since
// their silence says nothing about the address.
func (j *Job) atOnce(s *hosts.Set) bool {
	ports := j.portsOf(s)
	return j.Discover == DiscoverAuto && ports.Len("udp") == 0 && ports.Len("tcp") <= fewPorts
}

// discoveryPorts are the ports by which the addresses of a set are looked for: of those
// that are scanned the ones that most likely answer, and those that firewalls let pass
// most often. Excluded ports are never asked.
func (j *Job) discoveryPorts(s *hosts.Set) (tcp, udp []uint16) {
	ports := j.portsOf(s)
	udp = j.likeliest(ports, "udp", mostUDPProbes)
	tcp = j.likeliest(ports, "tcp", fewPorts)
	for _, port := range scanner.DiscoveryPorts() {
		if len(tcp)+len(udp) < mostProbes && !slices.Contains(tcp, port) && !j.ExcludePorts.Contains("tcp", port) {
			tcp = append(tcp, port)
		}
	}
	return tcp, udp
}

// likeliest are the ports of a protocol that most likely answer, n at most.
func (j *Job) likeliest(ports registry.Ports, proto string, n int) (list []uint16) {
	add := func(candidates registry.Ports) {
		for port := range candidates.All(proto) {
			if len(list) == n {
				return
			}
			if ports.Contains(proto, port) && !slices.Contains(list, port) {
				list = append(list, port)
			}
		}
	}
	for rank := n; rank <= likelyPortRanks && len(list) < n; rank *= 2 {
		add(j.Registry.Top(proto, rank))
	}
	add(ports)
	return list
}

// askAlive finds the addresses of a set that are alive, and asks their ports.
func (r *run) askAlive(ctx context.Context, set int) error {
	began, down := time.Now(), r.counts.Down
	alive, rest, err := r.findAlive(ctx, set)
	defer rest.end(r)
	if err != nil {
		if alive != nil && r.Discover != DiscoverOnly {
			r.counts.Probes += alive.Len() * r.portCount(r.sets[set])
			r.begun = set + 1
		}
		return err
	}
	if r.Discover == DiscoverOnly {
		return nil
	}
	if err := r.askHosts(ctx, set, alive); err != nil {
		return err
	}
	down = r.counts.Down - down
	for {
		late, err := r.collectLate(ctx, rest, rest.waitForLate(began, down))
		if err != nil || len(late) == 0 {
			return err
		}
		if err := r.askHosts(ctx, set, late); err != nil {
			return err
		}
	}
}

// askHosts asks all ports of addresses.
func (r *run) askHosts(ctx context.Context, set int, hosts scanner.Hosts) error {
	order, err := r.aliveOrder(r.sets[set], hosts)
	if err != nil {
		return err
	}
	return r.askPorts(ctx, set, order, nil)
}

// findAlive returns the addresses of a set that are alive, and the discovery, which
// goes on listening, or nil. After an error it returns those that were found until
// then.
func (r *run) findAlive(ctx context.Context, set int) (*aliveHosts, *runningDiscovery, error) {
	order, err := r.discoveryOrder(r.sets[set])
	if err != nil {
		return nil, nil, err
	}
	alive := &aliveHosts{order: order}
	add := func(position uint64, h scanner.HostStatus, replayed bool) error {
		r.lookedFor++
		if h.Alive {
			alive.add(position)
		}
		r.Hooks.Host(h, replayed)
		return r.host(h)
	}
	tcp, udp := r.discoveryPorts(r.sets[set])
	how := scanner.Discovery{TCP: tcp, UDP: udp}
	r.Hooks.Stage(Stage{Kind: StageDiscovery, Total: order.Len(), Timeout: r.Scanner.Timeout, Attempts: 1})
	part := checkpoint.DiscoveryPart(set)
	err = r.Checkpoint.replayHosts(part, order, func(position uint64, h scanner.HostStatus) error { return add(position, h, true) })
	var rest *runningDiscovery
	if err == nil {
		rest, err = r.lookFor(ctx, how, part, order, add)
	}
	alive.arrange()
	return alive, rest, err
}

// host counts an address, and writes it if the scan is about nothing else.
func (r *run) host(h scanner.HostStatus) error {
	reason := h.Evidence.Reason
	switch {
	case !h.Alive:
		r.counts.Down++
		r.counts.Silent += uint64(h.Asked)
		return nil
	case reason == scanner.ReasonNone, reason == scanner.ReasonLocalLimit, reason == scanner.ReasonLocalDenied, reason == scanner.ReasonNoRoute:
		if r.Discover == DiscoverOnly {
			r.counts.Unknown++ // otherwise its ports are counted
		}
		return nil
	}
	r.counts.Alive++
	switch rec := label.Host(h); {
	case r.Discover != DiscoverOnly:
		if out, ok := r.out.(HostOutput); ok {
			out.Alive(h.Host, h.Addr, rec.By)
		}
		return nil
	case r.names != nil:
		return r.names.write(h.Addr, rec)
	default:
		return r.out.Write(rec)
	}
}

// lookFor finds out which addresses without a status are alive. It returns when each
// has one, with the discovery, which goes on listening.
func (r *run) lookFor(ctx context.Context, how scanner.Discovery, part int, order *scanner.Plan, add func(uint64, scanner.HostStatus, bool) error) (*runningDiscovery, error) {
	todo, err := r.Checkpoint.begin(part, order)
	if err != nil {
		return nil, err
	}
	pending := newPendingTargets()
	d := r.startDiscovery(ctx, how, addressesOf(r.asked(todo, pending)))
	for step := range d.steps {
		if step.allAsked {
			d.allKnown, d.rest = time.Now(), step.rest
			break
		}
		if step.err != nil {
			return d, step.err
		}
		if step.unable != nil {
			r.Hooks.Unable(step.unable)
			continue
		}
		position := pending.finish(addressTarget(step.host.Host, step.host.Addr))
		if err := add(position, step.host, false); err != nil {
			return d, err
		}
		if err := r.Checkpoint.addHost(position, step.host); err != nil {
			return d, err
		}
	}
	return d, nil
}

// addressPort is the port of a target that stands for an address as a whole.
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
