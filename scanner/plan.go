package scanner

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"math/bits"
	"net/netip"
)

// InOrderMost is the most targets that a [Plan] of a single address takes in
// the order given. Larger plans, and those of several addresses, are permuted,
// so that no address meets its probes in a row.
const InOrderMost = 1024

// ErrPlan is behind the errors of [NewPlan].
var ErrPlan = errors.New("no plan")

// Hosts are the addresses to ask, in constant memory however many they are.
type Hosts interface {
	// Len is the number of addresses.
	Len() uint64
	// At is the i-th address and the name that it was found by, "" for none.
	At(i uint64) (host string, addr netip.Addr)
}

// Plan is every port of every address, each once, in an order that is computed
// from a position: a /8 with a thousand ports takes as much memory as a single
// target. The same arguments make the same order on every machine, so a plan
// can be resumed from any position and shared out among several machines.
type Plan struct {
	hosts         Hosts
	tcp, udp      []uint16
	order         permutation
	permuted      bool
	shard, shards uint64
	length        uint64
}

// NewPlan plans to ask each of hosts on the TCP and UDP ports given, in an
// order that seed decides. Of shards equal parts, which are disjoint and
// together complete, it takes the one with number shard, counted from 1; 0 and
// 0 mean all. It keeps the port lists, which must not change, and fails with
// [ErrPlan] if the shard does not exist or there are 2^64 targets or more.
func NewPlan(hosts Hosts, tcp, udp []uint16, seed, shard, shards uint64) (*Plan, error) {
	if shard == 0 && shards == 0 {
		shard, shards = 1, 1
	}
	if shard < 1 || shard > shards {
		return nil, fmt.Errorf("%w: shard %d/%d does not exist: give one from 1/%d to %d/%d", ErrPlan, shard, shards, shards, shards, shards)
	}
	high, total := bits.Mul64(hosts.Len(), uint64(len(tcp)+len(udp)))
	if high != 0 || total > math.MaxInt64 {
		return nil, fmt.Errorf("%w: %d addresses with %d ports are too many to count: give smaller ranges", ErrPlan, hosts.Len(), len(tcp)+len(udp))
	}
	p := &Plan{hosts: hosts, tcp: tcp, udp: udp, shard: shard - 1, shards: shards}
	p.permuted = hosts.Len() > 1 || total > InOrderMost
	p.order = newPermutation(total, seed)
	if total > p.shard {
		p.length = (total-p.shard-1)/shards + 1
	}
	return p, nil
}

// Len is the number of targets, of this shard alone.
func (p *Plan) Len() uint64 { return p.length }

// At is the target at a position below [Plan.Len].
func (p *Plan) At(position uint64) Target {
	i := position*p.shards + p.shard
	if p.permuted {
		i = p.order.at(i)
	}
	n := p.hosts.Len()
	host, addr := p.hosts.At(i % n)
	port := i / n
	if port < uint64(len(p.tcp)) {
		return Target{Proto: "tcp", Addr: netip.AddrPortFrom(addr, p.tcp[port]), Host: host}
	}
	return Target{Proto: "udp", Addr: netip.AddrPortFrom(addr, p.udp[port-uint64(len(p.tcp))]), Host: host}
}

// Targets is the targets from a position on. It can be used any number of
// times.
func (p *Plan) Targets(from uint64) iter.Seq[Target] {
	return func(yield func(Target) bool) {
		for i := from; i < p.length; i++ {
			if !yield(p.At(i)) {
				return
			}
		}
	}
}
