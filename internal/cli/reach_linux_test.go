package cli

import (
	"fmt"
	"net/netip"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"porthole/internal/netlab"
)

// auditIn runs porthole audit inside a namespace; findings are no failure.
func auditIn(t *testing.T, n *netlab.Namespace, args ...string) string {
	t.Helper()
	binary, err := exec.LookPath("porthole")
	if err != nil {
		t.Fatal(err)
	}
	cmd := n.Command(binary, append([]string{"audit", "-o", "wide"}, args...)...)
	out, err := cmd.Output()
	if err != nil && cmd.ProcessState.ExitCode() != exitFindings {
		t.Fatalf("porthole audit %s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}

// reported reports whether a line has all the words.
func reported(out string, words ...string) bool {
	for line := range strings.Lines(out) {
		fields := " " + strings.Join(strings.Fields(line), " ") + " "
		all := true
		for _, w := range words {
			all = all && strings.Contains(fields, " "+w+" ")
		}
		if all {
			return true
		}
	}
	return false
}

// TestAuditReachKeepsLittle holds that a scan of every port of several addresses is
// not kept in memory: 131,070 records would take 100 MB. It sees no other processes, and
// so no other network namespaces, where tests open sockets by the thousand.
func TestAuditReachKeepsLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("asks 131,070 ports")
	}
	if raceDetector {
		t.Skip("the race detector takes several times the memory")
	}
	const most = 60 << 10 // KiB
	lab := netlab.Require(t, netlab.Config{})
	binary, err := exec.LookPath("porthole")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := lab.Target().Command("ip", "addr", "add", "198.18.77.1/32", "dev", "lo").CombinedOutput(); err != nil {
		t.Skipf("%v: %s", err, out)
	}
	cmd := lab.Target().Command("unshare", "--pid", "--fork", "--mount-proc", binary, "audit", "--reach", "-o", "jsonl", "-q")
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != exitFindings {
		t.Fatal(err)
	}
	if used := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss; used > most {
		t.Errorf("%d KiB, more than %d", used, most)
	}
}

// TestAuditReach joins what a target lists with what a scanner sees of it: a
// listener as it should be, one behind a firewall, one on loopback that a
// redirection leads to, and a redirected port that nobody waits on.
func TestAuditReach(t *testing.T) {
	const open, blocked, hidden, redirected = 8443, 8444, 8445, 8446
	lab := netlab.Require(t, netlab.Config{})
	target := lab.Target().Addrs()[0]
	wild, local := netip.IPv4Unspecified(), netip.MustParseAddr("127.0.0.1")
	if err := lab.Target().Listen(
		netip.AddrPortFrom(wild, open), netip.AddrPortFrom(wild, blocked), netip.AddrPortFrom(local, hidden)); err != nil {
		t.Fatal(err)
	}
	if err := lab.Target().Nft(netlab.Filter("tcp", netlab.Drop, blocked)); err != nil {
		t.Fatal(err)
	}
	redirect := fmt.Sprintf("table ip porthole_test {\n"+
		"\tchain in { type nat hook prerouting priority dstnat; tcp dport { %[1]d, %[2]d } dnat to %[3]s:%[4]d; }\n"+
		"\tchain out { type nat hook output priority -100; ip daddr %[3]s tcp dport %[2]d dnat to %[3]s:%[4]d; }\n}\n", hidden, redirected, target, open)
	if err := lab.Target().Nft("table ip porthole_nat {\n\tchain any { type nat hook prerouting priority 0; }\n}\n"); err != nil {
		t.Skipf("this kernel has no NAT: %v", err)
	}
	if err := lab.Target().Nft(redirect); err != nil {
		t.Fatal(err)
	}
	ports := fmt.Sprintf("%d-%d", open, redirected)
	file := filepath.Join(t.TempDir(), "seen.json")
	scanIn(t, lab.Scanner(), target.String(), "-p", ports, "--show", "all", "-o", "json="+file)
	for name, out := range map[string]string{
		"from":  auditIn(t, lab.Target(), "--from", file),
		"reach": auditIn(t, lab.Target(), "--reach", "-p", ports),
	} {
		for _, want := range []struct {
			is    bool
			words []string
		}{
			{true, []string{"low", "reach-blocked", fmt.Sprint(blocked)}},
			{true, []string{"high", "reach-unlisted", target.String(), fmt.Sprint(redirected)}},
			{name == "from", []string{"high", "reach-unexpected", target.String(), fmt.Sprint(hidden)}}, // what comes from here itself is not redirected
			{false, []string{"reach-blocked", fmt.Sprint(open)}},
			{false, []string{"reach-unlisted", fmt.Sprint(open)}},
		} {
			if reported(out, want.words...) != want.is {
				t.Errorf("--%s: %q is a finding: %v, want %v\n%s", name, want.words, !want.is, want.is, out)
			}
		}
	}
}
