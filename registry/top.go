package registry

import (
	"sort"
	"strconv"
)

// maxTop is the most ports that the set top:N may name.
const maxTop = 1000

// Top returns the first n ports of one protocol in this order:
//
//  1. the common ports, by the rank that curated.tsv gives them;
//  2. the other ports that curated.tsv names, ascending;
//  3. the ports that IANA has assigned, ascending, hence well-known before
//     registered ones.
//
// The order says what is worth asking about first. It is a judgement, not a
// measured frequency. Fewer than n ports come back when fewer are known.
func (r *Registry) Top(proto string, n int) Ports {
	p, ok := parseProtocol(proto)
	if !ok {
		return Ports{}
	}
	return NewPorts(proto, r.top(p, n)...)
}

func (r *Registry) top(p protocol, n int) []Range {
	var list []Range
	seen := make(map[uint16]bool)
	add := func(span Range) {
		for port := int(span.First); port <= int(span.Last) && len(list) < n; port++ {
			if !seen[uint16(port)] {
				seen[uint16(port)] = true
				list = append(list, Range{uint16(port), uint16(port)})
			}
		}
	}
	for _, span := range ranked(p) {
		add(span)
	}
	for _, t := range []table{curatedTable, ianaTable} {
		for row := range t.rows() {
			if row.protos.has(p) {
				add(row.Range)
			}
		}
	}
	return list
}

// ranked returns the common ports of a protocol, the first rank first.
func ranked(p protocol) []Range {
	type place struct {
		Range
		rank int
	}
	var places []place
	for row := range curatedTable.rows() {
		if rank, err := strconv.Atoi(row.rank); err == nil && row.protos.has(p) {
			places = append(places, place{row.Range, rank})
		}
	}
	sort.Slice(places, func(i, j int) bool { return places[i].rank < places[j].rank })
	list := make([]Range, len(places))
	for i, place := range places {
		list[i] = place.Range
	}
	return list
}
