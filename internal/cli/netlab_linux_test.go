package cli

import (
	"bytes"
	"errors"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"porthole/internal/netlab"
)

// scanIn runs porthole inside a namespace.
func scanIn(t *testing.T, n *netlab.Namespace, args ...string) (stdout, stderr string) {
	t.Helper()
	binary, err := exec.LookPath("porthole")
	if err != nil {
		t.Fatal(err)
	}
	cmd := n.Command(binary, append([]string{"scan"}, args...)...)
	var diag bytes.Buffer
	cmd.Stderr = &diag
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("porthole scan %s: %v\n%s", strings.Join(args, " "), err, &diag)
	}
	return string(out), diag.String()
}

// TestScanMostlyDeadRange holds that addresses that nobody answers for are
// counted, named with -v, and cost no open port of the others.
func TestScanMostlyDeadRange(t *testing.T) {
	alive := []netip.Addr{netip.MustParseAddr("198.18.0.3"), netip.MustParseAddr("198.18.0.17")}
	lab := netlab.Require(t, netlab.Config{Delay: 2 * time.Millisecond, Alive: alive})
	if err := lab.Target().Listen(netlab.OnPorts(alive[1], 8443)...); err != nil {
		t.Fatal(err)
	}
	for discover, wants := range map[string][]string{
		"auto":   {"1 open, 3 closed, 60 filtered of 64 probes", "198.18.0.4 is down: none of its 2 ports answered\n"}, // few ports are asked at once
		"always": {"1 open, 3 closed, 0 filtered of 4 probes", "198.18.0.4 is down: no-response, after "},
	} {
		out, diag := scanIn(t, lab.Scanner(), "198.18.0.0/27", "-p", "8443,8444", "-v", "--discover", discover)
		if !strings.Contains(out, "198.18.0.17") || strings.Count(out, "open") != 1 {
			t.Errorf("%s: the open port is not the only one shown:\n%s", discover, out)
		}
		for _, want := range append(wants, "30 of 32 addresses are down") {
			if !strings.Contains(diag, want) {
				t.Errorf("%s: standard error does not say %q:\n%s", discover, want, diag)
			}
		}
		if strings.Contains(diag, "198.18.0.3 is down") {
			t.Errorf("%s: a host that refuses is taken for dead:\n%s", discover, diag)
		}
	}
}

// TestScanAsksWhatIsAsked holds that hosts of a range that answer nothing but what is
// asked are found: a TCP port alone, among others, of a target, and one of UDP.
func TestScanAsksWhatIsAsked(t *testing.T) {
	host := netip.MustParseAddr("198.18.0.17")
	lab := netlab.Require(t, netlab.Config{Delay: 2 * time.Millisecond, Alive: []netip.Addr{host}})
	if err := lab.Target().Listen(netlab.OnPorts(host, 8080)...); err != nil {
		t.Fatal(err)
	}
	if err := lab.Target().Respond([]byte("here"), netlab.OnPorts(host, 53)...); err != nil {
		t.Fatal(err)
	}
	rules := "table inet f {\nchain i {\ntype filter hook input priority 0\nudp dport 53 accept\ntcp dport 8080 accept\niifname != lo drop\n}\n}\n"
	if err := lab.Target().Nft(rules); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"198.18.0.0/27", "-p", "8080"},
		{"198.18.0.0/27", "-p", "8080,1-9"},
		{"198.18.0.0-31:8080"},
		{"198.18.0.0/27", "-p", "53", "--udp"},
	} {
		out, diag := scanIn(t, lab.Scanner(), append(args, "--show", "open")...)
		if !strings.Contains(out, host.String()) || strings.Count(out, " open ") != 1 || !strings.Contains(diag, "31 of 32 addresses are down, ") {
			t.Errorf("%q:\n%s%s", args, out, diag)
		}
	}
}

// TestScanSilentNeighbour holds that a neighbour that drops every port is alive by its
// answer to ARP, whether few ports are asked of all addresses at once or not.
func TestScanSilentNeighbour(t *testing.T) {
	host := netip.MustParseAddr("198.19.1.7")
	lab := netlab.Require(t, netlab.Config{})
	err := lab.Ethernet(netip.MustParsePrefix("198.19.1.1/24"), host)
	if reason, ok := errors.AsType[*netlab.UnavailableError](err); ok {
		t.Skip(reason)
	}
	if err == nil {
		err = lab.Target().Nft("table inet f {\nchain i {\ntype filter hook input priority 0\nip saddr 198.19.1.1 drop\n}\n}\n")
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, discover := range []string{"auto", "always"} {
		_, diag := scanIn(t, lab.Scanner(), "198.19.1.4-30", "-p", "80", "-v", "--discover", discover)
		if !strings.Contains(diag, "26 of 27 addresses are down") || strings.Count(diag, " is down: ") != 26 || strings.Contains(diag, host.String()+" is down") {
			t.Errorf("%s:\n%s", discover, diag)
		}
	}
}

// TestScanSilentHosts holds that a scan of a few hosts names those that answer nothing: a
// neighbour that drops every port, an address that no neighbour has, and one beyond a router
// that nothing comes back from.
func TestScanSilentHosts(t *testing.T) {
	neighbour := netip.MustParseAddr("198.19.1.7")
	lab := netlab.Require(t, netlab.Config{Delay: 2 * time.Millisecond, Alive: []netip.Addr{netip.MustParseAddr("198.18.0.3")}})
	err := lab.Ethernet(netip.MustParsePrefix("198.19.1.1/24"), neighbour)
	if reason, ok := errors.AsType[*netlab.UnavailableError](err); ok {
		t.Skip(reason)
	}
	if err == nil {
		err = lab.Target().Nft("table inet f {\nchain i {\ntype filter hook input priority 0\nip saddr 198.19.1.1 drop\n}\n}\n")
	}
	if err != nil {
		t.Fatal(err)
	}
	_, diag := scanIn(t, lab.Scanner(), "198.18.0.3-5", "198.19.1.7-8", "-p", "80,443")
	for _, want := range []string{
		"2 closed, 8 filtered of 10 probes",
		"198.18.0.4 and 198.18.0.5 answered nothing: down, or a firewall drops all that was asked (no-response)\n",
		"198.19.1.8 answered nothing: the network says that no host is there (host-unreach)\n",
		"198.19.1.7 answered ARP, but none of the ports that were asked\n",
	} {
		if !strings.Contains(diag, want) {
			t.Errorf("no %q in:\n%s", want, diag)
		}
	}
	if strings.Contains(diag, "198.18.0.3 ") {
		t.Errorf("a host that refuses is called silent:\n%s", diag)
	}
	_, diag = scanIn(t, lab.Scanner(), "198.19.1.7", "-p", "80", "--interface", "lo", "--timeout", "200ms", "--retries", "0")
	if !strings.Contains(diag, "198.19.1.7 answered nothing: ") || strings.Contains(diag, "ARP") {
		t.Errorf("asked by another link than the one on which it answered ARP:\n%s", diag)
	}
}

// TestScanNoRoute holds that addresses without a route are neither alive nor down, that
// -v names them, and that the exit code says incomplete.
func TestScanNoRoute(t *testing.T) {
	lab := netlab.Require(t, netlab.Config{})
	binary, err := exec.LookPath("porthole")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		want []string
	}{
		{[]string{"192.0.2.1", "--discover", "only"}, []string{"0 of 1 address is alive", "; 1 could not be asked\n", "1 address could not be asked by this machine: it has no route there (no-route); -v names each\n"}},
		{[]string{"192.0.2.1-20", "--discover", "only", "-v"}, []string{"0 of 20 addresses are alive", "20 addresses could not be asked", "192.0.2.7 could not be asked: "}},
		{[]string{"192.0.2.1-20", "-p", "80"}, []string{"20 unknown of 20 probes", "20 probes have no verdict because this machine could not ask: it has no route there (no-route); --show unknown"}},
	} {
		var diag bytes.Buffer
		cmd := lab.Scanner().Command(binary, append([]string{"scan"}, test.args...)...)
		cmd.Stderr = &diag
		if err := cmd.Run(); cmd.ProcessState.ExitCode() != exitIncomplete {
			t.Errorf("%q: %v", test.args, err)
		}
		for _, want := range test.want {
			if !strings.Contains(diag.String(), want) || strings.Contains(diag.String(), "down") {
				t.Errorf("%q: no %q in:\n%s", test.args, want, &diag)
			}
		}
	}
}

// TestScanSingleHost holds that a single host is scanned in full, though nothing
// that discovery would ask answers.
func TestScanSingleHost(t *testing.T) {
	lab := netlab.Require(t, netlab.Config{Delay: 2 * time.Millisecond})
	host := netip.MustParseAddr("198.18.0.1")
	if err := lab.Target().Listen(netlab.OnPorts(host, 5000)...); err != nil {
		t.Fatal(err)
	}
	if err := lab.Target().Nft(netlab.FilterExcept("tcp", netlab.Drop, 5000)); err != nil {
		t.Fatal(err)
	}
	out, diag := scanIn(t, lab.Scanner(), "198.18.0.1", "-p", "4999-5000", "--discover", "always")
	if strings.Count(out, "open") != 1 || !strings.Contains(diag, "1 open, 0 closed, 1 filtered of 2 probes") {
		t.Errorf("the open port is not found:\n%s%s", out, diag)
	}
}

// TestScanLimitedTarget holds that -v says how slowly a target was asked that
// limits its answers.
func TestScanLimitedTarget(t *testing.T) {
	if testing.Short() {
		t.Skip("takes several seconds")
	}
	lab := netlab.Require(t, netlab.Config{Delay: 2 * time.Millisecond})
	_, diag := scanIn(t, lab.Scanner(), "198.18.0.1", "--udp", "-p", "2001-2012", "-v")
	for _, want := range []string{"0 open, 12 closed, 0 filtered of 12 probes", "slowed for targets that limit their answers, to "} {
		if !strings.Contains(diag, want) {
			t.Errorf("standard error does not say %q:\n%s", want, diag)
		}
	}
}

// TestScanMiddlebox holds that a host whose every port is open makes one
// warning and a few rows, not thousands.
func TestScanMiddlebox(t *testing.T) {
	lab := netlab.Require(t, netlab.Config{Delay: 2 * time.Millisecond})
	every := []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:9"), netip.MustParseAddrPort("[::]:9")}
	if err := lab.Target().Listen(every...); err != nil {
		t.Fatal(err)
	}
	if err := lab.Target().Nft(netlab.OpenEverything(9)); err != nil {
		t.Fatal(err)
	}
	out, diag := scanIn(t, lab.Scanner(), "198.18.0.1", "-p", "1-3000")
	if n := strings.Count(diag, "even random ports are open"); n != 1 {
		t.Errorf("%d warnings, not one:\n%s", n, diag)
	}
	if n := strings.Count(out, "\n"); n > 500 {
		t.Errorf("%d rows for a host that opens everything", n)
	}
	if !strings.Contains(diag, " middlebox of 3000 probes") {
		t.Errorf("the summary does not count them:\n%s", diag)
	}
}

// TestScanNeighbours holds that an address of the local network that nobody has
// is down for that reason, as soon as the kernel says so, and that a neighbour
// beside it is not.
func TestScanNeighbours(t *testing.T) {
	lab := netlab.Require(t, netlab.Config{})
	alive := netip.MustParseAddr("198.19.1.9")
	err := lab.Ethernet(netip.MustParsePrefix("198.19.1.1/24"), alive)
	if reason, ok := errors.AsType[*netlab.UnavailableError](err); ok {
		t.Skip(reason)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := lab.Target().Listen(netlab.OnPorts(alive, 8443)...); err != nil {
		t.Fatal(err)
	}
	// No more than a few: the kernel limits the ICMP errors it sends itself, too
	// (net.ipv4.icmp_msgs_burst).
	out, diag := scanIn(t, lab.Scanner(), "198.19.1.8-15", "-p", "8443,8444", "-v", "--discover", "always")
	if !strings.Contains(out, "198.19.1.9") || strings.Count(out, "open") != 1 {
		t.Errorf("the open port is not the only one shown:\n%s", out)
	}
	if n := strings.Count(diag, " is down: host-unreach, after "); n != 7 || !strings.Contains(diag, "7 of 8 addresses are down") {
		t.Errorf("%d of 7 addresses that nobody has are down for that reason:\n%s", n, diag)
	}
}
