package hosts

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
)

// Resolver finds the addresses of a name; [net.Resolver] is one. The network
// is "ip", "ip4" or "ip6".
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// maxLookups is the number of names that are looked up at the same time: enough to
// hide the latency of a list of names, few enough for the resolver of a home router.
const maxLookups = 16

// resolved is the addresses of a name.
type resolved struct {
	addrs []netip.Addr
	err   error
}

// lookupAll looks up each name of the targets once.
func lookupAll(ctx context.Context, r Resolver, family Family, targets *Targets) map[string]resolved {
	all := make(map[string]resolved)
	var mu sync.Mutex
	var wg sync.WaitGroup
	slots := make(chan struct{}, maxLookups)
	for i := range targets.runs {
		t := targets.runs[i].other
		if t == nil || t.Name == "" {
			continue
		}
		name := t.Name
		mu.Lock()
		_, known := all[name]
		if !known {
			all[name] = resolved{} // until it is looked up
		}
		mu.Unlock()
		if known {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			found := lookup(ctx, r, family, name)
			mu.Lock()
			defer mu.Unlock()
			all[name] = found
		})
	}
	wg.Wait()
	return all
}

func lookup(ctx context.Context, r Resolver, family Family, name string) resolved {
	addrs, err := r.LookupNetIP(ctx, string(family), name)
	if err != nil {
		return resolved{err: lookupError(name, family, err)}
	}
	var found resolved
	for _, addr := range addrs {
		found.addrs = append(found.addrs, addr.Unmap())
	}
	if found.addrs == nil {
		found.err = fmt.Errorf("%s: %s", name, noAddress(family))
	}
	return found
}

func noAddress(family Family) string {
	switch family {
	case IPv4:
		return "no IPv4 address, and -4 or --source asks for nothing else"
	case IPv6:
		return "no IPv6 address, and -6 or --source asks for nothing else"
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
