package hosts

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"go4.org/netipx"
)

// Request is what [Resolve] is asked for. The functions and the Resolver must be
// set.
type Request struct {
	Targets, Exclude Targets
	Family           Family
	Resolver         Resolver
	Interfaces       func() ([]Interface, error) // [Interfaces], or a stand-in for it
	Routed           func(netip.Addr) bool       // [Routed], or a stand-in for it; nil for always

	// Common reports whether the targets without a port of their own are asked
	// this port: then an address that is among them as well is not asked twice.
	Common func(port uint16) bool

	// Anywhere keeps in ranges what only this machine knows to be no host, the
	// broadcast addresses of its networks: machines that share a scan out must
	// have the same addresses.
	Anywhere bool
}

// Found is what [Resolve] found.
type Found struct {
	// Sets has one for each port that targets have of their own, and one for the
	// targets without.
	Sets []*Set
	// Unresolved has an error for each target without an address that can be
	// asked.
	Unresolved []error
	// Notes are sentences about addresses that are not what they seem to be.
	Notes []string
}

// Resolve looks up the names of targets. It leaves out the addresses to exclude. An
// address that is named twice is in its set once, under its first name.
//
// The error is for what must stop a scan: an exclude that cannot be resolved, or
// more addresses than [MaxAddresses].
func Resolve(ctx context.Context, q Request) (found Found, err error) {
	skip, err := excluded(ctx, q)
	if err != nil {
		return found, err
	}
	c := collector{skip: skip, request: q, names: lookupAll(ctx, q.Resolver, q.Family, &q.Targets), byPort: make(map[uint16]*setBuilder)}
	for i := range q.Targets.runs {
		run := &q.Targets.runs[i]
		if run.other != nil {
			c.add(run.other)
			continue
		}
		for k := range run.singles.len() {
			c.addSingle(run.singles.at(k), run.port)
		}
	}
	found.Unresolved = c.unresolved
	not, err := c.skip.IPSet()
	if err != nil {
		return found, err
	}
	found.Sets, err = c.sets(not)
	found.Notes = append(c.notes, notes(q, found.Sets)...)
	return found, err
}

// collector sorts the addresses of targets by their port.
type collector struct {
	request    Request
	names      map[string]resolved
	builders   []*setBuilder // in the order of their first targets
	byPort     map[uint16]*setBuilder
	unresolved []error
	interfaces []Interface
	asked      bool                // for the interfaces
	skip       netipx.IPSetBuilder // what is not asked of ranges
	notes      []string
}

func (c *collector) builder(port uint16) *setBuilder {
	b := c.byPort[port]
	if b == nil {
		b = &setBuilder{port: port}
		c.byPort[port] = b
		c.builders = append(c.builders, b)
	}
	return b
}

func (c *collector) fail(what, format string, args ...any) {
	c.unresolved = append(c.unresolved, fmt.Errorf("%s: %s", what, fmt.Sprintf(format, args...)))
}

// addSingle adds an address that was typed as one.
func (c *collector) addSingle(a netip.Addr, port uint16) {
	if !fits(c.request.Family, a) {
		c.fail(a.String(), "%s", noAddress(c.request.Family))
		return
	}
	if msg := c.unreachable(a); msg != "" {
		c.fail(a.String(), "%s", msg)
		return
	}
	c.builder(port).singles.add(Host{Addr: a})
}

// add adds the addresses of a name, or ranges.
func (c *collector) add(t *Target) {
	if t.Name != "" {
		c.addName(t)
		return
	}
	for _, r := range t.Ranges {
		switch {
		case !fits(c.request.Family, r.From()):
			c.fail(t.Text, "%s", noAddress(c.request.Family))
			return
		case r.From().Is6() && r.From().IsLinkLocalUnicast():
			c.fail(t.Text, "link-local addresses need their zone, which a range cannot have; write single ones, such as fe80::1%%%s; %s", c.exampleZone(), c.knownZones())
			return
		}
		c.skipBroadcasts(t.Text, r)
		c.builder(t.Port).addRange(r)
	}
}

// skipBroadcasts leaves the broadcast addresses of this machine's networks out of a
// range.
func (c *collector) skipBroadcasts(text string, r netipx.IPRange) {
	if c.request.Anywhere || !r.From().Is4() {
		return
	}
	c.askInterfaces()
	for i := range c.interfaces {
		for a := range c.interfaces[i].broadcastAddrs() {
			if r.Contains(a) {
				c.skip.Add(a)
				c.notes = append(c.notes, fmt.Sprintf("%s: %s in it is the broadcast address of %s, no host, and is not asked", text, a, c.interfaces[i].Name))
			}
		}
	}
}

// askInterfaces finds out which interfaces there are.
func (c *collector) askInterfaces() {
	if !c.asked {
		c.asked = true
		c.interfaces, _ = c.request.Interfaces() // without them the system tells
	}
}

func (c *collector) addName(t *Target) {
	found := c.names[t.Name]
	if found.err != nil {
		c.unresolved = append(c.unresolved, found.err)
		return
	}
	for _, a := range c.askable(t.Name, found.addrs) {
		msg := noHost(a)
		switch {
		case a.WithZone("").IsUnspecified():
			msg = "which is this machine itself, as name servers do that block names"
		case msg == "":
			msg = c.unreachable(a)
		}
		if msg != "" {
			c.fail(t.Name, "it resolves to %s: %s; that address is not asked", a, msg)
			continue
		}
		c.builder(t.Port).singles.add(Host{Name: t.Name, Addr: a})
	}
}

// sets makes the sets. That without a port comes first, so that the others can
// leave out what it has.
func (c *collector) sets(skip *netipx.IPSet) ([]*Set, error) {
	made := make(map[*setBuilder]*Set)
	var common *index
	if b := c.byPort[0]; b != nil {
		var err error
		if made[b], common, err = b.set(skip, nil); err != nil {
			return nil, err
		}
	}
	var sets []*Set
	for _, b := range c.builders {
		if made[b] == nil {
			var other *index
			if common != nil && c.request.Common(b.port) {
				other = common
			}
			var err error
			if made[b], _, err = b.set(skip, other); err != nil {
				return nil, err
			}
		}
		if made[b].Len() > 0 {
			sets = append(sets, made[b])
		}
	}
	return sets, nil
}

// unreachable returns why an address cannot be asked from here; "" if it may be.
func (c *collector) unreachable(a netip.Addr) string {
	linkLocal := a.Is6() && a.IsLinkLocalUnicast()
	if !linkLocal && a.Is6() || a.IsLoopback() {
		return ""
	}
	c.askInterfaces()
	if !linkLocal {
		for i := range c.interfaces {
			if c.interfaces[i].broadcasts(a) {
				return "the broadcast address of " + c.interfaces[i].Name + " is not a host"
			}
		}
		return ""
	}
	if a.Zone() == "" {
		return "a link-local address needs its zone, such as " + a.String() + "%" + c.exampleZone() + "; " + c.knownZones()
	}
	for i := range c.interfaces {
		if c.interfaces[i].isZone(a.Zone()) {
			return ""
		}
	}
	if zone, port, found := strings.Cut(a.Zone(), ":"); found {
		return "an IPv6 address with a port has brackets; write [" + a.WithZone(zone).String() + "]:" + port
	}
	return "there is no zone " + a.Zone() + "; " + c.knownZones()
}

func (c *collector) exampleZone() string {
	c.askInterfaces()
	if names := zones(c.interfaces); names != nil {
		return names[0]
	}
	return "eth0"
}

func (c *collector) knownZones() string {
	names := zones(c.interfaces)
	if names == nil {
		return "no interface here has a link-local address"
	}
	return "the zones here are " + strings.Join(names, ", ")
}

// notes tells of addresses that are not what they seem to be.
func notes(q Request, sets []*Set) (notes []string) {
	for _, a := range []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
		for _, s := range sets {
			if s.contains(a) {
				notes = append(notes, a.String()+" is this machine itself: what answers there answers on localhost")
				break
			}
		}
	}
	for i := range q.Targets.runs {
		t := q.Targets.runs[i].other
		if t == nil {
			continue
		}
		for _, r := range t.Ranges {
			for _, m := range multicast() {
				if m.Overlaps(r) {
					notes = append(notes, fmt.Sprintf("%s: the multicast and broadcast addresses in it are no hosts, and are not asked", t.Text))
					return notes
				}
			}
		}
	}
	return notes
}

// contains looks for an address that no range may have between others: it takes
// time for each single address.
func (s *Set) contains(a netip.Addr) bool {
	for _, h := range s.singles.all() {
		if h.Addr == a {
			return true
		}
	}
	for i := range s.spans {
		if s.spans[i].first == a { // nothing is below 0.0.0.0 and ::
			return true
		}
	}
	return false
}

// excluded is what is never asked: the addresses to exclude, and those that are no
// hosts.
func excluded(ctx context.Context, q Request) (b netipx.IPSetBuilder, err error) {
	for _, r := range multicast() {
		b.AddRange(r)
	}
	names := lookupAll(ctx, q.Resolver, Any, &q.Exclude)
	for t := range q.Exclude.All() {
		if t.Port != 0 {
			return b, fmt.Errorf("exclude: %s: an exclude is a whole address; use --exclude-ports for ports", t.Text)
		}
		if err := names[t.Name].err; err != nil {
			return b, fmt.Errorf("exclude: %w", err)
		}
		for _, a := range names[t.Name].addrs {
			b.Add(a.WithZone(""))
		}
		for _, r := range t.Ranges {
			b.AddRange(r)
		}
	}
	return b, nil
}
