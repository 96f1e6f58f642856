package netlab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestOutsideIsUntouched compares what root's namespace says of itself before,
// during and after a lab in which everything was used.
func TestOutsideIsUntouched(t *testing.T) {
	Require(t, Config{}).Close() // or skip
	before := outside(t)
	lab := Require(t, Config{})
	if err := errors.Join(
		lab.Target().Nft(FilterExcept("tcp", Drop, 80)),
		lab.Target().LimitICMP(0),
		lab.Target().Sysctl("net.ipv4.ip_default_ttl", "99"),
		lab.Target().Listen(netip.MustParseAddrPort("198.18.0.1:80")),
	); err != nil {
		t.Fatal(err)
	}
	used := outside(t)
	if diff := cmp.Diff(before, used); diff != "" {
		t.Errorf("a lab changed the outside (-before +after):\n%s", diff)
	}
	if err := lab.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, outside(t)); diff != "" {
		t.Errorf("closing it changed the outside (-before +after):\n%s", diff)
	}
	if strings.Contains(used, "wan:") || strings.Contains(used, "198.18.") || strings.Contains(used, "netlab") {
		t.Errorf("the outside knows of the lab:\n%s", used)
	}
}

// outside prints the state of root's namespace.
func outside(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, command := range []string{"ip -o link", "ip route show table all", "nft list ruleset"} {
		words := strings.Fields(command)
		out, err := exec.Command(words[0], words[1:]...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
		all.Write(out)
	}
	for _, key := range []string{"icmp_ratelimit", "icmp_msgs_per_sec", "ip_default_ttl", "tcp_max_syn_backlog", "ip_nonlocal_bind"} {
		value, err := os.ReadFile("/proc/sys/net/ipv4/" + key)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(key + " " + string(value))
	}
	return all.String()
}

func TestNothingStays(t *testing.T) {
	warm := Require(t, Config{}) // what the runtime and os/exec open once and keep
	if err := warm.Close(); err != nil {
		t.Fatal(err)
	}
	before := belongings(t)
	lab := Require(t, Config{Delay: time.Second})
	if err := lab.Target().Listen(OnPorts(netip.MustParseAddr("198.18.0.1"), PickPorts(100, 1)...)...); err != nil {
		t.Fatal(err)
	}
	if err := lab.Scanner().Do(func() error { return flood(netip.MustParseAddrPort("198.18.0.1:9"), 1000) }); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second changes nothing
		if err := lab.Close(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, func() string { return cmp.Diff(before, belongings(t)) })
	if err := lab.Scanner().Do(func() error { return nil }); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Do after Close: %v", err)
	}
	if err := lab.Scanner().Command("true").Run(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Command after Close: %v", err)
	}
	if _, err := lab.Stats(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Stats after Close: %v", err)
	}
	if err := lab.Target().Listen(netip.MustParseAddrPort("198.18.0.1:1")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Listen after Close: %v", err)
	}
}

// belongings lists the descriptors of this process and the network namespaces
// of its threads.
func belongings(t *testing.T) []string {
	t.Helper()
	var list []string
	for _, pattern := range []string{"/proc/self/fd/*", "/proc/self/task/*/ns/net"} {
		links, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range links {
			to, err := os.Readlink(link)
			if err == nil && !strings.HasSuffix(to, "/fd") { // the one that lists
				list = append(list, to)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// eventually waits until difference finds none.
func eventually(t *testing.T, difference func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for diff := difference(); diff != ""; diff = difference() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("still (-want +got):\n%s", diff)
		}
	}
}

func TestFailureLeavesNothing(t *testing.T) {
	Require(t, Config{}).Close()
	before := belongings(t)
	dir := t.TempDir()
	for _, tool := range []string{"tc", "nft", "nsenter"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, tool)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	reason := &UnavailableError{}
	if _, err := New(Config{}); !errors.As(err, &reason) || !strings.Contains(reason.Reason, "iproute2") {
		t.Errorf("without ip: %v", err)
	}
	fake := "#!/bin/sh\necho broken as planned >&2\nexit 7\n"
	if err := os.WriteFile(filepath.Join(dir, "ip"), []byte(fake), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{}); err == nil || !strings.Contains(err.Error(), "broken as planned") {
		t.Errorf("with an ip that fails: %v", err)
	}
	eventually(t, func() string { return cmp.Diff(before, belongings(t)) })
}

// TestKilledLeavesNothing kills a process that has a lab and looks for anybody
// who still holds its namespaces.
func TestKilledLeavesNothing(t *testing.T) {
	if os.Getenv("PORTHOLE_NETLAB_VICTIM") != "" {
		lab := Require(t, Config{})
		for _, side := range []*Namespace{lab.Scanner(), lab.Target()} {
			if err := side.Do(func() error { fmt.Println(netNamespace(t)); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		select {} // until it is killed
	}
	Require(t, Config{}) // or skip
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	victim := exec.Command(self, "-test.run=^TestKilledLeavesNothing$")
	victim.Env = append(os.Environ(), "PORTHOLE_NETLAB_VICTIM=1")
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	var namespaces []string
	for len(namespaces) < 2 && lines.Scan() {
		namespaces = append(namespaces, lines.Text())
	}
	alive := holders(t, namespaces)
	if err := victim.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = victim.Wait() // it was killed, and says so
	if len(namespaces) < 2 || len(alive) == 0 {
		t.Fatalf("the victim told its namespaces %q, held by %q", namespaces, alive)
	}
	if left := holders(t, namespaces); len(left) > 0 {
		t.Errorf("still held: %q", left)
	}
}

// holders lists the threads and descriptors of this machine that keep one of
// the namespaces, and its mounts that do.
func holders(t *testing.T, namespaces []string) (list []string) {
	t.Helper()
	for _, pattern := range []string{"/proc/[0-9]*/task/*/ns/net", "/proc/[0-9]*/fd/*"} {
		links, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range links {
			if to, err := os.Readlink(link); err == nil && slices.Contains(namespaces, to) {
				list = append(list, link)
			}
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if slices.ContainsFunc(namespaces, func(n string) bool { return strings.Contains(line, n) }) {
			list = append(list, line)
		}
	}
	return list
}
