package report

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"sort"

	"porthole/internal/record"
)

// groups gathers the verdicts of a scan by address, for the formats that have
// one entry per host. What is shown is held line by line; of the rest only
// counts, about 300 bytes an address.
type groups struct {
	hosts map[netip.Addr]*host
	asked map[string]*portSet // by protocol
}

// host is one address of a scan.
type host struct {
	name  string // as typed; "" for a literal address
	rdns  string // what the owner of the address calls it
	addr  netip.Addr
	lines []*line
	rest  []tally
	// status is what the verdicts say of the host itself, in nmap's words: up,
	// down, or unknown when nothing answered; why is the reason behind it.
	status, why string
	first, last int64 // of its verdicts, in seconds since 1970; 0 when not known
}

// line is one shown verdict, no more than xml and grep write of it.
type line struct {
	proto   string
	port    uint16
	state   string
	reason  string
	service string
}

// tally counts the verdicts of one state and reason that are not shown.
type tally struct {
	state, reason string
	n             int
}

func newGroups() *groups {
	return &groups{hosts: make(map[netip.Addr]*host), asked: make(map[string]*portSet)}
}

func (g *groups) add(r *record.Record) {
	addr, _ := netip.ParseAddr(r.Addr)
	v := record.Verdict{Host: r.Host, Proto: r.Proto, Addr: netip.AddrPortFrom(addr, r.Port), State: r.State, Reason: r.Reason, Middlebox: r.Middlebox}
	if r.At != nil {
		v.At = *r.At
	}
	h := g.see(v)
	h.rdns = cmp.Or(r.RDNS, h.rdns)
	h.lines = append(h.lines, &line{r.Proto, r.Port, r.State, r.Reason, r.Service})
}

func (g *groups) count(v record.Verdict) {
	h := g.see(v)
	if v.Middlebox {
		v.State = "middlebox"
	}
	for i := range h.rest {
		if t := &h.rest[i]; t.state == v.State && t.reason == v.Reason {
			t.n++
			return
		}
	}
	h.rest = append(h.rest, tally{v.State, v.Reason, 1})
}

// see notes what a verdict says of its host, shown or not.
func (g *groups) see(v record.Verdict) *host {
	ports := g.asked[v.Proto]
	if ports == nil {
		ports = new(portSet)
		g.asked[v.Proto] = ports
	}
	ports.add(v.Addr.Port())
	h := g.hosts[v.Addr.Addr()]
	if h == nil {
		h = &host{name: v.Host, addr: v.Addr.Addr(), status: "unknown", why: v.Reason}
		g.hosts[h.addr] = h
	}
	if !v.Middlebox {
		h.judge(v.State, v.Reason)
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

// judge takes an answer of the host's own as proof that it is up. Silence
// proves nothing, and a router that cannot reach it says that it is down.
func (h *host) judge(state, reason string) {
	switch {
	case h.status == "up":
	case state == "open" || state == "closed":
		h.status, h.why = "up", reason
	case reason == "host-unreach":
		h.status, h.why = "down", reason
	}
}

// byState sums up what is not shown, the largest count first.
func (h *host) byState() []tally {
	sums := make(map[string]int)
	for _, t := range h.rest {
		sums[t.state] += t.n
	}
	var out []tally
	for state, n := range sums {
		out = append(out, tally{state: state, n: n})
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i], out[j]
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.state, b.state)) < 0
	})
	return out
}

// sorted puts the hosts in the order of the table, and the lines of each by
// port.
func (g *groups) sorted() []*host {
	hosts := slices.SortedFunc(maps.Values(g.hosts), func(a, b *host) int {
		return cmp.Or(cmp.Compare(a.name, b.name), a.addr.Compare(b.addr))
	})
	for _, h := range hosts {
		slices.SortFunc(h.lines, func(a, b *line) int {
			return cmp.Or(cmp.Compare(a.port, b.port), cmp.Compare(a.proto, b.proto))
		})
		sort.Slice(h.rest, func(i, j int) bool {
			a, b := h.rest[i], h.rest[j]
			return cmp.Or(cmp.Compare(a.state, b.state), cmp.Compare(a.reason, b.reason)) < 0
		})
	}
	return hosts
}

// up counts the hosts that answered.
func (g *groups) up() int {
	n := 0
	for _, h := range g.hosts {
		if h.status == "up" {
			n++
		}
	}
	return n
}

// total counts the hosts that were asked, and those that were found down
// before that.
func (g *groups) total(s *record.Summary) int {
	n := len(g.hosts)
	if s.ScanCounts != nil {
		n += int(s.Down)
	}
	return n
}
