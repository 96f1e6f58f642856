package firewall

import (
	"context"
	"time"
)

// Follower reads namespaces again and again. It reads one anew only if the kernel
// says that rules, interfaces, addresses or routes changed, or now and then, for
// what the kernel does not tell of. The zero value is ready. It must not be used
// by several goroutines at once.
type Follower struct {
	known map[uint64]*followed
	clock func() time.Time // nil: time.Now
}

// How long a reading holds if the kernel tells of no change: of kernel parameters
// and programs of BPF it never tells, nor of the rules of iptables-legacy and of sets
// of ipset.
const (
	holdsFor       = 30 * time.Second
	legacyHoldsFor = 5 * time.Second
)

// followed is a namespace that was read.
type followed struct {
	host    *Host
	monitor monitor
	read    time.Time
	visited bool // since the last call of Forget
}

// Read is [Read] of the namespace with the inode, which the calling thread is
// in. The Host is that of the last call if nothing has changed.
func (f *Follower) Read(ctx context.Context, namespace uint64, read func(context.Context) (*Host, error)) (*Host, error) {
	now := time.Now()
	if f.clock != nil {
		now = f.clock()
	}
	one := f.known[namespace]
	if one == nil {
		one = &followed{monitor: openMonitor()}
		if f.known == nil {
			f.known = make(map[uint64]*followed)
		}
		f.known[namespace] = one
	}
	one.visited = true
	changed := one.monitor.changed()
	if one.host != nil && !changed && now.Sub(one.read) < one.holds() {
		return one.host, nil
	}
	host, err := read(ctx) // after the monitor was asked: what changes meanwhile is told next time
	if err != nil {
		return nil, err
	}
	one.host, one.read = host, now
	return host, nil
}

func (one *followed) holds() time.Duration {
	for _, t := range one.host.Rules.Tables {
		if t.Legacy {
			return legacyHoldsFor
		}
	}
	if len(one.host.Rules.IPSets) > 0 {
		return legacyHoldsFor
	}
	return holdsFor
}

// Forget closes the namespaces that were not read since its last call.
func (f *Follower) Forget() {
	for namespace, one := range f.known {
		if !one.visited {
			one.monitor.close()
			delete(f.known, namespace)
		}
		one.visited = false
	}
}

// Close closes all namespaces.
func (f *Follower) Close() {
	for _, one := range f.known {
		one.monitor.close()
	}
	f.known = nil
}
