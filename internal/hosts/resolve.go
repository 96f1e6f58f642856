package hosts

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"

	"go4.org/netipx"
)

// Resolver finds the addresses of a name; [net.Resolver] is one. The network
// is "ip", "ip4" or "ip6".
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Family picks the address families to scan.
type Family string

const (
	Any  Family = "ip" // every A and AAAA record of a name
	IPv4 Family = "ip4"
	IPv6 Family = "ip6"
)

// maxLookups is the number of names that are looked up at the same time: enough to
// hide the latency of a list of names, few enough for the resolver of a home router.
const maxLookups = 16

// Resolve looks up the names of targets, and returns a [Set] for each port that
// targets have of their own, and one for the targets without. It leaves out the
// addresses of exclude. An address that is named twice is in its set once, under
// its first name.
//
// Each target without an address has an error in unresolved. The error err is for
// what must stop a scan: an exclude that cannot be resolved, or more addresses than
// [MaxAddresses].
func Resolve(ctx context.Context, r Resolver, family Family, targets, exclude []Target) (sets []*Set, unresolved []error, err error) {
	skip, err := excluded(ctx, r, exclude)
	if err != nil {
		return nil, nil, err
	}
	var builders []*setBuilder
	for i, found := range lookupAll(ctx, r, family, targets) {
		if found.err != nil {
			unresolved = append(unresolved, found.err)
			continue
		}
		t := targets[i]
		k := slices.IndexFunc(builders, func(b *setBuilder) bool { return b.port == t.Port })
		if k < 0 {
			k = len(builders)
			builders = append(builders, newSetBuilder(t.Port))
		}
		for _, a := range found.addrs {
			builders[k].add(a.ranges, t.Name, a.zone, skip)
		}
	}
	for _, b := range builders {
		s, err := b.set(skip)
		if err != nil {
			return nil, nil, err
		}
		if s.Len() > 0 {
			sets = append(sets, s)
		}
	}
	return sets, unresolved, nil
}

// resolved is the addresses of a target.
type resolved struct {
	addrs []zoned
	err   error
}

type zoned struct {
	ranges netipx.IPRange
	zone   string
}

func lookupAll(ctx context.Context, r Resolver, family Family, targets []Target) []resolved {
	all := make([]resolved, len(targets))
	var wg sync.WaitGroup
	slots := make(chan struct{}, maxLookups)
	for i, t := range targets {
		if t.Name == "" {
			all[i] = literal(family, t)
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			all[i] = lookup(ctx, r, family, t.Name)
		})
	}
	wg.Wait()
	return all
}

func literal(family Family, t Target) resolved {
	is4 := t.Range.From().Is4()
	if family == IPv4 && !is4 || family == IPv6 && is4 {
		return resolved{err: fmt.Errorf("%s: %s", t.Text, noAddress(family))}
	}
	return resolved{addrs: []zoned{{t.Range, t.Zone}}}
}

func lookup(ctx context.Context, r Resolver, family Family, name string) resolved {
	addrs, err := r.LookupNetIP(ctx, string(family), name)
	if err != nil {
		return resolved{err: lookupError(name, family, err)}
	}
	var found resolved
	for _, addr := range addrs {
		zone := addr.Zone()
		addr = addr.WithZone("").Unmap()
		found.addrs = append(found.addrs, zoned{netipx.IPRangeFrom(addr, addr), zone})
	}
	if found.addrs == nil {
		found.err = fmt.Errorf("%s: %s", name, noAddress(family))
	}
	return found
}

func noAddress(family Family) string {
	switch family {
	case IPv4:
		return "no IPv4 address, and -4 asks for nothing else"
	case IPv6:
		return "no IPv6 address, and -6 asks for nothing else"
	default:
		return "the name has no address"
	}
}

// lookupError is the error of a resolver for the person who typed the name.
func lookupError(name string, family Family, err error) error {
	var dns *net.DNSError
	var addr *net.AddrError
	switch {
	case errors.As(err, &addr):
		return fmt.Errorf("%s: %s", name, noAddress(family))
	case !errors.As(err, &dns):
		return fmt.Errorf("%s: %w", name, err)
	case dns.IsNotFound:
		return fmt.Errorf("%s: no such host; check the spelling", name)
	case dns.IsTimeout:
		return fmt.Errorf("%s: the name server did not answer in time; try again or scan an address", name)
	default:
		return fmt.Errorf("%s: cannot be resolved: %s", name, dns.Err)
	}
}

// excluded is the addresses of exclude.
func excluded(ctx context.Context, r Resolver, exclude []Target) (*netipx.IPSet, error) {
	var b netipx.IPSetBuilder
	for i, a := range lookupAll(ctx, r, Any, exclude) {
		if a.err != nil {
			return nil, fmt.Errorf("exclude: %w", a.err)
		}
		if exclude[i].Port != 0 {
			return nil, fmt.Errorf("exclude: %s: an exclude is a whole address; use --exclude-ports for ports", exclude[i].Text)
		}
		for _, z := range a.addrs {
			b.AddRange(z.ranges)
		}
	}
	return b.IPSet()
}
