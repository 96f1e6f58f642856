package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"porthole/internal/netlab"
	"porthole/internal/record"
)

// runIn runs porthole inside a namespace. An exit code is no failure.
func runIn(t *testing.T, n *netlab.Namespace, args ...string) (stdout, stderr string) {
	t.Helper()
	binary, err := exec.LookPath("porthole")
	if err != nil {
		t.Fatal(err)
	}
	cmd := n.Command(binary, args...)
	var diag bytes.Buffer
	cmd.Stderr = &diag
	out, err := cmd.Output()
	if err != nil && cmd.ProcessState.ExitCode() < 0 {
		t.Fatalf("porthole %s: %v\n%s", strings.Join(args, " "), err, &diag)
	}
	return string(out), diag.String()
}

// guarded is a target with a firewall that lets everyone in to 28080, some to 28081,
// nobody to 28082, and IPv4 alone to 28083, where a socket takes IPv6 alone.
func guarded(t *testing.T) *netlab.Namespace {
	t.Helper()
	lab := netlab.Require(t, netlab.Config{})
	any4, any6 := netip.IPv4Unspecified(), netip.IPv6Unspecified()
	if err := lab.Target().Listen(
		netip.AddrPortFrom(any4, 28080), netip.AddrPortFrom(any4, 28081), netip.AddrPortFrom(any4, 28082), netip.AddrPortFrom(any6, 28083),
		netip.AddrPortFrom(any4, 28084), netip.MustParseAddrPort("127.0.0.1:28085")); err != nil {
		t.Fatal(err)
	}
	// What there is no way back to is not asked about.
	if out, err := lab.Target().Command("ip", "route", "add", "default", "via", lab.Scanner().Addrs()[0].String()).CombinedOutput(); err != nil {
		t.Skipf("%v: %s", err, out)
	}
	err := lab.Target().Nft(`table inet filter {
	chain input {
		type filter hook input priority 0; policy drop;
		iif lo accept
		ct state established,related accept
		tcp dport 28080 accept
		ip saddr 10.0.0.0/8 tcp dport 28081 accept
		meta nfproto ipv4 tcp dport 28083 accept
		tcp dport 28084 numgen random mod 2 0 accept
	}
}
`)
	if err != nil {
		t.Skip(err)
	}
	return lab.Target()
}

// TestListReach: the exposure says who gets through, in the table and in JSON,
// and can be asked for.
func TestListReach(t *testing.T) {
	target := guarded(t)
	out, diag := runIn(t, target, "list", "--netns", "self")
	for _, words := range [][]string{
		{"0.0.0.0", "28080", "listen", "all"},
		{"0.0.0.0", "28081", "all, from 10.0.0.0/8"},
		{"0.0.0.0", "28082", "all, firewalled"},
		{"::", "28083", "all, firewalled"},
		{"0.0.0.0", "28084", "all?"},
		{"127.0.0.1", "28085", "loopback"},
	} {
		if !reported(out, words...) {
			t.Errorf("no row with %q in\n%s", words, out)
		}
	}
	if strings.Contains(diag, "cannot be told") {
		t.Error(diag)
	}
	for kinds, want := range map[string]string{"reachable": "28080 28081 28084", "firewalled": "28082 28083", "loopback,firewalled": "28082 28083 28085", "all": "28080 28081 28082 28083 28084"} {
		out, _ := runIn(t, target, "list", "--netns", "self", "--exposure", kinds, "-q", "-o", "jsonl")
		var ports []string
		for line := range strings.Lines(out) {
			if !strings.Contains(line, `"kind":"`+string(record.KindSocket)+`"`) {
				continue // the summary
			}
			var r record.Record
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			ports = append(ports, fmt.Sprint(r.Port))
			if r.Port == 28081 && (r.Reach == nil || r.Reach.Verdict != "partly" || !strings.HasSuffix(r.Reach.Rule, ": ip saddr 10.0.0.0/8 tcp dport 28081 accept")) {
				t.Errorf("%+v", r.Reach)
			}
			if r.Port == 28084 && (r.Reach == nil || r.Reach.Verdict != "unknown" || !strings.Contains(r.Reach.Why, "numgen random, in inet filter input handle ")) {
				t.Errorf("%+v", r.Reach)
			}
		}
		if got := strings.Join(ports, " "); got != want {
			t.Errorf("--exposure %s lists %s, want %s", kinds, got, want)
		}
	}
}

// TestListReachUnread: a user who may not read the rules gets the exposure by
// the bind address, the reason once, and in JSON with each socket.
func TestListReachUnread(t *testing.T) {
	target := guarded(t)
	const denied = "the rules of nftables are only told to root or with CAP_NET_ADMIN"
	if _, err := exec.LookPath("setpriv"); err != nil {
		t.Skip(err)
	}
	binary, err := exec.LookPath("porthole")
	if err != nil {
		t.Fatal(err)
	}
	without := func(args ...string) (string, string) {
		cmd := target.Command("setpriv", append([]string{"--bounding-set", "-net_admin", "--inh-caps", "-net_admin", binary}, args...)...)
		var diag bytes.Buffer
		cmd.Stderr = &diag
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, &diag)
		}
		return string(out), diag.String()
	}
	out, diag := without("list", "--netns", "self")
	if !reported(out, "0.0.0.0", "28082", "all") || strings.Contains(out, "firewalled") || strings.Contains(out, "all?") {
		t.Errorf("the exposure is more than the bind address:\n%s", out)
	}
	if strings.Count(diag, denied) != 1 {
		t.Errorf("the reason is not told once:\n%s", diag)
	}
	if out, _ := without("list", "28082", "--netns", "self", "-o", "jsonl"); !strings.Contains(out, `"reach":{"verdict":"unknown","why":"`+denied+`","unread":true}`) {
		t.Errorf("no reason in the record:\n%s", out)
	}
	if _, diag := without("list", "28085", "--netns", "self"); strings.Contains(diag, denied) {
		t.Errorf("a reason for what only this machine can reach:\n%s", diag)
	}
}

// TestWatchReach: a rule that is added while a watch goes on is a change of the
// socket that it is about, and of no other.
func TestWatchReach(t *testing.T) {
	target := guarded(t)
	binary, err := exec.LookPath("porthole")
	if err != nil {
		t.Fatal(err)
	}
	cmd := target.Command(binary, "watch", "--netns", "self", "--interval", "100ms", "--no-process", "--exposure", "reachable", "28080,28082")
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	other := target.Command(binary, "watch", "--netns", "self", "--interval", "100ms", "--no-process", "28080,28082")
	all, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Process.Kill(); other.Wait() })
	reachable, events := bufio.NewReader(pipe), bufio.NewReader(all)
	if e := nextEvent(t, reachable, 28080); e.Event != "present" { // it has had its first look
		t.Fatalf("%+v", e)
	}
	for _, port := range []int{28080, 28082} {
		if e := nextEvent(t, events, port); e.Event != "present" {
			t.Fatalf("%+v", e)
		}
	}
	if err := target.Nft("insert rule inet filter input ip saddr 10.0.0.0/8 tcp dport 28082 accept"); err != nil {
		t.Fatal(err)
	}
	line, err := events.ReadString('\n')
	var e record.Event
	if err == nil {
		err = json.Unmarshal([]byte(line), &e)
	}
	if err != nil || e.Event != "changed" || strings.Join(e.Fields, " ") != "reach" || e.Socket.Port != 28082 || e.Socket.Reach == nil || e.Socket.Reach.Verdict != "partly" {
		t.Errorf("%v: %s", err, line)
	}
	if e := nextEvent(t, reachable, 28082); e.Event != "changed" || e.Socket.Reach.Verdict != "partly" {
		t.Errorf("what others can reach now: %+v", e)
	}
}

// TestExplainReach: explain says what becomes of connections from outside, what is
// let in instead, and what would open the port.
func TestExplainReach(t *testing.T) {
	target := guarded(t)
	for port, wants := range map[string][]string{
		"28082": {"closed by the firewall", "nobody gets through: table inet filter, chain input, policy drop", "accepted: 28080", "to open it: nft add rule inet filter input tcp dport 28082 accept"},
		"28081": {"open to some", "the firewall lets through only 10.0.0.0/8: inet filter input handle "},
		"28080": {"open to the network", "the firewall lets everyone through: inet filter input handle "},
		"28099": {"free", "drops it: table inet filter, chain input, policy drop; no rule accepts tcp 28099"},
	} {
		out, _ := runIn(t, target, "explain", port, "--proto", "tcp", "--netns", "self")
		text := strings.Join(strings.Fields(out), " ")
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("explain %s does not say %q:\n%s", port, want, out)
			}
		}
	}
}

// TestListReachNoAddress: nobody gets through to a socket for every IPv4 address where
// there is none, also without rules, and list says what explain says.
func TestListReachNoAddress(t *testing.T) {
	lab := netlab.Require(t, netlab.Config{})
	n := lab.Scanner()
	if err := n.Listen(netip.AddrPortFrom(netip.IPv4Unspecified(), 28080), netip.AddrPortFrom(netip.IPv6Unspecified(), 28081)); err != nil {
		t.Fatal(err)
	}
	if len(n.Addrs()) < 2 {
		t.Skip("this kernel has no IPv6, without which the namespace is isolated")
	}
	if out, err := n.Command("ip", "-4", "address", "flush", "dev", "wan").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for port, want := range map[string]string{
		"28080": `"reach":{"verdict":"drop","why":"there is no address of IPv4 but loopback"}`,
		"28081": `"reach":{"verdict":"accept"}`,
	} {
		for _, command := range []string{"list", "explain"} {
			if out, _ := runIn(t, n, command, port, "--netns", "self", "-o", "jsonl"); !strings.Contains(out, want) {
				t.Errorf("%s %s does not say %s:\n%s", command, port, want, out)
			}
		}
	}
}

// TestListReachDown: nobody gets through to a socket on an address whose interface is
// down, or on every address where all are, also without rules, and list says what explain
// says.
func TestListReachDown(t *testing.T) {
	lab := netlab.Require(t, netlab.Config{})
	n := lab.Scanner()
	if err := n.Listen(netip.AddrPortFrom(netip.IPv4Unspecified(), 28080), netip.AddrPortFrom(n.Addrs()[0], 28081)); err != nil {
		t.Fatal(err)
	}
	check := func(want string) {
		t.Helper()
		for _, command := range []string{"list", "explain"} {
			for _, port := range []string{"28080", "28081"} {
				if out, _ := runIn(t, n, command, port, "--netns", "self", "-o", "jsonl"); !strings.Contains(out, want) {
					t.Errorf("%s %s does not say %s:\n%s", command, port, want, out)
				}
			}
		}
	}
	check(`"reach":{"verdict":"accept"}`)
	if out, err := n.Command("ip", "link", "set", "wan", "down").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	check(`"reach":{"verdict":"drop","why":"no interface is up but loopback"}`)
}

// TestListReachDeviceDown: nobody gets through to a socket that is bound to an interface
// which is down, though another one is up.
func TestListReachDeviceDown(t *testing.T) {
	lab := netlab.Require(t, netlab.Config{})
	n := lab.Scanner()
	if out, err := n.Command("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	listenOn(t, n, map[string]string{"v0": "28080", "wan": "28081"})
	for port, want := range map[string]string{
		"28080": `"reach":{"verdict":"drop","why":"the interface v0 is down or gone"}`,
		"28081": `"reach":{"verdict":"accept"}`,
	} {
		for _, command := range []string{"list", "explain"} {
			if out, _ := runIn(t, n, command, port, "--netns", "self", "-o", "jsonl"); !strings.Contains(out, want) {
				t.Errorf("%s %s does not say %s:\n%s", command, port, want, out)
			}
		}
	}
}

// TestListReachBridgePort: nobody gets through to a socket that is bound to the port of a
// bridge, which takes what comes in by it.
func TestListReachBridgePort(t *testing.T) {
	lab := netlab.Require(t, netlab.Config{})
	n := lab.Scanner()
	for _, args := range []string{
		"link add v0 type veth peer name v1", "link add b0 type bridge", "link set v0 master b0",
		"address add 198.18.1.1/24 dev b0", "link set v0 up", "link set v1 up", "link set b0 up",
	} {
		if out, err := n.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
			t.Skipf("%v: %s", err, out)
		}
	}
	listenOn(t, n, map[string]string{"v0": "28080", "b0": "28081"})
	check := func() {
		t.Helper()
		for port, want := range map[string]string{
			"28080": `"reach":{"verdict":"drop","why":"what comes in by v0 is taken by b0, which it is a part of"}`,
			"28081": `"reach":{"verdict":"accept"`,
		} {
			for _, command := range []string{"list", "explain"} {
				if out, _ := runIn(t, n, command, port, "--netns", "self", "-o", "jsonl"); !strings.Contains(out, want) {
					t.Errorf("%s %s does not say %s:\n%s", command, port, want, out)
				}
			}
		}
	}
	check()
	// Rules that tell ports of bridges apart change nothing about it.
	if err := n.Nft("table bridge filter {\n\tchain input { type filter hook input priority 0; tcp dport 1 drop; }\n}\n"); err != nil {
		t.Skip(err)
	}
	check()
}

// listenOn listens on every IPv4 address by interfaces, on a port each.
func listenOn(t *testing.T, n *netlab.Namespace, ports map[string]string) {
	t.Helper()
	for device, port := range ports {
		l := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
			controlErr := c.Control(func(fd uintptr) { err = unix.BindToDevice(int(fd), device) })
			return cmp.Or(controlErr, err)
		}}
		err := n.Do(func() error {
			server, err := l.Listen(t.Context(), "tcp4", "0.0.0.0:"+port)
			if err == nil {
				t.Cleanup(func() { server.Close() })
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
