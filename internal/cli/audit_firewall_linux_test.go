package cli

import (
	"net/netip"
	"strings"
	"testing"

	"porthole/internal/netlab"
)

// TestAuditFirewall audits a target whose firewall has a rule for a port that nobody
// listens on, one without effect, a port that only IPv4 is kept from, and a port that
// is led past the input chain as docker leads it; and a scan that sees it.
func TestAuditFirewall(t *testing.T) {
	lab := netlab.Require(t, netlab.Config{})
	target := lab.Target()
	any4, any6 := netip.IPv4Unspecified(), netip.IPv6Unspecified()
	if err := target.Listen(
		netip.AddrPortFrom(any4, 28090), netip.AddrPortFrom(any4, 28091), netip.AddrPortFrom(any6, 28091), netip.AddrPortFrom(any4, 6379), netip.AddrPortFrom(any4, 28092)); err != nil {
		t.Fatal(err)
	}
	if err := target.Nft(`table inet filter {
	chain input {
		type filter hook input priority 0; policy drop;
		iif lo accept
		ct state established,related accept
		tcp dport 28090 accept
		tcp dport 28099 accept
		ip saddr 203.0.113.0/24 tcp dport 28090 drop
		meta nfproto ipv6 tcp dport 28091 accept
	}
}
`); err != nil {
		t.Skip(err)
	}
	nat := target.Nft(`table ip nat {
	chain pre { type nat hook prerouting priority -100; tcp dport 28095 redirect to :28090; }
}
`)
	out := auditIn(t, target, "--netns", "self")
	v6 := len(target.Addrs()) > 1
	for _, want := range []struct {
		is    bool
		words []string
	}{
		{true, []string{"low", "firewall-idle", "28099"}},
		{true, []string{"low", "firewall-shadowed", "28090"}},
		{false, []string{"firewall-idle", "28090"}},
		{v6, []string{"medium", "firewall-ipv6", "28091"}},
		{false, []string{"firewall-ipv6", "28090"}},
		{true, []string{"low", "internal-exposed", "6379"}},
	} {
		if reported(out, want.words...) != want.is {
			t.Errorf("%q is a finding: %v, want %v\n%s", want.words, !want.is, want.is, out)
		}
	}
	if nat == nil && strings.Contains(out, "firewall-bypassed") {
		t.Errorf("a port that is led to another of the machine is no bypass:\n%s", out)
	}
}
