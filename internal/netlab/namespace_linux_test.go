package netlab

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

func TestDo(t *testing.T) {
	lab := Require(t, Config{})
	failure := errors.New("as planned")
	if err := lab.Scanner().Do(func() error { return failure }); err != failure {
		t.Errorf("error %v, want that of the function", err)
	}
	if err := lab.Scanner().Do(func() error { runtime.Goexit(); return nil }); err == nil {
		t.Error("a function that ended its goroutine is a success")
	}
	outer := netNamespace(t)
	seen := map[string]bool{outer: true}
	for _, side := range []*Namespace{lab.Scanner(), lab.Target()} {
		err := side.Do(func() error {
			if inner := netNamespace(t); seen[inner] {
				t.Errorf("the %s side is in %s, as somebody else is", side.name, inner)
			} else {
				seen[inner] = true
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if after := netNamespace(t); after != outer {
		t.Errorf("left in %s, came from %s", after, outer)
	}
}

func netNamespace(t *testing.T) string {
	t.Helper()
	link, err := os.Readlink("/proc/thread-self/ns/net")
	if err != nil {
		t.Error(err)
	}
	return link
}

func TestCommand(t *testing.T) {
	lab := Require(t, Config{})
	out, err := lab.Scanner().Command("sh", "-c", "ulimit -n 64; readlink /proc/self/ns/net; ulimit -n; exit 3").Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("error %v, want exit status 3", err)
	}
	var inside string
	if err := lab.Scanner().Do(func() error { inside = netNamespace(t); return nil }); err != nil {
		t.Fatal(err)
	}
	if want := inside + "\n64\n"; string(out) != want {
		t.Errorf("output %q, want %q", out, want)
	}
	if err := lab.Scanner().Command("no-such-program-anywhere").Run(); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("error %v, want %v", err, exec.ErrNotFound)
	}
}

func TestSysctl(t *testing.T) {
	lab := Require(t, Config{})
	if err := lab.Target().Sysctl("net.ipv4.ip_default_ttl", "77"); err != nil {
		t.Fatal(err)
	}
	for side, want := range map[*Namespace]bool{lab.Target(): true, lab.Scanner(): false} {
		out, err := side.Command("cat", "/proc/sys/net/ipv4/ip_default_ttl").Output()
		if err != nil || (string(out) == "77\n") != want {
			t.Errorf("the %s side: %q, %v; set: %v", side.name, out, err, want)
		}
	}
	for key, want := range map[string]string{
		"kernel.hostname":             "not a network parameter",
		"net/ipv4/ip_default_ttl":     "not a network parameter",
		"net.ipv4/../../vm.swap":      "not a network parameter",
		"net...kernel.hostname":       "not a network parameter",
		"net.ipv4.no_such_thing":      "no parameter net.ipv4.no_such_thing",
		"net.core.netdev_max_backlog": "no parameter net.core.netdev_max_backlog", // of the machine
		"net.ipv4.icmp_msgs_per_sec":  "set net.ipv4.icmp_msgs_per_sec",
	} {
		if err := lab.Target().Sysctl(key, "x"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", key, err, want)
		}
	}
}

func TestLimitICMP(t *testing.T) {
	lab := Require(t, Config{})
	for perSecond, want := range map[int]string{0: "0", 1: "1000", 50: "20"} {
		if err := lab.Target().LimitICMP(perSecond); err != nil {
			t.Fatal(err)
		}
		out, err := lab.Target().Command("cat", "/proc/sys/net/ipv4/icmp_ratelimit").Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%d per second: interval %q ms, %v; want %s", perSecond, got, err, want)
		}
	}
	for _, n := range []int{-1, 101} {
		if err := lab.Target().LimitICMP(n); err == nil {
			t.Errorf("%d per second was taken", n)
		}
	}
}

// TestUnlimitedICMP asks more closed ports than the kernel would answer for in
// a minute by default.
func TestUnlimitedICMP(t *testing.T) {
	lab := Require(t, Config{})
	if err := lab.Target().LimitICMP(0); err != nil {
		t.Fatal(err)
	}
	for _, addr := range OnPorts(netip.MustParseAddr("198.18.0.1"), PickPorts(60, 1)...) {
		conn, err := dial(t, lab.Scanner(), "udp", addr.String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte("?")); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Errorf("%v answered", addr)
		}
	}
}

// TestRunTest checks, in a process of its own, that every goroutine there is
// on the scanner side.
func TestRunTest(t *testing.T) {
	if Inside(t) {
		for range 10 {
			found := make(chan error)
			go func() {
				_, err := net.InterfaceByName(device)
				found <- err
			}()
			if err := <-found; err != nil {
				t.Error(err)
			}
		}
		if got := os.Getenv("PLANET"); got != "mars" {
			t.Errorf("the variable of the caller is %q", got)
		}
		return
	}
	lab := Require(t, Config{})
	lab.Scanner().RunTest(t, "PLANET=mars")
	t.Run("as a subtest", func(t *testing.T) {
		if !Inside(t) {
			t.Skip("runs inside only")
		}
	})
}
