package firewall

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"porthole/internal/netlink"
)

// lab is a target with two interfaces, three sources outside, and a container
// behind the target. It runs on one thread that is bound to one processor: all
// packets then go through one queue of the kernel's, in order, and a frame that
// was sent after others arrives after them. That proves drops without a clock.
//
//	near  198.18.1.2  ──ta──┐
//	far   198.18.9.9  ──────┤ target ──tc── container 198.18.3.2
//	other 198.18.2.2  ──tb──┘
type lab struct {
	t         testing.TB
	target    int // descriptors of namespaces
	container int
	clients   [2]int
	home      int
	sentries  []sentry
	listeners []listener
	ipsets    bool           // some were made
	policied  bool           // there are rules of policy routing
	entries   map[int]string // of sources that come in by another interface than usual
}

// inLab runs f with a lab, on its thread.
func inLab(t testing.TB, f func(l *lab)) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root, for network namespaces")
	}
	for _, program := range []string{"ip", "nft"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for ever: the thread ends with the goroutine
		l := &lab{t: t}
		defer l.close()
		if err := l.build(); err != nil {
			t.Errorf("building the lab: %v", err)
			return
		}
		f(l)
	}()
	<-done
	if t.Failed() {
		t.FailNow()
	}
}

func (l *lab) build() (err error) {
	var cpus unix.CPUSet
	if err := unix.SchedGetaffinity(0, &cpus); err != nil {
		return err
	}
	for n := range 1024 {
		if cpus.IsSet(n) {
			cpus.Zero()
			cpus.Set(n)
			break
		}
	}
	if err := unix.SchedSetaffinity(0, &cpus); err != nil {
		return err
	}
	if l.home, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
		return err
	}
	for _, ns := range []*int{&l.target, &l.container, &l.clients[0], &l.clients[1]} {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		if *ns, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
			return err
		}
	}
	if err := l.links(); err != nil {
		return err
	}
	return l.sockets()
}

// links joins the namespaces. Neighbours are fixed, so that nothing has to be
// asked before a packet leaves.
func (l *lab) links() error {
	const v6opts = "net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.accept_dad=0"
	self := os.Getpid()
	joint := func(name string, peer string, ns int, mac string) string {
		return fmt.Sprintf("link add name %s address 02:00:00:00:0%s:01 type veth peer name %s address 02:00:00:00:0%s:02 netns /proc/%d/fd/%d\n", name, mac, peer, mac, self, ns)
	}
	up := func(name, addr, addr6 string, n string, mac string) string {
		return "link set dev " + name + " up\naddr add " + addr + "/24 dev " + name + "\naddr add " + addr6 + "/64 dev " + name + " nodad\n" +
			"neigh replace 198.18." + n + " lladdr " + mac + " nud permanent dev " + name + "\n" +
			"neigh replace 2001:db8:" + strings.Replace(n, ".", "::", 1) + " lladdr " + mac + " nud permanent dev " + name + "\n"
	}
	target := "link set lo up\n" + joint("ta", "a", l.clients[0], "a") + joint("tb", "b", l.clients[1], "b") + joint("tc", "c", l.container, "c") +
		up("ta", "198.18.1.1", "2001:db8:1::1", "1.2", "02:00:00:00:0a:02") +
		up("tb", "198.18.2.1", "2001:db8:2::1", "2.2", "02:00:00:00:0b:02") +
		up("tc", "198.18.3.1", "2001:db8:3::1", "3.2", "02:00:00:00:0c:02") +
		"route add 198.18.9.0/24 via 198.18.1.2\nroute add 2001:db8:9::/64 via 2001:db8:1::2\n"
	client := func(name, net, addr, addr6, n, mac string) string {
		return "link set lo up\n" + up(name, addr, addr6, n, mac) +
			"route add 198.18.0.0/15 via 198.18." + net + ".1\nroute add 2001:db8::/32 via 2001:db8:" + net + "::1\n"
	}
	for _, step := range []struct {
		ns    int
		batch string
	}{
		{l.target, target},
		{l.clients[0], client("a", "1", "198.18.1.2", "2001:db8:1::2", "1.1", "02:00:00:00:0a:01") +
			"addr add 198.18.9.9/32 dev a\naddr add 2001:db8:9::9/128 dev a nodad\n"},
		{l.clients[1], client("b", "2", "198.18.2.2", "2001:db8:2::2", "2.1", "02:00:00:00:0b:01")},
		{l.container, client("c", "3", "198.18.3.2", "2001:db8:3::2", "3.1", "02:00:00:00:0c:01")},
	} {
		if err := l.enter(step.ns); err != nil {
			return err
		}
		for s := range strings.FieldsSeq(v6opts) {
			key, value, _ := strings.Cut(s, "=")
			if err := os.WriteFile("/proc/sys/"+strings.ReplaceAll(key, ".", "/"), []byte(value), 0); err != nil {
				return err
			}
		}
		if err := l.run(step.batch, "ip", "-batch", "-"); err != nil {
			return err
		}
	}
	if err := l.enter(l.target); err != nil {
		return err
	}
	for key, value := range map[string]string{
		"ipv4/conf/all/forwarding": "1", "ipv6/conf/all/forwarding": "1",
		"ipv4/icmp_ratelimit": "0", "ipv6/icmp/ratelimit": "0", "ipv4/icmp_msgs_per_sec": "1000000", "ipv4/icmp_msgs_burst": "1000000",
		"ipv4/tcp_syncookies": "0", "ipv4/tcp_max_syn_backlog": "65536", "core/somaxconn": "65536",
	} {
		if err := os.WriteFile("/proc/sys/net/"+key, []byte(value), 0); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (l *lab) enter(ns int) error {
	return os.NewSyscallError("setns", unix.Setns(ns, unix.CLONE_NEWNET))
}

// run runs a program in the namespace that the thread is in.
func (l *lab) run(stdin, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

func (l *lab) close() {
	for _, s := range l.sentries {
		unix.Close(s.inside)
		unix.Close(s.outside)
	}
	for _, s := range l.listeners {
		unix.Close(s.fd)
	}
	for _, ns := range []int{l.target, l.container, l.clients[0], l.clients[1]} {
		if ns > 0 {
			unix.Close(ns)
		}
	}
	if l.home > 0 {
		unix.Setns(l.home, unix.CLONE_NEWNET)
		unix.Close(l.home)
	}
}

func linkIndex(name string) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	r, err := unix.NewIfreq(name)
	if err != nil {
		return 0, err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, r); err != nil {
		return 0, err
	}
	return int(r.Uint32()), nil
}

func (l *lab) sockets() error {
	for _, link := range []struct {
		ns            int
		inside, other string
	}{{l.clients[0], "ta", "a"}, {l.clients[1], "tb", "b"}, {l.container, "tc", "c"}} {
		var s sentry
		var err error
		if s.inside, s.insideLink, err = l.packetSocket(l.target, link.inside); err != nil {
			return err
		}
		if s.outside, s.outsideLink, err = l.packetSocket(link.ns, link.other); err != nil {
			return err
		}
		l.sentries = append(l.sentries, s)
		if err := errors.Join(awaitLink(s.outside, s.outsideLink, s.inside), awaitLink(s.inside, s.insideLink, s.outside)); err != nil {
			return err
		}
	}
	for _, ns := range []int{l.target, l.container} {
		if err := l.enter(ns); err != nil {
			return err
		}
		for _, port := range labPorts {
			for _, kind := range []int{unix.SOCK_STREAM, unix.SOCK_DGRAM} {
				fd, err := listen(kind, port)
				if err != nil {
					return err
				}
				l.listeners = append(l.listeners, listener{fd: fd, kind: kind, port: port, container: ns == l.container})
			}
		}
	}
	return nil
}

// listener is a socket for both families.
type listener struct {
	fd, kind  int
	port      uint16
	container bool
}

func listen(kind int, port uint16) (int, error) {
	fd, err := unix.Socket(unix.AF_INET6, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet6{Port: int(port)}); err != nil {
		return 0, err
	}
	if kind == unix.SOCK_STREAM {
		return fd, unix.Listen(fd, 4096)
	}
	return fd, nil
}

// forget clears the target's table of connections.
func (l *lab) forget() error {
	const deleteConnections = 1<<8 | 2 // NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE
	if err := l.enter(l.target); err != nil {
		return err
	}
	return flushConntrack(deleteConnections)
}

// entry is the interface that a probe comes in by.
func (l *lab) entry(p probe) string {
	if name := l.entries[p.source]; name != "" {
		return name
	}
	return labSources[p.source].entry
}

// at finds the piece of an answer that a probe belongs to.
func (r Reach) at(p probe, port uint16, entry string) (piece, error) {
	source := labSources[p.source]
	addr := source.v4
	if p.dest.Is6() {
		addr = source.v6
	}
	piece, n := r.find(netip.AddrPortFrom(addr, port), entry, p.dest)
	if n != 1 {
		return piece, fmt.Errorf("%v is in %d pieces of %d: %v", p, n, len(r.pieces()), r.all(netip.AddrPortFrom(addr, port), entry, p.dest))
	}
	return piece, nil
}

func flushConntrack(kind uint16) error {
	conn, err := netlink.Dial(netlink.Netfilter)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Do(context.Background(), netlink.Request{Type: kind, Body: make([]byte, 4)}, nil)
}
