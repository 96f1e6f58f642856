package mcpserver

import (
	"context"
	"fmt"
	"net/netip"

	"go4.org/netipx"

	"porthole/internal/hosts"
	"porthole/internal/scanjob"
)

// permitted are the addresses that may be asked.
type permitted struct{ set *netipx.IPSet }

// newPermitted permits loopback, private addresses (RFC 1918, RFC 4193) and those of
// allow. Link-local ones are not private: some clouds give out credentials there.
func newPermitted(allow []netip.Prefix) permitted {
	var b netipx.IPSetBuilder
	for _, text := range []string{"127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"} {
		b.AddPrefix(netip.MustParsePrefix(text))
	}
	for _, p := range allow {
		b.AddPrefix(p.Masked())
	}
	set, err := b.IPSet()
	if err != nil { // of a prefix that is not valid
		return newPermitted(nil)
	}
	return permitted{set}
}

// DeniedError says that an address may not be asked.
type DeniedError struct {
	What string // as it was typed
	Addr string // the address or range
}

func (e *DeniedError) Error() string {
	of := ""
	if e.What != e.Addr {
		of = " of " + e.What
	}
	return fmt.Sprintf("%s%s is neither loopback nor private, and porthole-mcp was started without an --allow for it; only the user can change that", e.Addr, of)
}

// check returns an error if an address of a range may not be asked. An IPv4 address
// in an IPv6 one is that IPv4 address, as the kernel takes it.
func (p permitted) check(what string, r netipx.IPRange) error {
	from, to := r.From(), r.To()
	if from.Is4In6() && to.Is4In6() {
		from, to = from.Unmap(), to.Unmap()
	}
	if !p.set.ContainsRange(netipx.IPRangeFrom(from.WithZone(""), to.WithZone(""))) {
		text := r.String()
		if from == to {
			text = from.String()
		}
		return &DeniedError{what, text}
	}
	return nil
}

// checkAddr is check for one address.
func (p permitted) checkAddr(what string, addr netip.Addr) error {
	return p.check(what, netipx.IPRangeFrom(addr.WithZone(""), addr.WithZone("")))
}

// checkTargets returns an error if one of the targets may not be asked. Names are
// checked when they are looked up: see [checkingResolver].
func (p permitted) checkTargets(targets *hosts.Targets) error {
	for t := range targets.All() {
		for _, r := range t.Ranges {
			if err := p.check(t.Text, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkingResolver looks a name up, and hands on its addresses only if every one of
// them may be asked. What is asked are those addresses: the name is not looked up
// again after they were checked.
type checkingResolver struct {
	scanjob.Resolver
	permitted permitted
	denied    func(error) // called for a name with an address that may not be asked
}

func (r checkingResolver) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	addrs, err := r.Resolver.LookupNetIP(ctx, network, host)
	if err != nil {
		return nil, err
	}
	for _, a := range addrs {
		if err := r.permitted.checkAddr(host, a.Unmap()); err != nil {
			r.denied(err)
			return nil, err
		}
	}
	return addrs, nil
}
