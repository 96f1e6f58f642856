package inspect

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"porthole/internal/audit"
	"porthole/internal/explain"
	"porthole/internal/label"
	"porthole/internal/machine"
	"porthole/internal/record"
	"porthole/registry"
)

// Explain explains the ports that are asked for. Netns names the network namespaces:
// "self", "all", a name, or "" for this one and, where the port is free in it, the
// others. If only one protocol has a port in use, the other is left out: it is not
// what was meant. The error is a [NetNSError].
func (m *Machine) Explain(ctx context.Context, services *registry.Registry, asked registry.Ports, netns string) (answers []record.Record, err error) {
	var used []record.Record
	var missing *NetNSError
	for _, proto := range asked.Protos() {
		for port := range asked.All(proto) {
			host := m.Explainer(ctx, proto, port)
			namespaces, err := chooseNamespaces(host.Namespaces(proto, port), netns)
			if err != nil {
				missing = missing.with(err)
				continue // another protocol may be in use there
			}
			own := host.Waits(proto, port)
			host.EachNetNS = netns == "all" || netns == "" && !own
			for i, in := range namespaces {
				r := host.Explain(label.Number(services, proto, port), in)
				if len(r.Sockets) > 0 || r.Connections > 0 {
					used = append(used, r)
					answers = append(answers, r)
				} else if i == 0 {
					answers = append(answers, r)
				}
				if own && netns == "" {
					break // the others are only mentioned
				}
			}
		}
	}
	if missing != nil && len(answers) == 0 {
		return nil, missing
	}
	if len(used) > 0 {
		return withOwn(used, answers), nil
	}
	return answers, nil
}

// withOwn puts the answers about this network namespace before those that are about
// others only: that it is free here is the first thing to say.
func withOwn(used, answers []record.Record) (out []record.Record) {
	for _, a := range answers {
		for _, u := range used {
			if u.Proto == a.Proto {
				out = append(out, a)
				break
			}
		}
	}
	return out
}

// NetNSError says that a port is in use in no network namespace of a name.
type NetNSError struct {
	Name string
	Used []string // those other than the caller's own in which it is in use
}

func (e *NetNSError) Error() string {
	if len(e.Used) == 0 {
		return fmt.Sprintf("no network namespace %q in which the port is in use; it is in use in no other than this", e.Name)
	}
	return fmt.Sprintf("no network namespace %q in which the port is in use; there are self, %s", e.Name, strings.Join(e.Used, ", "))
}

// with adds the namespaces in which another protocol uses the port.
func (e *NetNSError) with(more *NetNSError) *NetNSError {
	if e == nil {
		return more
	}
	used := slices.Concat(e.Used, more.Used)
	slices.Sort(used)
	return &NetNSError{e.Name, slices.Compact(used)}
}

// chooseNamespaces keeps the network namespaces that are asked for. Without a name the
// caller's own is enough where the port is in use there.
func chooseNamespaces(namespaces []explain.Namespace, which string) ([]explain.Namespace, *NetNSError) {
	switch which {
	case "", "all":
		return namespaces, nil
	case "self":
		return namespaces[:1], nil
	}
	var names []string
	for _, p := range namespaces[1:] {
		if p.Name == which {
			return []explain.Namespace{p}, nil
		}
		names = append(names, p.Name)
	}
	return nil, &NetNSError{which, names}
}

// Explainer is what is known of the machine, for one port.
func (m *Machine) Explainer(ctx context.Context, proto string, port uint16) explain.Machine {
	of := m.Machine
	of.Sockets = nil
	for _, r := range m.Sockets {
		if r.Proto == proto && r.Port == port {
			of.Sockets = append(of.Sockets, r)
		}
	}
	return explain.Machine{
		Sockets: m.Sockets, Executables: m.Executables, Ports: m.Ports, NetNS: m.NetNS, Findings: of.Audit(), Now: time.Now(),
		IsInit: machine.IsInit, Fits: audit.Fits, Outside: m.Judge.Outside,
		Bind: func(proto string, port uint16, waitedOn bool) *record.Bind {
			b := explain.TryBind(ctx, proto, port, waitedOn, someAddrs())
			return &b
		},
	}
}

// someAddrs are single addresses to try: those of loopback, and another one of each
// family if there is one.
func someAddrs() []netip.Addr {
	out := []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.AddrFrom4([4]byte{127, 0, 0, 2}), netip.IPv6Loopback()}
	addrs, _ := OwnAddrs() // without them there is less to try
	for _, v4 := range []bool{true, false} {
		i := slices.IndexFunc(addrs, func(a netip.Addr) bool { return a.Is4() == v4 && !a.IsLoopback() && !a.IsLinkLocalUnicast() })
		if i >= 0 {
			out = append(out, addrs[i])
		}
	}
	return out
}

// FirstFree is the first of the ports of the one asked protocol that can be bound,
// as an explanation.
func FirstFree(ctx context.Context, services *registry.Registry, asked registry.Ports) (record.Record, error) {
	proto := asked.Protos()[0]
	port, err := explain.FirstFree(ctx, proto, asked.All(proto))
	if err != nil {
		return record.Record{}, err
	}
	r := label.Number(services, proto, port)
	r.Kind = record.KindExplanation
	r.Explanation = &record.Explanation{Bind: &record.Bind{Outcome: record.BindFree}}
	return r, nil
}
