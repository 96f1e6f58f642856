package report

import (
	"cmp"
	"iter"
	"maps"
	"net/netip"
	"slices"

	"porthole/internal/record"
)

// scanHosts collects the verdicts of a scan by address, for the formats that have
// one entry per host. It keeps the verdicts that are shown, and counts the others:
// about 300 bytes per address.
type scanHosts struct {
	hosts    map[netip.Addr]*host
	asked    map[string]*portSet // by protocol
	verified bool                // some verdict was
}

// host is one address of a scan.
type host struct {
	name     string // as typed; "" for a literal address
	rdns     string // from reverse DNS; "" if not known
	addr     netip.Addr
	lines    []*line
	notShown []tally
	// status is the state of the host itself, in nmap's words: up, down, or unknown
	// if nothing answered. reason is the evidence for it.
	status, reason string
	first, last    int64 // times of its verdicts, in seconds since 1970; 0 if not known
}

// line is a verdict that is shown: as much of it as xml and grep write.
type line struct {
	proto   string
	port    uint16
	state   string
	reason  string
	service string

	verified *record.Verified // nil if it was not asked
}

// tally counts the verdicts of one state and reason that are not shown.
type tally struct {
	state, reason string
	n             int
}

// newScanHosts begins with the ports that are asked, by protocol; verdicts on others
// are added.
func newScanHosts(asked map[string]iter.Seq[uint16]) *scanHosts {
	s := &scanHosts{hosts: make(map[netip.Addr]*host), asked: make(map[string]*portSet)}
	for proto, ports := range asked {
		for port := range ports {
			if port > 0 { // which is never asked
				s.ask(proto, port)
			}
		}
	}
	return s
}

func (s *scanHosts) ask(proto string, port uint16) {
	if s.asked[proto] == nil {
		s.asked[proto] = new(portSet)
	}
	s.asked[proto].add(port)
}

// alive adds an address that was found alive, and may get no verdict.
func (s *scanHosts) alive(name string, addr netip.Addr, by string) {
	if s.hosts[addr] == nil {
		s.hosts[addr] = &host{name: name, addr: addr, status: "up", reason: by}
	}
}

func (s *scanHosts) add(r *record.Record) {
	addr, _ := netip.ParseAddr(r.Addr)
	if r.Life != nil {
		s.hosts[addr] = &host{name: r.Host, rdns: r.RDNS, addr: addr, status: "up", reason: r.By}
		return
	}
	v := record.Verdict{Host: r.Host, Proto: r.Proto, Addr: netip.AddrPortFrom(addr, r.Port), State: r.State, Reason: r.Reason, Middlebox: r.Middlebox}
	if r.At != nil {
		v.At = *r.At
	}
	h := s.update(v)
	h.rdns = cmp.Or(r.RDNS, h.rdns)
	h.lines = append(h.lines, &line{r.Proto, r.Port, r.State, r.Reason, r.Service, r.Verified})
	s.verified = s.verified || isVerified(r)
}

func (s *scanHosts) count(v record.Verdict) {
	h := s.update(v)
	if v.Middlebox {
		v.State = "middlebox"
	}
	for i := range h.notShown {
		if t := &h.notShown[i]; t.state == v.State && t.reason == v.Reason {
			t.n++
			return
		}
	}
	h.notShown = append(h.notShown, tally{v.State, v.Reason, 1})
}

// update adds a verdict, shown or not, to what is known of its host.
func (s *scanHosts) update(v record.Verdict) *host {
	s.ask(v.Proto, v.Addr.Port())
	h := s.hosts[v.Addr.Addr()]
	if h == nil {
		h = &host{name: v.Host, addr: v.Addr.Addr(), status: "unknown", reason: v.Reason}
		s.hosts[h.addr] = h
	}
	if !v.Middlebox {
		h.updateStatus(v.State, v.Reason)
	}
	if !v.At.IsZero() {
		at := v.At.Unix()
		if h.first == 0 || at < h.first {
			h.first = at
		}
		h.last = max(h.last, at)
	}
	return h
}

// updateStatus derives the status of the host from a verdict. An answer of its own
// proves that it is up; a router that cannot reach it reports it down; a timeout
// proves nothing.
func (h *host) updateStatus(state, reason string) {
	switch {
	case h.status == "up":
	case state == "open" || state == "closed":
		h.status, h.reason = "up", reason
	case reason == "host-unreach":
		h.status, h.reason = "down", reason
	}
}

// byState counts the verdicts that are not shown by their state, the largest count
// first.
func (h *host) byState() []tally {
	sums := make(map[string]int)
	for _, t := range h.notShown {
		sums[t.state] += t.n
	}
	var out []tally
	for state, n := range sums {
		out = append(out, tally{state: state, n: n})
	}
	slices.SortFunc(out, func(a, b tally) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.state, b.state))
	})
	return out
}

// sorted lists the hosts in the order of the table, each with its lines by port.
func (s *scanHosts) sorted() []*host {
	hosts := slices.SortedFunc(maps.Values(s.hosts), func(a, b *host) int {
		return cmp.Or(cmp.Compare(a.name, b.name), a.addr.Compare(b.addr))
	})
	for _, h := range hosts {
		slices.SortFunc(h.lines, func(a, b *line) int {
			return cmp.Or(cmp.Compare(a.port, b.port), cmp.Compare(a.proto, b.proto))
		})
		slices.SortFunc(h.notShown, func(a, b tally) int {
			return cmp.Or(cmp.Compare(a.state, b.state), cmp.Compare(a.reason, b.reason))
		})
	}
	return hosts
}

// up counts the hosts that answered, also those of an interrupted scan whose ports
// were not asked yet.
func (s *scanHosts) up(sum *record.Summary) int {
	n := 0
	for _, h := range s.hosts {
		if h.status == "up" {
			n++
		}
	}
	if sum.ScanCounts != nil {
		n = max(n, int(sum.Alive))
	}
	return n
}

// total counts the hosts that were scanned, and those that are down: if all were
// asked their ports at once, these are among the hosts, too.
func (s *scanHosts) total(sum *record.Summary) int {
	n := len(s.hosts)
	switch {
	case sum.ScanCounts == nil:
	case sum.Alive > 0:
		n = max(n, int(sum.Alive+sum.Down))
	case int(sum.Targets) != n: // none is alive
		n += int(sum.Down)
	}
	return n
}
