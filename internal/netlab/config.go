package netlab

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"time"
)

// Config describes a lab. The zero value is a perfect link of no delay to a
// target that holds 198.18.0.0/16 and, if this kernel speaks IPv6,
// 2001:db8::/64.
type Config struct {
	Delay time.Duration // one way, 0 to 10 s: a round trip takes twice as long
	Loss  float64       // share of packets lost each way, 0 to 1

	// Reorder is the share of packets, 0 to 1, that are held back for longer
	// than Delay, evenly between nothing and ReorderBy more, so that later
	// ones overtake them. With a Reorder of 1 the link has jitter.
	Reorder   float64
	ReorderBy time.Duration // 0 is half of Delay, but at least 1 ms; at most 10 s

	// Uplink is how many packets per second the link takes to the target; 0 for
	// as many as come. The others wait, as long as Buffer at most, or are dropped.
	Uplink float64
	Buffer time.Duration // 0 to 10 s

	Seed uint64 // of the choice of packets to lose or hold back

	// Targets are the ranges that are routed to the target side. Only ranges
	// that no network in the world uses are taken, so that a scanner that
	// was started outside by mistake reaches nobody: 198.18.0.0/15 (RFC
	// 2544), the documentation ranges of RFC 5737 and RFC 3849, 240.0.0.0/4
	// (RFC 1112) and fd00::/8 (RFC 4193).
	//
	// ICMPv6 errors about a whole IPv6 range come from the address of the
	// link, those about an address of Alive from that address.
	Targets []netip.Prefix

	// Alive, if not empty, lists the only addresses of Targets with a host;
	// the others swallow every packet in silence. See [DeadAddresses] for
	// less silent ones.
	Alive []netip.Addr
}

// longest bounds each delay, so that a slip of units shows at once.
const longest = 10 * time.Second

// complete returns c with its defaults filled in, or says what is out of
// range.
func (c Config) complete() (Config, error) {
	switch {
	case c.Delay < 0 || c.Delay > longest:
		return c, fmt.Errorf("delay %v is not within 0 and %v", c.Delay, longest)
	case !(c.Loss >= 0 && c.Loss <= 1):
		return c, fmt.Errorf("loss %v is not a share within 0 and 1", c.Loss)
	case !(c.Reorder >= 0 && c.Reorder <= 1):
		return c, fmt.Errorf("reorder %v is not a share within 0 and 1", c.Reorder)
	case !(c.Uplink >= 0) || math.IsInf(c.Uplink, 0):
		return c, fmt.Errorf("uplink %v is not a number of packets per second", c.Uplink)
	case c.Buffer < 0 || c.Buffer > longest:
		return c, fmt.Errorf("buffer %v is not within 0 and %v", c.Buffer, longest)
	case c.ReorderBy < 0 || c.ReorderBy > longest:
		return c, fmt.Errorf("reorder delay %v is not within 0 and %v", c.ReorderBy, longest)
	}
	if c.ReorderBy == 0 {
		c.ReorderBy = max(c.Delay/2, time.Millisecond)
	}
	if len(c.Targets) == 0 {
		c.Targets = []netip.Prefix{netip.MustParsePrefix("198.18.0.0/16")}
		if haveIPv6() {
			c.Targets = append(c.Targets, netip.MustParsePrefix("2001:db8::/64"))
		}
	}
	return c, c.checkAddresses()
}

// checkAddresses refuses targets that somebody might own, that hide the link's
// own addresses, or that this kernel cannot have.
func (c Config) checkAddresses() error {
	link := append(scannerAddrs(true), targetAddrs(true)...)
	for _, p := range c.Targets {
		switch {
		case !p.IsValid() || p != p.Masked():
			return fmt.Errorf("target %v is not the address of a network", p)
		case !slices.ContainsFunc(spareRanges(), func(r netip.Prefix) bool { return within(p, r) }):
			return fmt.Errorf("target %v may belong to somebody: use a part of %v", p, spareRanges())
		case slices.ContainsFunc(link, p.Contains):
			return fmt.Errorf("target %v holds an address of the link itself (%v)", p, link)
		case p.Addr().Is6() && !haveIPv6():
			return fmt.Errorf("target %v needs IPv6, which this kernel has switched off", p)
		}
	}
	for _, a := range c.Alive {
		if !slices.ContainsFunc(c.Targets, func(p netip.Prefix) bool { return p.Contains(a) }) {
			return fmt.Errorf("address %v is to be alive but lies outside the targets %v", a, c.Targets)
		}
	}
	return nil
}

func spareRanges() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("198.18.0.0/15"),
		netip.MustParsePrefix("192.0.2.0/24"),
		netip.MustParsePrefix("198.51.100.0/24"),
		netip.MustParsePrefix("203.0.113.0/24"),
		netip.MustParsePrefix("240.0.0.0/4"),
		netip.MustParsePrefix("2001:db8::/32"),
		netip.MustParsePrefix("fd00::/8"),
	}
}

func within(p, outer netip.Prefix) bool {
	return outer.Bits() <= p.Bits() && outer.Contains(p.Addr())
}
