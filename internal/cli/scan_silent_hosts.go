package cli

import (
	"context"
	"maps"
	"net/netip"
	"slices"

	"porthole/internal/scanjob"
	"porthole/internal/sentence"
	"porthole/scanner"
)

// silentHosts notices which hosts answer nothing in a scan of a few that are not looked
// for first. Their ports are filtered, which reads as if a firewall were there.
type silentHosts struct {
	hosts map[netip.Addr]*silentHost
	many  bool // more than scanjob.DiscoverAbove: none is noticed any more
}

type silentHost struct {
	name   string
	reason scanner.Reason // ReasonNone once anything else than silence is known
}

// add takes a verdict. UDP ports that may be open say nothing about their host.
func (s *silentHosts) add(res scanner.Result) {
	if s.many {
		return
	}
	reason := scanner.ReasonNone
	if res.State == scanner.StateFiltered && !res.Reason.ShowsLife() {
		reason = res.Reason
	}
	addr := res.Addr.Addr()
	h := s.hosts[addr]
	switch {
	case h == nil && len(s.hosts) == scanjob.DiscoverAbove:
		*s = silentHosts{many: true}
	case h == nil && s.hosts == nil:
		s.hosts = map[netip.Addr]*silentHost{addr: {res.Host, reason}}
	case h == nil:
		s.hosts[addr] = &silentHost{res.Host, reason}
	case reason == scanner.ReasonNone, h.reason == scanner.ReasonNoResponse:
		h.reason = reason
	}
}

// notes says which hosts answered nothing, a line for each kind. One that answered ARP or
// neighbor discovery is up.
func (s *silentHosts) notes(ctx context.Context, table *scanner.Neighbours) []string {
	defer table.Close()
	names := make(map[scanner.Reason][]string)
	for _, addr := range slices.SortedFunc(maps.Keys(s.hosts), netip.Addr.Compare) {
		h := s.hosts[addr]
		if h.reason == scanner.ReasonNone {
			continue
		}
		reason := h.reason
		if by, _ := table.Answered(ctx, addr); by != scanner.ReasonNone { // without the table it is not known
			reason = by
		}
		names[reason] = append(names[reason], hostName(h.name, addr))
	}
	var notes []string
	for _, kind := range []struct {
		reason scanner.Reason
		text   string
	}{
		{scanner.ReasonHostUnreach, " answered nothing: the network says that no host is there (host-unreach)"},
		{scanner.ReasonNetUnreach, " answered nothing: a router says that it has no route there (net-unreach)"},
		{scanner.ReasonNoResponse, " answered nothing: down, or a firewall drops all that was asked (no-response)"},
		{scanner.ReasonARP, " answered ARP, but none of the ports that were asked"},
		{scanner.ReasonNDP, " answered neighbor discovery, but none of the ports that were asked"},
	} {
		if hosts := names[kind.reason]; hosts != nil {
			notes = append(notes, sentence.Join(hosts, "and")+kind.text)
		}
	}
	return notes
}
