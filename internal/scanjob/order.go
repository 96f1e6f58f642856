package scanjob

import (
	"iter"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"

	"porthole/internal/checkpoint"
	"porthole/internal/hosts"
	"porthole/registry"
	"porthole/scanner"
)

// scope is what the scan asks. If no seed was given it chooses one: at random, or, for a
// scan that several machines share, by what is asked, so that all of them have the same
// order.
func (j *Job) scope() (checkpoint.Scope, error) {
	scope := checkpoint.Scope{Discover: j.discover}
	for _, s := range j.sets {
		scope.Sets = append(scope.Sets, checkpoint.Set{Port: s.Port, Ports: j.portsOf(s).String()})
	}
	switch {
	case j.Seed != nil:
		j.seed = *j.Seed
	case j.Shards == 1:
		j.seed = uint64(rand.Uint32()) // short enough to be typed
	default:
		hash, err := scope.Hash(j.items)
		if err != nil {
			return scope, err
		}
		if j.seed, err = strconv.ParseUint(hash[:8], 16, 64); err != nil {
			return scope, err
		}
	}
	scope.Seed = j.seed
	var err error
	j.scopeHash, err = scope.Hash(j.items)
	return scope, err
}

// items are the addresses of a set as a checkpoint has them.
func (j *Job) items(set int) iter.Seq[string] { return j.sets[set].Items() }

// AsksPorts reports whether every address is asked [Config.Ports]. A target with a port
// of its own is not.
func (j *Job) AsksPorts() bool {
	return !slices.ContainsFunc(j.sets, func(s *hosts.Set) bool { return s.Port != 0 })
}

// portsOf is what is asked of the addresses of a set.
func (j *Job) portsOf(s *hosts.Set) registry.Ports {
	if s.Port == 0 {
		return j.Ports
	}
	one := registry.NewPorts(j.PortProto, registry.Range{First: s.Port, Last: s.Port})
	return one.Minus(j.ExcludePorts)
}

// discoveryOrder is the order in which this shard looks for the addresses of a set. Each
// address belongs to one shard, which alone decides whether to ask its ports, so that
// the shards fit together whatever each of them finds.
func (j *Job) discoveryOrder(s *hosts.Set) (*scanner.Plan, error) {
	return j.newPlan(allHosts{s}, []uint16{addressPort}, nil)
}

// portsOrder is the order in which this shard asks the ports of a set's addresses.
func (j *Job) portsOrder(s *hosts.Set) (*scanner.Plan, error) {
	tcp, udp := j.portLists(s)
	return j.newPlan(allHosts{s}, tcp, udp)
}

func (j *Job) newPlan(all scanner.Hosts, tcp, udp []uint16) (*scanner.Plan, error) {
	return scanner.NewPlan(scanner.PlanConfig{Hosts: all, TCP: tcp, UDP: udp, Seed: j.seed, Shard: j.Shard, Shards: j.Shards})
}

// aliveOrder is the order in which the ports of addresses that discovery found are asked.
// All of them belong to this shard.
func (j *Job) aliveOrder(s *hosts.Set, alive scanner.Hosts) (*scanner.Plan, error) {
	tcp, udp := j.portLists(s)
	return scanner.NewPlan(scanner.PlanConfig{Hosts: alive, TCP: tcp, UDP: udp, Seed: j.seed})
}

// atOnceOrder is the order in which few ports are asked of every address of this
// shard.
func (j *Job) atOnceOrder(s *hosts.Set) (*scanner.Plan, error) {
	order, err := j.discoveryOrder(s)
	if err != nil {
		return nil, err
	}
	tcp, udp := j.portLists(s)
	return scanner.NewPlan(scanner.PlanConfig{Hosts: shardHosts{order}, TCP: tcp, UDP: udp, Seed: j.seed})
}

// portCount is the number of ports that each address of a set is asked.
func (j *Job) portCount(s *hosts.Set) uint64 {
	ports := j.portsOf(s)
	return uint64(ports.Len("tcp") + ports.Len("udp"))
}

func (j *Job) portLists(s *hosts.Set) (tcp, udp []uint16) {
	ports := j.portsOf(s)
	return slices.Collect(ports.All("tcp")), slices.Collect(ports.All("udp"))
}

// allHosts is a set as [scanner.Hosts].
type allHosts struct{ *hosts.Set }

func (h allHosts) At(i uint64) (string, netip.Addr) {
	host := h.Set.At(i)
	return host.Name, host.Addr
}
