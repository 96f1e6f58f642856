package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"porthole/internal/record"
	"porthole/internal/sentence"
)

// section is a host, by its name as typed, or an exposure. Its blocks are the
// addresses of the host, or the owners of the sockets.
type section struct {
	id, title, explain string
	class              string // of all its marks; "" if each has that of its state
	n                  string // how many rows, in words
	blocks             []*block
}

// block is the rows under one heading.
type block struct {
	title    string
	notShown string // counts the ports that are not shown, by state
	rows     []*row
}

// row is one record in little memory: the page keeps all of them until it knows
// their order and which columns are empty.
type row struct {
	port                  uint16
	proto, state, service string
	hidden                bool   // the holders are hidden
	proved                string // what answered, if it was verified
	traits                traits
	cells                 string // the escaped texts of the columns, then the command lines, separated by cellEnd
}

const cellEnd = "\x00" // never part of escaped text

// exposure is a section of a list: who can reach its sockets.
type exposure struct{ name, title, explain, class string }

// exposures lists all of them, the widest first.
func exposures() []exposure {
	return []exposure{
		{"all", "Every interface", "whoever can reach any address of this machine", "wide"},
		{"public", "A public address", "whoever can reach that address on the internet", "wide"},
		{"local", "A local address", "neighbours on a private or link-local network", "near"},
		{"loopback", "Loopback", "this machine alone", "own"},
		{"", "Elsewhere", "an exposure that is not known", "near"},
	}
}

func (h *htmlWriter) sections(hosts []*host) []*section {
	switch h.o.Kind {
	case record.KindPort:
		return h.byHost(hosts)
	case record.KindSocket:
		return h.byExposure()
	}
	b := h.blocks[blockKey{}]
	if b == nil {
		b = new(block)
	}
	if h.o.Kind == record.KindHost {
		return []*section{{id: "alive", title: "Alive", class: "near", n: sentence.Count(len(b.rows), "address", "addresses"), blocks: []*block{b}}}
	}
	return []*section{{id: "services", title: "Services", class: "near", n: sentence.Count(len(b.rows), "entry", "entries"), blocks: []*block{b}}}
}

// byHost makes a section for each name, with a block for each address.
func (h *htmlWriter) byHost(hosts []*host) []*section {
	var out []*section
	name := "" // of the last section
	for _, host := range hosts {
		b := h.blocks[blockKey{addr: host.addr}]
		if b == nil {
			continue
		}
		b.sort()
		b.title, b.notShown = host.addr.String(), notShownText(host)
		if host.name != "" && host.name == name {
			last := out[len(out)-1]
			last.blocks = append(last.blocks, b)
			continue
		}
		name = host.name
		s := &section{id: fmt.Sprintf("host-%d", len(out)+1), title: name, blocks: []*block{b}}
		if name == "" { // a literal address: the section's heading is that of the block
			s.title, s.explain = b.title, host.rdns
			b.title = ""
		}
		out = append(out, s)
	}
	for _, s := range out {
		s.countPorts()
	}
	return out
}

// sort puts open ports first, and ports that may be open after them.
func (b *block) sort() {
	slices.SortStableFunc(b.rows, func(x, y *row) int {
		return cmp.Or(cmp.Compare(openness(x.state), openness(y.state)), cmp.Compare(x.port, y.port), cmp.Compare(x.proto, y.proto))
	})
}

func openness(state string) int {
	switch state {
	case "open", "listen", "bound":
		return 0
	case "open|filtered":
		return 1
	}
	return 2
}

func (s *section) len() int {
	n := 0
	for _, b := range s.blocks {
		n += len(b.rows)
	}
	return n
}

// countPorts counts the ports of a host. A literal address has no heading of its
// own for the ports that are not shown, so they are counted here as well.
func (s *section) countPorts() {
	s.n = sentence.Count(s.len(), "port", "ports")
	if b := s.blocks[0]; b.title == "" && b.notShown != "" {
		s.n += "; not shown: " + b.notShown
	}
}

// byExposure makes a section for each exposure, with a block for each owner.
func (h *htmlWriter) byExposure() []*section {
	var out []*section
	for _, e := range exposures() {
		s := &section{id: "exposure-" + cmp.Or(e.name, "unknown"), title: e.title, explain: e.explain, class: e.class}
		for key, b := range h.blocks {
			if key.exposure == e.name {
				b.title = key.owner
				b.sort()
				s.blocks = append(s.blocks, b)
			}
		}
		if len(s.blocks) == 0 {
			continue
		}
		s.n = sentence.Count(s.len(), "socket", "sockets")
		slices.SortFunc(s.blocks, func(a, b *block) int { return cmp.Compare(a.title, b.title) })
		out = append(out, s)
	}
	return out
}

// notShownText counts the ports of a host that are not shown, by state.
func notShownText(h *host) string {
	var parts []string
	for _, t := range h.byState() {
		parts = append(parts, fmt.Sprintf("%d %s", t.n, t.state))
	}
	return strings.Join(parts, ", ")
}
