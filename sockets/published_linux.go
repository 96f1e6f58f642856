package sockets

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"sort"

	"porthole/internal/firewall"
)

// natRules reads the rules of the calling thread's namespace; none where they
// may not be read. A kernel without conntrack has none, and to ask it would
// load modules.
func natRules(ctx context.Context) []firewall.Translation {
	if _, err := os.Stat("/sys/module/nf_conntrack"); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	rules, err := firewall.ReadTranslations(ctx)
	if err != nil {
		return nil
	}
	return rules
}

// ledFrom is a NAT rule of the network namespace with that inode.
type ledFrom struct {
	firewall.Translation
	netns uint64
}

// waiting is where connections can be led to.
type waiting struct {
	netns *netnsInfo
	proto string
}

// publish tells the sockets in other namespaces at which ports of which
// addresses they are published, by NAT rules or by a docker-proxy, and the sockets
// on those ports where their connections go instead.
func (l *labels) publish(rows []row) {
	addressees := l.addressees()
	led := make(map[waiting][]ledFrom)
	add := func(from *netnsInfo, r firewall.Translation) {
		if to := addressees[r.To]; to != nil && to != from {
			at := waiting{to, r.Proto}
			rule := ledFrom{Translation: r}
			if from != nil {
				rule.netns = from.inode
			}
			led[at] = append(led[at], rule)
		}
	}
	for _, s := range l.netns.read {
		for _, r := range s.nat {
			add(s, r)
		}
	}
	for i := range rows {
		if p := rows[i].Published; p != nil {
			port, local := rows[i].Local.Port(), rows[i].Local.Addr()
			add(l.netns.of(&rows[i]), firewall.Translation{Proto: rows[i].Proto, At: local, First: port, Last: port, To: p.To.Addr(), ToFirst: p.To.Port(), ToLast: p.To.Port()})
		}
	}
	if len(led) == 0 {
		return
	}
	for i := range rows {
		r := &rows[i]
		if !r.State.Waits() {
			continue
		}
		if r.Published == nil {
			r.Published = l.ledAway(r, addressees)
		}
		for _, rule := range led[waiting{l.netns.of(r), r.Proto}] {
			at, ok := publishedBy(rule.Translation, &r.Socket)
			if at.NetNS = rule.netns; ok && !slices.Contains(r.PublishedAt, at) {
				r.PublishedAt = append(r.PublishedAt, at)
			}
		}
		if at := r.PublishedAt; len(at) > 1 {
			sort.Slice(at, func(i, j int) bool { return at[i].before(at[j]) })
		}
	}
}

// ledAway tells where NAT rules of a socket's own namespace lead what comes to it,
// if that is another one: as a rule the socket only keeps the port from others
// (podman's conmon). nil if they do not, or lead a part of it.
func (l *labels) ledAway(r *row, addressees map[netip.Addr]*netnsInfo) *Published {
	s := l.netns.of(r)
	if s == nil {
		return nil
	}
	local := r.Local.Addr()
	for _, rule := range s.nat {
		to := addressees[rule.To]
		if to == nil || to == s || rule.Proto != r.Proto || rule.To.Is4() != local.Is4() {
			continue
		}
		// Without an address the rule is for what comes from outside.
		if rule.At != local && (rule.At.IsValid() || local.IsLoopback()) {
			continue
		}
		if port, ok := rule.Port(r.Local.Port()); ok {
			return &Published{To: netip.AddrPortFrom(rule.To, port), Container: l.containerOf(to.pid)}
		}
	}
	return nil
}

// addressees gives the namespace of each address that only one of them has.
func (l *labels) addressees() map[netip.Addr]*netnsInfo {
	addressees := make(map[netip.Addr]*netnsInfo)
	for _, s := range l.netns.read {
		for _, a := range s.addrs {
			if other, taken := addressees[a]; taken && other != s {
				addressees[a] = nil
			} else {
				addressees[a] = s // the kernel's table may have it twice
			}
		}
	}
	return addressees
}

// published finds where docker-proxy leads.
func (l *labels) published(s *Socket) *Published {
	for i := range s.Processes {
		to, ok := parseProxy(s.Processes[i].Cmdline, s.Local.Port())
		if !ok {
			continue
		}
		return &Published{To: to, Container: l.containerAt(to.Addr())}
	}
	return nil
}

// publishedBy tells where connections come to that the rule leads to a socket
// of its namespace.
func publishedBy(rule firewall.Translation, s *Socket) (at PublishedAt, ok bool) {
	local := s.Local.Addr()
	switch {
	case local == rule.To:
	case !local.IsUnspecified(), local.Is4() && rule.To.Is6(), rule.To.Is4() && s.V6Only == TristateYes:
		return PublishedAt{}, false
	}
	at = PublishedAt{Addr: rule.At}
	if !at.Addr.IsValid() {
		at.Addr = netip.IPv6Unspecified()
		if rule.To.Is4() {
			at.Addr = netip.IPv4Unspecified()
		}
	}
	at.First, at.Last, ok = rule.From(s.Local.Port())
	return at, ok
}
