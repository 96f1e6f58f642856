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

// lookups is the number of names asked for at once: enough to hide the
// latency of a list of names, few enough for a home router's resolver.
const lookups = 16

// Resolve looks the names of targets up and gathers all addresses, less those
// of exclude, into one [Set] per port override. An address named twice is in
// its set once, under its first name. A target without addresses adds to
// problems and leaves the others in place. The error is for what must stop a
// scan: an exclude that cannot be resolved, or more addresses than
// [MaxAddresses].
func Resolve(ctx context.Context, r Resolver, family Family, targets, exclude []Target) (sets []*Set, problems []error, err error) {
	skip, err := excluded(ctx, r, exclude)
	if err != nil {
		return nil, nil, err
	}
	var parts []*gathering
	for i, found := range lookupAll(ctx, r, family, targets) {
		if found.err != nil {
			problems = append(problems, found.err)
			continue
		}
		t := targets[i]
		k := slices.IndexFunc(parts, func(g *gathering) bool { return g.port == t.Port })
		if k < 0 {
			k = len(parts)
			parts = append(parts, newGathering(t.Port))
		}
		for _, a := range found.addrs {
			parts[k].add(a.ranges, t.Name, a.zone, skip)
		}
	}
	for _, g := range parts {
		s, err := g.set(skip)
		if err != nil {
			return nil, nil, err
		}
		if s.Len() > 0 {
			sets = append(sets, s)
		}
	}
	return sets, problems, nil
}

// answer is what one target stands for.
type answer struct {
	addrs []zoned
	err   error
}

type zoned struct {
	ranges netipx.IPRange
	zone   string
}

func lookupAll(ctx context.Context, r Resolver, family Family, targets []Target) []answer {
	answers := make([]answer, len(targets))
	var wg sync.WaitGroup
	slots := make(chan struct{}, lookups)
	for i, t := range targets {
		if t.Name == "" {
			answers[i] = literal(family, t)
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			answers[i] = lookup(ctx, r, family, t.Name)
		})
	}
	wg.Wait()
	return answers
}

func literal(family Family, t Target) answer {
	is4 := t.Range.From().Is4()
	if family == IPv4 && !is4 || family == IPv6 && is4 {
		return answer{err: fmt.Errorf("%s: %s", t.Text, noAddress(family))}
	}
	return answer{addrs: []zoned{{t.Range, t.Zone}}}
}

func lookup(ctx context.Context, r Resolver, family Family, name string) answer {
	addrs, err := r.LookupNetIP(ctx, string(family), name)
	if err != nil {
		return answer{err: lookupError(name, family, err)}
	}
	var a answer
	for _, addr := range addrs {
		zone := addr.Zone()
		addr = addr.WithZone("").Unmap()
		a.addrs = append(a.addrs, zoned{netipx.IPRangeFrom(addr, addr), zone})
	}
	if a.addrs == nil {
		a.err = fmt.Errorf("%s: %s", name, noAddress(family))
	}
	return a
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

// lookupError words a resolver's failure for the person who typed the name.
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

// excluded gathers the addresses that must not be asked.
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
