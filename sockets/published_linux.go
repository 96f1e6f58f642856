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

// natRules reads the NAT rules of the calling thread's namespace; none where they may
// not be read. A kernel without conntrack has none, and asking it would load modules.
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

// natRule is a NAT rule of the network namespace with that inode.
type natRule struct {
	firewall.Translation
	netns uint64
}

// destination is where NAT rules can lead connections to.
type destination struct {
	netns *netnsInfo
	proto string
}

// publish sets PublishedAt of the sockets in other namespaces, by NAT rules or by a
// docker-proxy, and Published of the sockets on the ports that these take.
func (l *labels) publish(ctx context.Context, rows []row) {
	rules := make(map[destination][]natRule)
	add := func(from *netnsInfo, r firewall.Translation) {
		if to := l.owner(ctx, from, r.To); to != nil && to != from {
			at := destination{to, r.Proto}
			rule := natRule{Translation: r}
			if from != nil {
				rule.netns = from.inode
			}
			rules[at] = append(rules[at], rule)
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
	if len(rules) == 0 {
		return
	}
	for i := range rows {
		r := &rows[i]
		if !r.State.Waits() {
			continue
		}
		if r.Published == nil {
			r.Published = l.redirected(ctx, r)
		}
		for _, rule := range rules[destination{l.netns.of(r), r.Proto}] {
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

// redirected is the other namespace to which NAT rules of a socket's own one redirect
// what comes to its port; nil if they do not, or only in part. Usually such a socket is
// there to keep the port in use (podman's conmon).
func (l *labels) redirected(ctx context.Context, r *row) *Published {
	s := l.netns.of(r)
	if s == nil {
		return nil
	}
	local := r.Local.Addr()
	for _, rule := range s.nat {
		if rule.Proto != r.Proto || rule.To.Is4() != local.Is4() {
			continue
		}
		// Without an address the rule is for what comes from outside.
		if rule.At != local && (rule.At.IsValid() || local.IsLoopback()) {
			continue
		}
		port, ok := rule.Port(r.Local.Port())
		if !ok {
			continue
		}
		if to := l.owner(ctx, s, rule.To); to != nil && to != s {
			return &Published{To: netip.AddrPortFrom(rule.To, port), Container: l.containerOf(to.pid)}
		}
	}
	return nil
}

// owner is the namespace of an address that another one leads connections to; nil if it
// cannot be told.
func (l *labels) owner(ctx context.Context, from *netnsInfo, a netip.Addr) *netnsInfo {
	if l.owners == nil {
		l.owners = newAddressOwners(l.netns)
	}
	return l.owners.of(ctx, from, a)
}

// published finds where a docker-proxy that holds the socket forwards to.
func (l *labels) published(ctx context.Context, r *row) *Published {
	for i := range r.Processes {
		to, ok := parseProxy(r.Processes[i].Cmdline, r.Local.Port())
		if !ok {
			continue
		}
		out := &Published{To: to}
		if s := l.owner(ctx, l.netns.of(r), to.Addr()); s != nil {
			out.Container = l.containerOf(s.pid)
		}
		return out
	}
	return nil
}

// publishedBy is the port at which a rule publishes a socket of the namespace that it
// leads to.
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
