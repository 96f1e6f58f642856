package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"porthole/internal/record"
)

// section is a host by the name that was typed, or an exposure; its blocks are
// the addresses of the host, or the owners of its sockets.
type section struct {
	id, title, explain string
	class              string // the colour of its marks, where the state gives none
	n                  string
	blocks             []*block
}

// block is what stands under one heading, with its lane of the map.
type block struct {
	title, rest string // rest counts what is not shown
	rows        []*row
}

// row is one record, small: the page keeps all of them until it knows their
// order and which columns are empty.
type row struct {
	port                  uint16
	proto, state, service string
	hidden                bool   // its holders are
	cells                 string // the escaped texts of the columns and the command lines, parted by cellEnd
}

const cellEnd = "\x00" // no escaped text has it

// exposure is who can reach a socket, the widest first.
type exposure struct{ name, title, explain, class string }

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
	b := h.blocks[place{}]
	if b == nil {
		b = new(block)
	}
	return []*section{{id: "services", title: "Services", class: "near", n: count(len(b.rows), "entry", "entries"), blocks: []*block{b}}}
}

// byHost makes a section per name, with a block per address.
func (h *htmlWriter) byHost(hosts []*host) []*section {
	var out []*section
	name := "" // of the last section
	for _, host := range hosts {
		b := h.blocks[place{addr: host.addr}]
		if b == nil {
			continue
		}
		b.sort()
		b.title, b.rest = host.addr.String(), restText(host)
		if host.name != "" && host.name == name {
			last := out[len(out)-1]
			last.blocks = append(last.blocks, b)
			continue
		}
		name = host.name
		s := &section{id: fmt.Sprintf("host-%d", len(out)+1), title: name, blocks: []*block{b}}
		if name == "" { // the heading of the section serves the block
			s.title, s.explain = b.title, host.rdns
			b.title = ""
		}
		out = append(out, s)
	}
	for _, s := range out {
		s.sumUp()
	}
	return out
}

func (b *block) sort() {
	slices.SortStableFunc(b.rows, func(x, y *row) int {
		return cmp.Or(cmp.Compare(x.port, y.port), cmp.Compare(x.proto, y.proto))
	})
}

func (s *section) len() int {
	n := 0
	for _, b := range s.blocks {
		n += len(b.rows)
	}
	return n
}

// sumUp counts the ports of a host. What is not shown of a literal address
// stands there, too, for its block needs no heading.
func (s *section) sumUp() {
	s.n = count(s.len(), "port", "ports")
	if b := s.blocks[0]; b.title == "" && b.rest != "" {
		s.n += "; not shown: " + b.rest
	}
}

// byExposure makes a section per exposure, with a block per owner.
func (h *htmlWriter) byExposure() []*section {
	var out []*section
	for _, e := range exposures() {
		s := &section{id: "exposure-" + cmp.Or(e.name, "unknown"), title: e.title, explain: e.explain, class: e.class}
		for at, b := range h.blocks {
			if at.exposure == e.name {
				b.title = at.owner
				b.sort()
				s.blocks = append(s.blocks, b)
			}
		}
		if len(s.blocks) == 0 {
			continue
		}
		s.n = count(s.len(), "socket", "sockets")
		slices.SortFunc(s.blocks, func(a, b *block) int { return cmp.Compare(a.title, b.title) })
		out = append(out, s)
	}
	return out
}

// restText counts what is not shown of a host.
func restText(h *host) string {
	var parts []string
	for _, t := range h.byState() {
		parts = append(parts, fmt.Sprintf("%d %s", t.n, t.state))
	}
	return strings.Join(parts, ", ")
}
