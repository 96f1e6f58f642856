package sockets

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"porthole/internal/firewall"
)

// TestPublishedByNAT: a container's listener tells where the rules of another
// namespace publish it, by nothing but those.
func TestPublishedByNAT(t *testing.T) {
	needRoot(t)
	const inside = "198.18.77.2"
	container, said := startRole(t, "with-address "+inside+":80", inNewNamespace)
	publisher, _ := startRole(t, `nat table ip nat {
		chain pre {
			type nat hook prerouting priority dstnat
			ip daddr 198.18.0.1 tcp dport 8443 dnat to `+inside+`:80
			tcp dport 8080 dnat to `+inside+`:80
			udp dport 8081 dnat to `+inside+`:80
			tcp dport 8082 dnat to `+inside+`:81
		}
	}`, inNewNamespace)
	// Another run of this test has a container with this address, too.
	inNamespaceOf(t, publisher, fmt.Sprintf("link add v0 type veth peer name eth0 netns %d\n", container), "ip", "-batch", "-")
	at := netip.MustParseAddrPort(said[0])
	s := findIn(t, list(t, &Lister{}), netnsOf(container), at)
	checkHolders(t, s, container)
	var got []string
	for _, p := range s.PublishedAt {
		got = append(got, p.String())
	}
	if !slices.Equal(got, []string{"0.0.0.0:8080", "198.18.0.1:8443"}) {
		t.Errorf("published at %q", got)
	}
	if s := findIn(t, list(t, &Lister{NoProcess: true}), netnsOf(container), at); s.PublishedAt != nil {
		t.Errorf("rows alone say %v; they are not to ask", s.PublishedAt)
	}
}

// TestPublish: which sockets a rule leads to.
func TestPublish(t *testing.T) {
	addr := netip.MustParseAddr
	rule := firewall.Translation{Proto: "tcp", First: 8000, Last: 8010, To: addr("172.17.0.2"), ToFirst: 80, ToLast: 80}
	onV6 := firewall.Translation{Proto: "tcp", At: addr("fd00::1"), First: 8080, Last: 8080, To: addr("fd00::2"), ToFirst: 80, ToLast: 80}
	for _, test := range []struct {
		about string
		s     Socket
		want  []string
	}{
		{"its address", Socket{Proto: "tcp", State: StateListen, Local: netip.MustParseAddrPort("172.17.0.2:80")}, []string{"0.0.0.0:8000-8010"}},
		{"IPv4's every address", Socket{Proto: "tcp", State: StateListen, Local: netip.MustParseAddrPort("0.0.0.0:80")}, []string{"0.0.0.0:8000-8010"}},
		{"every address", Socket{Proto: "tcp", State: StateListen, Local: netip.MustParseAddrPort("[::]:80")}, []string{"0.0.0.0:8000-8010", "[fd00::1]:8080"}},
		{"IPv6's every address", Socket{Proto: "tcp", State: StateListen, Local: netip.MustParseAddrPort("[::]:80"), V6Only: TristateYes}, []string{"[fd00::1]:8080"}},
		{"another address", Socket{Proto: "tcp", State: StateListen, Local: netip.MustParseAddrPort("127.0.0.1:80")}, nil},
		{"another port", Socket{Proto: "tcp", State: StateListen, Local: netip.MustParseAddrPort("0.0.0.0:8000")}, nil},
		{"another protocol", Socket{Proto: "udp", State: StateBound, Local: netip.MustParseAddrPort("0.0.0.0:80")}, nil},
		{"a connection", Socket{Proto: "tcp", State: StateEstablished, Local: netip.MustParseAddrPort("172.17.0.2:80")}, nil},
	} {
		l := &labels{netns: &netnsSet{read: []*netnsInfo{
			{nat: []firewall.Translation{rule, onV6}},
			{addrs: withoutLinks(addr("172.17.0.2"), addr("fd00::2"), addr("172.17.0.9"))},
			{addrs: withoutLinks(addr("172.17.0.9"))},
		}}}
		rows := []row{{Socket: test.s, netns: 2}, {Socket: test.s, netns: 3}, {Socket: test.s, netns: 1}}
		l.publish(t.Context(), rows)
		var got []string
		for _, p := range rows[0].PublishedAt {
			got = append(got, p.String())
		}
		if !slices.Equal(got, test.want) || rows[1].PublishedAt != nil || rows[2].PublishedAt != nil {
			t.Errorf("%s: published at %q, want %q; elsewhere %v, %v", test.about, got, test.want, rows[1].PublishedAt, rows[2].PublishedAt)
		}
		if l.owner(t.Context(), l.netns.read[0], addr("172.17.0.9")) != nil {
			t.Error("an address that two namespaces have is of neither")
		}
	}
}

// TestLedAway: on which sockets of its namespace a rule has an effect.
func TestLedAway(t *testing.T) {
	addr, at := netip.MustParseAddr, netip.MustParseAddrPort
	rules := []firewall.Translation{
		{Proto: "tcp", First: 8000, Last: 8010, To: addr("172.17.0.2"), ToFirst: 80, ToLast: 90, Shifted: true},
		{Proto: "tcp", First: 8020, Last: 8020, To: addr("172.17.0.2"), ToFirst: 80, ToLast: 81},
		{Proto: "tcp", First: 8030, Last: 8031, To: addr("172.17.0.2")},
		{Proto: "tcp", At: addr("127.0.0.1"), First: 9000, Last: 9000, To: addr("172.17.0.2"), ToFirst: 80, ToLast: 80},
		{Proto: "tcp", First: 9001, Last: 9001, To: addr("172.17.0.9"), ToFirst: 80, ToLast: 80},
		{Proto: "tcp", First: 8040, Last: 8040, To: addr("fd00::2"), ToFirst: 80, ToLast: 80},
	}
	for _, test := range []struct {
		about, proto, local, want string
	}{
		{"a range", "tcp", "0.0.0.0:8003", "172.17.0.2:83"},
		{"one address", "tcp", "198.18.0.1:8003", "172.17.0.2:83"},
		{"the same port", "tcp", "0.0.0.0:8031", "172.17.0.2:8031"},
		{"the rule's address", "tcp", "127.0.0.1:9000", "172.17.0.2:80"},
		{"IPv6", "tcp", "[::]:8040", "[fd00::2]:80"},
		{"one of two ports", "tcp", "0.0.0.0:8020", ""},
		{"another port", "tcp", "0.0.0.0:8011", ""},
		{"another protocol", "udp", "0.0.0.0:8003", ""},
		{"another family", "tcp", "[::]:8003", ""},
		{"a part of its addresses", "tcp", "0.0.0.0:9000", ""},
		{"loopback, where no rule is met", "tcp", "127.0.0.1:8003", ""},
		{"a target that nobody has", "tcp", "0.0.0.0:9001", ""},
	} {
		l := &labels{netns: &netnsSet{read: []*netnsInfo{
			{nat: rules}, {addrs: withoutLinks(addr("172.17.0.2"), addr("fd00::2"))},
		}}}
		state := StateListen
		if test.proto == "udp" {
			state = StateBound
		}
		rows := []row{
			{Socket: Socket{Proto: test.proto, State: state, Local: at(test.local)}, netns: 1},
			{Socket: Socket{Proto: test.proto, State: state, Local: at(test.local)}, netns: 2},
			{Socket: Socket{Proto: test.proto, State: StateEstablished, Local: at(test.local)}, netns: 1},
		}
		l.publish(t.Context(), rows)
		got := ""
		if p := rows[0].Published; p != nil {
			got = p.To.String()
		}
		if got != test.want || rows[1].Published != nil || rows[2].Published != nil {
			t.Errorf("%s: led to %q, want %q; elsewhere %v, %v", test.about, got, test.want, rows[1].Published, rows[2].Published)
		}
	}
}

// TestPublishedByProxy: docker-proxy's own row leads, and the container's says
// from where.
func TestPublishedByProxy(t *testing.T) {
	to := netip.MustParseAddrPort("172.17.0.2:80")
	l := &labels{netns: &netnsSet{read: []*netnsInfo{{}, {addrs: withoutLinks(to.Addr())}}}}
	rows := []row{
		{Socket: Socket{Proto: "tcp", State: StateListen, Local: netip.MustParseAddrPort("127.0.0.1:8080"), Published: &Published{To: to}}, netns: 1},
		{Socket: Socket{Proto: "tcp", State: StateListen, Local: netip.MustParseAddrPort("[::]:80"), V6Only: TristateNo}, netns: 2},
	}
	l.publish(t.Context(), rows)
	if got := rows[1].PublishedAt; len(got) != 1 || got[0].String() != "127.0.0.1:8080" || rows[0].PublishedAt != nil {
		t.Errorf("published at %v, the proxy at %v", got, rows[0].PublishedAt)
	}
}
