package reach

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/firewall"
	"porthole/internal/firewall/ruleset"
	"porthole/internal/record"
	"porthole/sockets"
)

const own, inner = 1, 2 // inodes of namespaces

// host has eth0 and eth1 with addresses of both families, and drops everything
// that none of the rules accepts.
func host(rules ...[]ruleset.Expr) *firewall.Host {
	table := ruleset.NewTable(ruleset.FamilyInet, "filter")
	chain := &ruleset.Chain{Table: table, Name: "input", Base: &ruleset.Base{Hook: ruleset.HookInput, Type: "filter", Drop: true}}
	table.AddChain(chain)
	for i, exprs := range rules {
		chain.Rules = append(chain.Rules, &ruleset.Rule{Chain: chain, Handle: uint64(i + 1), Exprs: exprs})
	}
	h := &firewall.Host{
		Rules: &ruleset.Ruleset{Tables: []*ruleset.Table{table}},
		Links: []firewall.Link{{Index: 1, Name: "lo", Up: true, Loopback: true}, {Index: 2, Name: "eth0", Up: true, Type: 1}, {Index: 3, Name: "eth1", Up: true, Type: 1}},
	}
	for _, r := range []struct {
		dest  string
		table uint32
		kind  firewall.RouteType
		links []int
	}{
		{"198.18.0.1/32", firewall.TableLocal, firewall.RouteLocal, []int{2}},
		{"198.18.1.1/32", firewall.TableLocal, firewall.RouteLocal, []int{3}},
		{"198.18.0.255/32", firewall.TableLocal, firewall.RouteBroadcast, []int{2}},
		{"0.0.0.0/0", firewall.TableMain, firewall.RouteUnicast, []int{2}},
		{"2001:db8::1/128", firewall.TableLocal, firewall.RouteLocal, []int{2}},
		{"::/0", firewall.TableMain, firewall.RouteUnicast, []int{2}},
	} {
		h.Routes = append(h.Routes, firewall.Route{Table: r.table, Dest: netip.MustParsePrefix(r.dest), Type: r.kind, Links: r.links})
	}
	return h
}

const none = ruleset.NoRegister

// accept lets packets to a TCP port through for which all conditions hold.
func accept(port byte, conditions ...[]ruleset.Expr) []ruleset.Expr {
	exprs := slices.Concat(conditions...)
	return append(exprs,
		&ruleset.Meta{Key: ruleset.MetaL4Proto, Source: none}, &ruleset.Cmp{Data: []byte{6}},
		&ruleset.Payload{Base: ruleset.BaseTransport, Offset: 2, Len: 2, Source: none}, &ruleset.Cmp{Data: []byte{0, port}},
		&ruleset.Immediate{Dest: none, Verdict: &ruleset.Verdict{Code: ruleset.VerdictAccept}})
}

func family(f ruleset.Family) []ruleset.Expr {
	return []ruleset.Expr{&ruleset.Meta{Key: ruleset.MetaNFProto, Source: none}, &ruleset.Cmp{Data: []byte{byte(f)}}}
}

func from(first byte) []ruleset.Expr { // of 24 bits
	return append(family(ruleset.FamilyIPv4), &ruleset.Payload{Base: ruleset.BaseNetwork, Offset: 12, Len: 1, Source: none}, &ruleset.Cmp{Data: []byte{first}})
}

func sentTo(addr string) []ruleset.Expr {
	a := netip.MustParseAddr(addr).As4()
	return append(family(ruleset.FamilyIPv4), &ruleset.Payload{Base: ruleset.BaseNetwork, Offset: 16, Len: 4, Source: none}, &ruleset.Cmp{Data: a[:]})
}

func by(name string) []ruleset.Expr {
	var padded [16]byte
	copy(padded[:], name)
	return []ruleset.Expr{&ruleset.Meta{Key: ruleset.MetaIIFName, Source: none}, &ruleset.Cmp{Data: padded[:]}}
}

func listener(addr string, port uint16) sockets.Socket {
	s := sockets.Socket{Proto: "tcp", State: sockets.StateListen, NetNS: own, V6Only: sockets.TristateNo}
	s.Local = netip.AddrPortFrom(netip.MustParseAddr(addr), port)
	return s
}

func changed(s sockets.Socket, change func(*sockets.Socket)) sockets.Socket {
	change(&s)
	return s
}

// judge answers about one socket.
func judge(h *firewall.Host, s sockets.Socket) *record.Reach {
	j := New([]sockets.Namespace{{Inode: own, Own: true, Firewall: h}})
	return j.Sockets([]*sockets.Socket{&s})[0]
}

func TestSockets(t *testing.T) {
	h := host(
		accept(22), accept(80, from(10)), accept(81, family(ruleset.FamilyIPv4)), accept(82, by("eth0")),
		accept(83, sentTo("198.18.1.1")), accept(84, from(10), by("eth0")), accept(85, family(ruleset.FamilyIPv6)))
	rule := func(handle int) string {
		return fmt.Sprintf("inet filter input handle %d: %s", handle, h.Rules.Tables[0].Chains[0].Rules[handle-1])
	}
	policy := "inet filter input: policy drop"
	for name, test := range map[string]struct {
		socket sockets.Socket
		want   *record.Reach
	}{
		"loopback":              {listener("127.0.0.1", 22), nil},
		"connected":             {changed(listener("198.18.0.1", 22), func(s *sockets.Socket) { s.State = sockets.StateEstablished }), nil},
		"everyone":              {listener("0.0.0.0", 22), &record.Reach{Verdict: "accept", Rule: rule(1)}},
		"everyone, by both":     {listener("::", 22), &record.Reach{Verdict: "accept", Rule: rule(1)}},
		"nobody":                {listener("0.0.0.0", 23), &record.Reach{Verdict: "drop", Rule: policy}},
		"sources":               {listener("0.0.0.0", 80), &record.Reach{Verdict: "partly", From: []string{"10.0.0.0/8"}, Rule: rule(2)}},
		"sources of one family": {listener("::", 80), &record.Reach{Verdict: "partly", From: []string{"10.0.0.0/8"}, Rule: rule(2) + "; " + policy, IPv4: "partly", IPv6: "drop"}},
		"IPv4":                  {listener("::", 81), &record.Reach{Verdict: "partly", From: []string{"0.0.0.0/0"}, Rule: rule(3) + "; " + policy, IPv4: "accept", IPv6: "drop"}},
		"IPv6":                  {listener("::", 85), &record.Reach{Verdict: "partly", From: []string{"::/0"}, Rule: rule(7) + "; " + policy, IPv4: "drop", IPv6: "accept"}},
		"IPv6 alone":            {changed(listener("::", 81), func(s *sockets.Socket) { s.V6Only = sockets.TristateYes }), &record.Reach{Verdict: "drop", Rule: policy}},
		"mapped":                {listener("::ffff:198.18.0.1", 81), &record.Reach{Verdict: "accept", Rule: rule(3)}},
		"interface":             {listener("0.0.0.0", 82), &record.Reach{Verdict: "partly", Interfaces: []string{"eth0"}, Rule: rule(4)}},
		"bound to it":           {changed(listener("0.0.0.0", 82), func(s *sockets.Socket) { s.Device = "eth0" }), &record.Reach{Verdict: "accept", Rule: rule(4)}},
		"bound to another":      {changed(listener("0.0.0.0", 82), func(s *sockets.Socket) { s.Device = "eth1" }), &record.Reach{Verdict: "drop", Rule: policy}},
		"bound to none":         {changed(listener("0.0.0.0", 82), func(s *sockets.Socket) { s.Device = "eth9" }), &record.Reach{Verdict: "drop", Why: "the interface eth9 is down or gone"}},
		"destination":           {listener("0.0.0.0", 83), &record.Reach{Verdict: "partly", To: []string{"198.18.1.1"}, Rule: rule(5)}},
		"that destination":      {listener("198.18.1.1", 83), &record.Reach{Verdict: "accept", Rule: rule(5)}},
		"source and interface":  {listener("0.0.0.0", 84), &record.Reach{Verdict: "partly", From: []string{"10.0.0.0/8"}, Interfaces: []string{"eth0"}, Rule: rule(6)}},
		"not here":              {listener("203.0.113.9", 22), &record.Reach{Verdict: "drop", Why: "203.0.113.9 is not an address that is reached from outside"}},
		"multicast":             {listener("224.0.0.251", 22), &record.Reach{Verdict: "unknown", Why: "packets to multicast and broadcast addresses are not followed"}},
		"broadcast":             {listener("198.18.0.255", 22), &record.Reach{Verdict: "unknown", Why: "packets to multicast and broadcast addresses are not followed"}},
		"UDP-Lite":              {changed(listener("0.0.0.0", 22), func(s *sockets.Socket) { s.Proto = "udplite" }), &record.Reach{Verdict: "unknown", Why: "rules are followed for TCP and UDP alone"}},
		"elsewhere":             {changed(listener("0.0.0.0", 22), func(s *sockets.Socket) { s.NetNS = 9 }), &record.Reach{Verdict: "unknown", Why: "its network namespace is not known", Unread: true}},
		"published":             {changed(listener("0.0.0.0", 9), publishedAt("0.0.0.0", 80, 80)), &record.Reach{Verdict: "partly", From: []string{"10.0.0.0/8"}, Rule: rule(2)}},
		"published at two":      {changed(listener("0.0.0.0", 9), publishedAt("0.0.0.0", 22, 23)), &record.Reach{Verdict: "partly", To: []string{"0.0.0.0:22"}, Rule: rule(1) + "; " + policy}},
		"published at many":     {changed(listener("0.0.0.0", 9), publishedAt("0.0.0.0", 1, 999)), &record.Reach{Verdict: "unknown", Why: "it is published at more than 64 ports"}},
	} {
		got := judge(h, test.socket)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestInput: what is led to another machine does not meet the rules for a host's own
// ports, which are told of beside. What is led to an address of the host does.
func TestInput(t *testing.T) {
	for to, want := range map[string]string{"203.0.113.7": "drop", "198.18.1.1": ""} {
		h := host(accept(22))
		h.Sysctls.Forward = map[string]bool{"eth0": true, "eth1": true}
		table := ruleset.NewTable(ruleset.FamilyIPv4, "nat")
		chain := &ruleset.Chain{Table: table, Name: "prerouting", Base: &ruleset.Base{Hook: ruleset.HookPrerouting, Type: "nat", Priority: -100}}
		table.AddChain(chain)
		addr := netip.MustParseAddr(to).As4()
		chain.Rules = []*ruleset.Rule{{Chain: chain, Handle: 1, Exprs: []ruleset.Expr{
			&ruleset.Immediate{Dest: 1, Data: addr[:]},
			&ruleset.NAT{Dest: true, Family: ruleset.FamilyIPv4, AddrMin: 1, AddrMax: none, PortMin: none, PortMax: none},
		}}}
		h.Rules.Tables = append(h.Rules.Tables, table)
		if got := judge(h, listener("0.0.0.0", 80)); got.Input != want {
			t.Errorf("led to %s: input %q, want %q: %+v", to, got.Input, want, got)
		}
	}
}

func publishedAt(addr string, first, last uint16) func(*sockets.Socket) {
	return func(s *sockets.Socket) {
		s.NetNS = inner
		s.PublishedAt = []sockets.PublishedAt{{Addr: netip.MustParseAddr(addr), First: first, Last: last, NetNS: own}}
	}
}

// TestUnread: what could not be read is unknown, with the reason, and no rows of
// other systems get an answer.
func TestUnread(t *testing.T) {
	refused := &firewall.Host{Rules: &ruleset.Ruleset{}, Unread: []string{"the rules are secret"}}
	for want, h := range map[string]*firewall.Host{
		"the rules are secret": refused,
		"its network namespace could not be entered to read the firewall's rules": nil,
	} {
		got := judge(h, listener("0.0.0.0", 22))
		if diff := cmp.Diff(&record.Reach{Verdict: "unknown", Why: want, Unread: true}, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	s := listener("0.0.0.0", 22)
	if got := New(nil).Sockets([]*sockets.Socket{&s}); got[0] != nil {
		t.Errorf("without namespaces: %+v", got[0])
	}
}

// TestMany: many sources are named in part, and the shorter list is told.
func TestMany(t *testing.T) {
	var rules [][]ruleset.Expr
	for first := 1; first < 200; first += 2 {
		rules = append(rules, accept(22, from(byte(first))))
	}
	got := judge(host(rules...), listener("0.0.0.0", 22))
	if n := len(got.From) + got.More; got.Verdict != "partly" || len(got.From) != 64 || n < 95 || n > 100 {
		t.Errorf("%d sources and %d more, %s", len(got.From), got.More, got.Verdict)
	}
	last := []ruleset.Expr{&ruleset.Immediate{Dest: none, Verdict: &ruleset.Verdict{Code: ruleset.VerdictDrop}}}
	blocked := append(from(7), last...)
	all := []ruleset.Expr{&ruleset.Immediate{Dest: none, Verdict: &ruleset.Verdict{Code: ruleset.VerdictAccept}}}
	if got := judge(host(blocked, all), listener("0.0.0.0", 22)); got.Verdict != "partly" || got.From != nil || !slices.Equal(got.Except, []string{"7.0.0.0/8"}) {
		t.Errorf("%+v", got)
	}
}

// TestSame: a Judge is of use until something changes.
func TestSame(t *testing.T) {
	a := sockets.Namespace{Inode: own, Own: true, Firewall: host()}
	b := sockets.Namespace{Inode: inner, Firewall: host()}
	j := New([]sockets.Namespace{a, b})
	other := b
	other.Firewall = host()
	if !j.Same([]sockets.Namespace{b, a}) || j.Same([]sockets.Namespace{a}) || j.Same([]sockets.Namespace{a, other}) || (*Judge)(nil).Same(nil) {
		t.Error("not the same, or the same as others")
	}
}
