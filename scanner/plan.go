package scanner

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"math/bits"
	"net/netip"
)

// mostInOrder is the most targets that a plan of a single address keeps in the
// order given.
const mostInOrder = 1024

// ErrBadPlan is behind the errors of [NewPlan].
var ErrBadPlan = errors.New("no plan")

// Hosts are the addresses of a [Plan]. An implementation computes them, so that
// any number of them takes constant memory.
type Hosts interface {
	// Len is the number of addresses.
	Len() uint64
	// At is the address with an index below Len, and the name that it was found by,
	// "" for none.
	At(i uint64) (host string, addr netip.Addr)
}

// Plan is every port of every address, each once, in an order that is computed
// from a position: a /8 with a thousand ports takes no more memory than a single
// target. The same [PlanConfig] makes the same order on every machine, so a plan
// can be resumed from any position and divided among several machines.
//
// A single address with at most 1024 ports is asked in the order given. All
// other plans are permuted, so that no address gets its probes in a row.
type Plan struct {
	hosts         Hosts
	tcp, udp      []uint16
	order         permutation
	permuted      bool
	shard, shards uint64
	length        uint64
}

// PlanConfig says what a [Plan] asks. The plan keeps Hosts and the port lists,
// which must not change.
type PlanConfig struct {
	Hosts    Hosts
	TCP, UDP []uint16 // ports to ask on every address
	Seed     uint64   // chooses the order

	// Shard and Shards choose one of several equal parts, which are disjoint
	// and together complete: Shard counts from 1 to Shards. 0 and 0 mean the
	// whole plan.
	Shard, Shards uint64
}

// NewPlan plans to ask each address on each port. It fails with [ErrBadPlan] if
// the shard does not exist or there are 2^63 targets or more.
func NewPlan(c PlanConfig) (*Plan, error) {
	if c.Shard == 0 && c.Shards == 0 {
		c.Shard, c.Shards = 1, 1
	}
	if c.Shard < 1 || c.Shard > c.Shards {
		return nil, fmt.Errorf("%w: shard %d/%d does not exist: give one from 1/%d to %d/%d", ErrBadPlan, c.Shard, c.Shards, c.Shards, c.Shards, c.Shards)
	}
	ports := len(c.TCP) + len(c.UDP)
	high, total := bits.Mul64(c.Hosts.Len(), uint64(ports))
	if high != 0 || total > math.MaxInt64 {
		return nil, fmt.Errorf("%w: %d addresses with %d ports are too many to count: give smaller ranges", ErrBadPlan, c.Hosts.Len(), ports)
	}
	p := &Plan{hosts: c.Hosts, tcp: c.TCP, udp: c.UDP, shard: c.Shard - 1, shards: c.Shards}
	p.permuted = c.Hosts.Len() > 1 || total > mostInOrder
	p.order = newPermutation(total, c.Seed)
	if total > p.shard {
		p.length = (total-p.shard-1)/p.shards + 1
	}
	return p, nil
}

// Len is the number of targets, of this shard alone.
func (p *Plan) Len() uint64 { return p.length }

// Hosts are the addresses.
func (p *Plan) Hosts() Hosts { return p.hosts }

// HostIndex is the index in [Hosts] of the target at a position below [Plan.Len].
func (p *Plan) HostIndex(position uint64) uint64 { return p.index(position) % p.hosts.Len() }

// index is the number of the target at a position, before the order.
func (p *Plan) index(position uint64) uint64 {
	i := position*p.shards + p.shard
	if p.permuted {
		i = p.order.at(i)
	}
	return i
}

// At is the target at a position below [Plan.Len].
func (p *Plan) At(position uint64) Target {
	i := p.index(position)
	n := p.hosts.Len()
	host, addr := p.hosts.At(i % n)
	port := i / n
	if port < uint64(len(p.tcp)) {
		return Target{Proto: "tcp", Addr: netip.AddrPortFrom(addr, p.tcp[port]), Host: host}
	}
	return Target{Proto: "udp", Addr: netip.AddrPortFrom(addr, p.udp[port-uint64(len(p.tcp))]), Host: host}
}

// Targets is the targets from a position on, none from [Plan.Len] on. It can be used
// any number of times.
func (p *Plan) Targets(from uint64) iter.Seq[Target] {
	return func(yield func(Target) bool) {
		for i := from; i < p.length; i++ {
			if !yield(p.At(i)) {
				return
			}
		}
	}
}
