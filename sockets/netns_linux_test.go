package sockets

import (
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestOtherNamespace(t *testing.T) {
	needRoot(t)
	pid, said := startRole(t, "listen 0.0.0.0:8080", inNewNamespace)
	at, inside := address(t, said), netnsOf(pid)
	s := findIn(t, list(t, &Lister{}), inside, at)
	checkHolders(t, s, pid)
	if !s.Isolated || s.Exposure() != ExposureLoopback || s.Backlog != 7 {
		t.Errorf("isolated %v, exposure %v, backlog %d; nothing comes into that namespace", s.Isolated, s.Exposure(), s.Backlog)
	}
	for _, s := range list(t, &Lister{NetNS: ScopeSelf}).Sockets {
		if s.NetNS == inside {
			t.Errorf("%v is not of this namespace", s.Local)
		}
	}
	t.Run("nobody", func(t *testing.T) {
		name := "pid:" + strconv.Itoa(pid)
		s := theOne(t, listAs(t, "list", asNobody), "tcp", at, func(s Socket) bool { return s.NetNSName == name })
		if s.Hidden != HiddenPermission || s.NetNS != 0 || s.User != "root" {
			t.Errorf("hidden %q, namespace %d, user %q", s.Hidden, s.NetNS, s.User)
		}
	})
}

// TestNamespaceKeptOpen: no process lives in the namespace and no name keeps it,
// but this one has it open.
func TestNamespaceKeptOpen(t *testing.T) {
	needRoot(t)
	var o struct {
		namespace, listener int
		at                  netip.AddrPort
	}
	// On a thread of its own that ends: else this process would live there.
	err := visit([]netns{{handle: "/proc/self/ns/net"}}, func(int) (err error) {
		if err = unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		if o.namespace, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
			return err
		}
		if o.listener, err = rawListener(netip.MustParseAddrPort("0.0.0.0:80")); err == nil {
			o.at, err = localOf(o.listener)
		}
		return err
	})[0]
	if err != nil {
		t.Skip(err)
	}
	defer unix.Close(o.namespace)
	defer unix.Close(o.listener)
	var st unix.Stat_t
	if err := unix.Fstat(o.namespace, &st); err != nil {
		t.Fatal(err)
	}
	for _, l := range []*Lister{slowLister(), {}} {
		s := findIn(t, list(t, l), st.Ino, o.at)
		checkHolders(t, s, os.Getpid())
		if !s.Privileged || s.Processes[0].BindRight != BindRightRoot {
			t.Errorf("privileged %v, right %q", s.Privileged, s.Processes[0].BindRight)
		}
	}
	testWatchKeptOpen(t, st.Ino)
}

// testWatchKeptOpen holds that a cheap refresh, which does not find that
// namespace, does not take its sockets for closed.
func testWatchKeptOpen(t *testing.T, netns uint64) {
	now := time.Now()
	w := &Watcher{clock: func() time.Time { return now }}
	for i := range 4 {
		if i == 3 {
			now = now.Add(fullEvery)
		}
		u, err := w.Refresh(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		met := slices.ContainsFunc(u.Events, func(e Event) bool { return e.Socket.NetNS == netns })
		if met != (i == 0) {
			t.Errorf("refresh %d has events of it: %v", i, met)
		}
	}
}

func TestOtherPIDNamespace(t *testing.T) {
	needRoot(t)
	at := mustListen(t, "127.0.0.1:0")
	snap := listAs(t, "list-inside", func(cmd *exec.Cmd) {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWPID | syscall.CLONE_NEWNS
	})
	s := find(t, snap, "tcp", at)
	if len(s.Processes) != 0 || s.Hidden != HiddenOtherPIDNamespace || s.User != "root" {
		t.Errorf("held by %v, hidden %q, user %q", holders(s), s.Hidden, s.User)
	}
}

// TestKernelSocket: a VXLAN interface is what has its port, and an endpoint of MPTCP is.
func TestKernelSocket(t *testing.T) {
	needRoot(t)
	for _, test := range []struct{ role, proto, want string }{
		{"vxlan", "udp", "vxlan vx0"},
		{"mptcp-endpoint", "tcp", "mptcp endpoint"},
	} {
		t.Run(test.role, func(t *testing.T) {
			pid, said := startRole(t, test.role, inNewNamespace)
			snap := list(t, &Lister{})
			there := func(s Socket) bool { return s.NetNS == netnsOf(pid) }
			s := theOne(t, snap, test.proto, address(t, said), there)
			if s.Hidden != HiddenKernel || s.Kernel != test.want || len(s.Processes) > 0 {
				t.Errorf("hidden %q, kernel %q, held by %v", s.Hidden, s.Kernel, holders(s))
			}
			s = theOne(t, snap, test.proto, netip.MustParseAddrPort(said[1]), there)
			checkHolders(t, s, pid)
			if s.Kernel != "" {
				t.Errorf("what a process holds is %q", s.Kernel)
			}
		})
	}
}

// TestNamespaceKeptBySocket: no process lives in the namespace, no name keeps it and
// nobody has it open, but for a socket inside.
func TestNamespaceKeptBySocket(t *testing.T) {
	needRoot(t)
	var listener int
	var at netip.AddrPort
	var inode uint64
	err := visit([]netns{{handle: "/proc/self/ns/net"}}, func(int) (err error) {
		if err = unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		inode = inodeOf("/proc/thread-self/ns/net")
		if listener, err = rawListener(netip.MustParseAddrPort("0.0.0.0:80")); err == nil {
			at, err = localOf(listener)
		}
		return err
	})[0]
	if err != nil {
		t.Skip(err)
	}
	defer unix.Close(listener)
	for _, l := range []*Lister{slowLister(), {NoBPF: true}, {}} {
		s := findIn(t, list(t, l), inode, at)
		checkHolders(t, s, os.Getpid())
		if !s.Isolated || s.Exposure() != ExposureLoopback {
			t.Errorf("isolated %v, exposure %v", s.Isolated, s.Exposure())
		}
	}
	for _, l := range []*Lister{{NetNS: ScopeSelf, NoBPF: true}, {NetNS: ScopeSelf}} {
		for _, s := range list(t, l).Sockets {
			if s.NetNS == inode {
				t.Error("it is not of this namespace")
			}
		}
	}
}
