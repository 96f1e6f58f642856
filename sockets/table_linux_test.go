package sockets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The tests here are the cases in which listings of sockets go wrong.

// findIn gives the one row of an address in a network namespace.
func findIn(t *testing.T, snap Snapshot, netns uint64, local netip.AddrPort) Socket {
	t.Helper()
	return theOne(t, snap, "tcp", local, func(s Socket) bool { return s.NetNS == netns })
}

func holders(s Socket) (pids []int) {
	for _, p := range s.Processes {
		pids = append(pids, p.PID)
	}
	return pids
}

func netnsOf(pid int) uint64 { return inodeOf(fmt.Sprintf("/proc/%d/ns/net", pid)) }

// thisKernel is what a list reads.
func thisKernel() kernelConfig { return kernelConfig{procFS: procFS{root: "/proc", live: true}} }

// slowLister does without what this machine may not have elsewhere.
func slowLister() *Lister {
	c := thisKernel()
	c.noBPF, c.noDiag = true, true
	return &Lister{open: func() source { return newKernelSource(c) }}
}

func checkHolders(t *testing.T, s Socket, want ...int) {
	t.Helper()
	slices.Sort(want)
	if got := holders(s); !slices.Equal(got, want) || s.Hidden != HiddenNone {
		t.Errorf("%s is held by %v, hidden %q; want %v", s.Local, got, s.Hidden, want)
	}
}

func TestV6Only(t *testing.T) {
	for network, want := range map[string]Tristate{"tcp": TristateNo, "tcp6": TristateYes} {
		l, err := net.Listen(network, "[::]:0")
		if err != nil {
			t.Skipf("no IPv6 here: %v", err)
		}
		defer l.Close()
		at := localAddr(l.Addr())
		if s := find(t, list(t, &Lister{}), "tcp", at); s.V6Only != want {
			t.Errorf("%s %v: v6only %v, want %v", network, at, s.V6Only, want)
		}
	}
	at := mustListen(t, "127.0.0.1:0")
	if s := find(t, list(t, &Lister{}), "tcp", at); s.V6Only != TristateUnknown {
		t.Errorf("an IPv4 socket answers %v", s.V6Only)
	}
}

func TestReuseport(t *testing.T) {
	var pids, found []int
	var at netip.AddrPort
	for i := range 3 {
		role := "listen 127.0.0.1:0"
		if i > 0 {
			role = "listen " + at.String()
		}
		pid, said := startRole(t, role, nil)
		at = address(t, said)
		pids = append(pids, pid)
	}
	groups := make(map[uint64]bool)
	for _, s := range list(t, &Lister{}).Sockets {
		if s.Local == at && s.Proto == "tcp" && isHere(s) {
			found = append(found, holders(s)...)
			groups[s.ReuseportGroup] = true
		}
	}
	slices.Sort(found)
	slices.Sort(pids)
	if !slices.Equal(found, pids) || len(groups) != 1 || groups[0] {
		t.Errorf("rows held by %v in groups %v; want one each of %v, all in one", found, groups, pids)
	}
	alone := mustListen(t, "127.0.0.1:0")
	if s := find(t, list(t, &Lister{}), "tcp", alone); s.ReuseportGroup != 0 {
		t.Error("a socket on its own is in a group")
	}
}

// TestSlowSources: without sock_diag and BPF the text tables and /proc name the
// same sockets and the same holders.
func TestSlowSources(t *testing.T) {
	fd, err := rawListener(loopbackAny())
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "listener")
	defer file.Close()
	shared, _ := localOf(fd)
	child, _ := startRole(t, "wait", func(cmd *exec.Cmd) { cmd.ExtraFiles = []*os.File{file} })
	stray, strayAt := startRole(t, "stray-thread", nil)
	dead, deadAt := startRole(t, roleDeadLeader, nil)
	for _, l := range []*Lister{slowLister(), {}} {
		snap := list(t, l)
		checkHolders(t, find(t, snap, "tcp", shared), os.Getpid(), child)
		checkHolders(t, find(t, snap, "tcp", address(t, strayAt)), stray)
		checkHolders(t, find(t, snap, "tcp", address(t, deadAt)), dead)
	}
}

func TestUDPLite(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.IPPROTO_UDPLITE)
	if err != nil {
		t.Skipf("no UDP-Lite here: %v", err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	at, _ := localOf(fd)
	s := find(t, list(t, &Lister{}), "udplite", at)
	checkHolders(t, s, os.Getpid())
	if s.State != StateBound {
		t.Errorf("state %v, want bound", s.State)
	}
}

func TestMPTCP(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_MPTCP)
	if err != nil {
		t.Skipf("no MPTCP here: %v", err)
	}
	unix.Close(fd)
	for _, multipath := range []bool{true, false} {
		var config net.ListenConfig
		config.SetMultipathTCP(multipath)
		l, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		s := find(t, list(t, &Lister{}), "tcp", localAddr(l.Addr()))
		checkHolders(t, s, os.Getpid())
		if s.MPTCP != multipath {
			t.Errorf("mptcp %v, want %v", s.MPTCP, multipath)
		}
	}
}

func TestBoundInactive(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	at, _ := localOf(fd)
	mine := func(s Socket) bool { return s.Local == at && s.Proto == "tcp" && isHere(s) }
	if slices.ContainsFunc(list(t, &Lister{}).Sockets, mine) {
		t.Error("it waits for nobody, and is listed without All")
	}
	snap := list(t, &Lister{All: true})
	if !slices.ContainsFunc(snap.Sockets, mine) {
		t.Skip("Linux before 6.8 does not tell")
	}
	s := find(t, snap, "tcp", at)
	checkHolders(t, s, os.Getpid())
	if s.State != StateBoundInactive || s.Privileged {
		t.Errorf("state %v", s.State)
	}
}

func TestDevice(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.BindToDevice(fd, "lo"); err != nil {
		t.Skipf("no binding to a device here: %v", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 1); err != nil {
		t.Fatal(err)
	}
	at, _ := localOf(fd)
	if s := find(t, list(t, &Lister{}), "tcp", at); s.Device != "lo" || s.Exposure() != ExposureLoopback {
		t.Errorf("device %q, exposure %v; want lo, loopback", s.Device, s.Exposure())
	}
}

// TestListAsNobody lists as a user who may not look into this process: no row
// is lost, and each has its user.
func TestListAsNobody(t *testing.T) {
	needRoot(t)
	at := mustListen(t, "127.0.0.1:0")
	s := find(t, listAs(t, "list", asNobody), "tcp", at)
	if len(s.Processes) != 0 || s.Hidden != HiddenPermission || s.UID != 0 || s.User != "root" {
		t.Errorf("got %+v, want a row of root that says permission", s)
	}
}

// TestAsNobody runs the cases that need no rights once more without any.
func TestAsNobody(t *testing.T) {
	needRoot(t)
	cmd := exec.Command("/proc/self/exe", "-test.run", "^Test(V6Only|Reuseport|Forked|OwnTable|DeadLeader|InFlight|FixedFile|UDPLite|MPTCP|BoundInactive|HostileHolders|List.*)$", "-test.v")
	cmd.Env = append(os.Environ(), "TMPDIR=/tmp", raceEnv)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	asNobody(cmd)
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		t.Skipf("nobody may not run this test here: %v", err)
	}
	if err != nil || !bytes.Contains(out, []byte("--- PASS: TestReuseport")) {
		t.Errorf("%v\n%s", err, out)
	}
}
