package cli

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"porthole/internal/netlab"
)

// published is a target that lets in ssh alone, and leads port 28095 to a container
// in another namespace, as docker does: by chains of its own, which input does not
// see. A proxy of docker's holds the port, too.
func published(t *testing.T) (target, container *netlab.Namespace) {
	t.Helper()
	lab := netlab.Require(t, netlab.Config{})
	target, container = lab.Target(), lab.Scanner()
	to := netip.AddrPortFrom(container.Addrs()[0], 28080)
	if err := container.Listen(to); err != nil {
		t.Fatal(err)
	}
	if err := target.Listen(netip.AddrPortFrom(netip.IPv4Unspecified(), 28095), netip.AddrPortFrom(netip.IPv4Unspecified(), 28022)); err != nil {
		t.Fatal(err)
	}
	rules := fmt.Sprintf(`table ip filter {
	chain INPUT { type filter hook input priority 0; policy drop; tcp dport 28022 accept; }
	chain DOCKER { ip daddr %[1]v tcp dport 28080 accept; }
	chain FORWARD { type filter hook forward priority 0; policy drop; ct state established accept; jump DOCKER; }
}
table ip nat {
	chain DOCKER { tcp dport 28095 dnat to %[1]v:28080; }
	chain PREROUTING { type nat hook prerouting priority -100; fib daddr type local jump DOCKER; }
}
`, to.Addr())
	if err := target.Nft(rules); err != nil {
		t.Skip(err)
	}
	return target, container
}

// TestFirewallBypassed: a port that the rules for input would close is open, since
// docker leads it away before. That holds whatever else has the container's address:
// networks inside of containers use the same addresses again.
func TestFirewallBypassed(t *testing.T) {
	netlab.Require(t, netlab.Config{}) // with the same addresses
	target, _ := published(t)
	if err := target.Command("sysctl", "-qw", "net.ipv4.ip_forward=1").Run(); err != nil {
		t.Skip(err)
	}
	out := auditIn(t, target, "--netns", "self")
	if !reported(out, "medium", "firewall-bypassed", "28095") || reported(out, "firewall-bypassed", "28022") {
		t.Errorf("the port that docker leads away is no finding, or another is:\n%s", out)
	}
	text := strings.Join(strings.Fields(out), " ")
	for _, want := range []string{"the rules for this machine's own ports would drop what comes to", "and everyone gets through: ip filter DOCKER handle"} {
		if !strings.Contains(text, want) {
			t.Errorf("the audit does not say %q:\n%s", want, out)
		}
	}
	if out, _ := runIn(t, target, "list", "28095", "--netns", "self"); !reported(out, "28095", "listen") || strings.Contains(out, "firewalled") {
		t.Errorf("listed as closed:\n%s", out)
	}
	// Without forwarding it leads nowhere.
	if err := target.Command("sysctl", "-qw", "net.ipv4.ip_forward=0").Run(); err != nil {
		t.Fatal(err)
	}
	if out := auditIn(t, target, "--netns", "self"); strings.Contains(out, "firewall-bypassed") {
		t.Errorf("nothing gets through, and yet:\n%s", out)
	}
}

// TestDiffReach: a rule that was changed is a change of the listener, and gets a
// finding of a baseline worse.
func TestDiffReach(t *testing.T) {
	target := guarded(t)
	old := filepath.Join(t.TempDir(), "old.json")
	base := filepath.Join(t.TempDir(), "base.json")
	runIn(t, target, "list", "--netns", "self", "-o", "json="+old)
	runIn(t, target, "audit", "--netns", "self", "-o", "json="+base)
	now := filepath.Join(t.TempDir(), "now.json")
	runIn(t, target, "list", "--netns", "self", "-o", "json="+now)
	if out, _ := runIn(t, target, "diff", old, now); strings.Contains(out, "reach") {
		t.Errorf("nothing has changed:\n%s", out)
	}
	if err := target.Nft("insert rule inet filter input tcp dport 28082 accept"); err != nil {
		t.Fatal(err)
	}
	runIn(t, target, "list", "--netns", "self", "-o", "json="+now)
	out, _ := runIn(t, target, "diff", old, now)
	if !reported(out, "28082") || !strings.Contains(out, "reach") || !strings.Contains(out, "nobody") || !strings.Contains(out, "everyone") {
		t.Errorf("the diff does not tell that nobody got through to 28082, and everyone does:\n%s", out)
	}
	if strings.Contains(out, "28081") || strings.Contains(out, "28080") {
		t.Errorf("it tells of others:\n%s", out)
	}
	if _, err := os.Stat(base); err != nil {
		t.Error(err)
	}
}

// TestAuditMeasured: what a scan saw stands beside what the rules say, also where a
// firewall that porthole does not see is on the path.
func TestAuditMeasured(t *testing.T) {
	const open, shut, lost = 28100, 28101, 28102
	lab := netlab.Require(t, netlab.Config{})
	target := lab.Target()
	wild := netip.IPv4Unspecified()
	if err := target.Listen(netip.AddrPortFrom(wild, open), netip.AddrPortFrom(wild, shut), netip.AddrPortFrom(wild, lost)); err != nil {
		t.Fatal(err)
	}
	if err := target.Nft(fmt.Sprintf("table inet filter {\n\tchain input { type filter hook input priority 0; tcp dport %d drop; }\n}\n", shut)); err != nil {
		t.Skip(err)
	}
	// The path drops what the target would take.
	if err := lab.Scanner().Nft(fmt.Sprintf("table inet path {\n\tchain input { type filter hook input priority 0; tcp sport %d drop; }\n}\n", lost)); err != nil {
		t.Skip(err)
	}
	file := filepath.Join(t.TempDir(), "seen.json")
	scanIn(t, lab.Scanner(), target.Addrs()[0].String(), "-p", fmt.Sprintf("%d-%d", open, lost), "--show", "all", "-o", "json="+file)
	out := auditIn(t, target, "--netns", "self", "--from", file)
	text := strings.Join(strings.Fields(out), " ")
	if !reported(out, "reach-blocked", fmt.Sprint(shut)) || !strings.Contains(text, "the rules say the same: inet filter input handle") {
		t.Errorf("what the rules shut is not set beside what was measured:\n%s", out)
	}
	if !reported(out, "medium", "reach-differs", fmt.Sprint(lost)) || !strings.Contains(text, "but by the rules everyone gets through") {
		t.Errorf("what the path drops does not differ:\n%s", out)
	}
	for _, port := range []int{open, shut} {
		if reported(out, "reach-differs", fmt.Sprint(port)) {
			t.Errorf("%d differs:\n%s", port, out)
		}
	}
}
