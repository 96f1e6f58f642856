package sockets

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// inNamespaceOf runs a program in the network namespace of a process.
func inNamespaceOf(t *testing.T, pid int, stdin, name string, args ...string) {
	t.Helper()
	inside := netns{handle: fmt.Sprintf("/proc/%d/ns/net", pid)}
	err := visit([]netns{inside}, func(int) error { return command(stdin, name, args...) })[0]
	if err != nil && (strings.HasPrefix(err.Error(), "skip: ") || strings.Contains(err.Error(), "Unknown device type")) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestSameAddress: networks inside of a container use the addresses of those outside
// again. A published port belongs to the container behind the namespace that publishes
// it, though another one has the same address, port and index of its interface.
func TestSameAddress(t *testing.T) {
	needRoot(t)
	const addr = "198.18.78.2"
	outer, _ := startRole(t, "listen 0.0.0.0:8080", inNewNamespace)
	middle, _ := startRole(t, "listen 0.0.0.0:8081", inNewNamespace) // itself behind outer
	beside, _ := startRole(t, "listen 0.0.0.0:80", inNewNamespace)   // behind outer
	nested, _ := startRole(t, "listen 0.0.0.0:80", inNewNamespace)   // behind a bridge of middle
	apart, _ := startRole(t, "with-address "+addr+":80", inNewNamespace)
	links := func(pid int, lines string, args ...any) {
		t.Helper()
		inNamespaceOf(t, pid, fmt.Sprintf(lines, args...), "ip", "-batch", "-")
	}
	rule := "table ip nat {\nchain pre {\ntype nat hook prerouting priority dstnat\ntcp dport %d dnat to " + addr + ":80\n}\n}\n"
	links(outer, "link add up index 9 type veth peer name up index 9 netns %d\nlink add v0 index 10 type veth peer name eth0 index 20 netns %d\n", middle, beside)
	links(middle, "link add v0 index 10 type veth peer name eth0 index 20 netns %d\nlink add br0 type bridge\nlink set v0 master br0\n", nested)
	for _, pid := range []int{beside, nested} {
		links(pid, "addr add "+addr+"/24 dev eth0\n")
	}
	inNamespaceOf(t, outer, fmt.Sprintf(rule, 8080), "nft", "-f", "-")
	inNamespaceOf(t, middle, fmt.Sprintf(rule, 8081), "nft", "-f", "-")

	check := func(about string, want map[int]string, ledAway map[int]bool) {
		t.Helper()
		snap := list(t, &Lister{})
		for _, pid := range []int{beside, nested, apart} {
			s := findIn(t, snap, netnsOf(pid), netip.MustParseAddrPort("0.0.0.0:80"))
			got := fmt.Sprint(s.PublishedAt)
			if len(s.PublishedAt) == 0 {
				got = ""
			}
			if got != want[pid] {
				t.Errorf("%s: %d is published at %q, want %q", about, pid, got, want[pid])
			}
		}
		for pid, port := range map[int]uint16{outer: 8080, middle: 8081} {
			s := findIn(t, snap, netnsOf(pid), netip.AddrPortFrom(netip.IPv4Unspecified(), port))
			if got := s.Published != nil && s.Published.To.String() == addr+":80"; got != ledAway[pid] {
				t.Errorf("%s: what comes to %d is led to %v", about, port, s.Published)
			}
		}
	}
	check("one behind each", map[int]string{beside: "[0.0.0.0:8080]", nested: "[0.0.0.0:8081]"}, map[int]bool{outer: true, middle: true})
	links(outer, "link add v1 type veth peer name eth1 netns %d\n", apart)
	check("two behind the outer one", map[int]string{nested: "[0.0.0.0:8081]"}, map[int]bool{middle: true})
	links(middle, "addr add "+addr+"/24 dev up\n")
	check("the middle one has it, too", map[int]string{}, map[int]bool{})
}

// TestOwnerReadTwice: a refresh of a watch reads a namespace a second time, which is not
// another one with the same addresses.
func TestOwnerReadTwice(t *testing.T) {
	addr := netip.MustParseAddr("172.17.0.2")
	first := &netnsInfo{netns: netns{inode: 2}, addrs: withoutLinks(addr)}
	again := &netnsInfo{netns: netns{inode: 2}, addrs: withoutLinks(addr, addr)}
	l := &labels{netns: &netnsSet{read: []*netnsInfo{{netns: netns{inode: 1}}, first, again}}}
	if got := l.owner(t.Context(), l.netns.read[0], addr); got != again {
		t.Errorf("it is of %+v, want the namespace as it was read last", got)
	}
}

// TestAround: each other namespace is asked once, first the likeliest.
func TestAround(t *testing.T) {
	set := &netnsSet{}
	for _, inode := range []uint64{5, 2, 9, 6, 4} {
		set.read = append(set.read, &netnsInfo{netns: netns{inode: inode}})
	}
	o := newAddressOwners(set)
	for from, want := range map[uint64]string{5: "[4 6 2 9]", 2: "[5 4 6 9]", 9: "[5 6 4 2]", 6: "[5 4 9 2]"} {
		var got []uint64
		for s := range o.around(set.read[slices.IndexFunc(set.read, func(s *netnsInfo) bool { return s.inode == from })]) {
			got = append(got, s.inode)
		}
		if fmt.Sprint(got) != want {
			t.Errorf("around %d: %v, want %s", from, got, want)
		}
	}
}
