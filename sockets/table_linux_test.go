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
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
	"unsafe"

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

// slowLister does without what this machine may not have elsewhere.
func slowLister() *Lister {
	return &Lister{system: func() system { return (&linux{root: "/proc", live: true, slow: true}).system() }}
}

func checkHolders(t *testing.T, s Socket, want ...int) {
	t.Helper()
	slices.Sort(want)
	if got := holders(s); !slices.Equal(got, want) || s.Hidden != NotHidden {
		t.Errorf("%s is held by %v, hidden %q; want %v", s.Local, got, s.Hidden, want)
	}
}

func TestOtherNamespace(t *testing.T) {
	needRoot(t)
	pid, said := startRole(t, "listen 0.0.0.0:8080", inNewNamespace)
	at, inside := address(t, said), netnsOf(pid)
	s := findIn(t, list(t, &Lister{}), inside, at)
	checkHolders(t, s, pid)
	if !s.Isolated || s.Exposure() != Loopback || s.Backlog != 7 {
		t.Errorf("isolated %v, exposure %v, backlog %d; nothing comes into that namespace", s.Isolated, s.Exposure(), s.Backlog)
	}
	for _, s := range list(t, &Lister{NetNS: SelfNetNS}).Sockets {
		if s.NetNS == inside {
			t.Errorf("%v is not of this namespace", s.Local)
		}
	}
	t.Run("nobody", func(t *testing.T) {
		s := findIn(t, listAs(t, "list", asNobody), 0, at)
		if s.Hidden != HiddenPermission || s.NetNSName != "pid:"+strconv.Itoa(pid) || s.User != "root" {
			t.Errorf("hidden %q, namespace %q, user %q", s.Hidden, s.NetNSName, s.User)
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
	err := visit([]namespace{{handle: "/proc/self/ns/net"}}, func(namespace) (err error) {
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
		if !s.Privileged || s.Processes[0].BindRight != RightRoot {
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

func TestV6Only(t *testing.T) {
	for network, want := range map[string]Answer{"tcp": No, "tcp6": Yes} {
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
	if s := find(t, list(t, &Lister{}), "tcp", at); s.V6Only != NotKnown {
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

func TestForked(t *testing.T) {
	fd, err := rawListener(loopbackAny())
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "listener")
	defer file.Close()
	at, err := localOf(fd)
	if err != nil {
		t.Fatal(err)
	}
	want := []int{os.Getpid()}
	for range 4 {
		pid, _ := startRole(t, "wait", func(cmd *exec.Cmd) { cmd.ExtraFiles = []*os.File{file} })
		want = append(want, pid)
	}
	checkHolders(t, find(t, list(t, &Lister{}), "tcp", at), want...)
}

// TestLookAgain: a process that began just now and does not hold the socket any
// more was about to run another program; one that does is a holder.
func TestLookAgain(t *testing.T) {
	fd, err := rawListener(loopbackAny())
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "listener")
	defer file.Close()
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		t.Fatal(err)
	}
	keeps := exec.Command("sleep", "60")
	keeps.ExtraFiles = []*os.File{file}
	closed := exec.Command("sleep", "60")
	for _, cmd := range []*exec.Cmd{keeps, closed} {
		if err := cmd.Start(); err != nil { // and has run the program when it returns
			t.Skip(err)
		}
		defer cmd.Wait()
		defer cmd.Process.Kill()
	}
	now := time.Now()
	all := func() []row {
		held := []Process{
			{PID: os.Getpid(), Started: now.Add(-time.Hour)},
			{PID: keeps.Process.Pid, Started: now.Add(-time.Second)},
			{PID: closed.Process.Pid, Started: now.Add(-time.Second)},
		}
		slices.SortFunc(held, func(a, b Process) int { return a.PID - b.PID }) // the numbers begin again now and then
		return []row{{Socket: Socket{Inode: st.Ino, Processes: held}}}
	}
	l := &linux{root: "/proc", live: true}
	rows := all()
	l.lookAgain(t.Context(), rows, now)
	checkHolders(t, rows[0].Socket, os.Getpid(), keeps.Process.Pid)
	rows = all()
	l.lookAgain(t.Context(), rows, now.Add(time.Hour)) // an old process runs no other program
	checkHolders(t, rows[0].Socket, os.Getpid(), keeps.Process.Pid, closed.Process.Pid)
	rows = all()
	rows[0].Processes = slices.DeleteFunc(rows[0].Processes, func(p Process) bool { return p.PID != closed.Process.Pid })
	l.lookAgain(t.Context(), rows, now)
	checkHolders(t, rows[0].Socket, closed.Process.Pid) // the only one there is: the socket has closed, too
}

func TestStrayThread(t *testing.T) {
	pid, said := startRole(t, "stray-thread", nil)
	checkHolders(t, find(t, list(t, &Lister{}), "tcp", address(t, said)), pid)
}

func TestDeadLeader(t *testing.T) {
	pid, said := startRole(t, "dead-leader", nil)
	s := find(t, list(t, &Lister{}), "tcp", address(t, said))
	checkHolders(t, s, pid)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Processes) == 1 && (filepath.Base(s.Processes[0].Exe) != filepath.Base(self) || s.Processes[0].Name == "" || len(s.Processes[0].Cmdline) == 0) {
		t.Errorf("of the holder is known: %+v", s.Processes[0])
	}
}

// TestInFlight: a descriptor in a message that nobody has received.
func TestInFlight(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	fd, err := rawListener(loopbackAny())
	if err != nil {
		t.Fatal(err)
	}
	at, _ := localOf(fd)
	err = unix.Sendmsg(pair[0], []byte{1}, unix.UnixRights(fd), nil, 0)
	unix.Close(fd)
	if err != nil {
		t.Fatal(err)
	}
	s := find(t, list(t, &Lister{}), "tcp", at)
	want := HiddenNoOwner
	if w := unseenHere(t); w != NotHidden {
		want = w // somebody here may hide a holder
	}
	if len(s.Processes) != 0 || s.Hidden != want || s.UID != os.Geteuid() || s.User == "" && s.UID == 0 {
		t.Errorf("held by %v, hidden %q, user %d %q; want %q", holders(s), s.Hidden, s.UID, s.User, want)
	}
}

// unseenHere is what keeps this test from looking into every process, and into
// what the kernel does not tell of them.
func unseenHere(t *testing.T) Hidden {
	t.Helper()
	w, err := newWalker("/proc", true, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	l := &linux{root: "/proc", live: true}
	files := openFiles(l.learn())
	seen, asked := askKernel(t.Context(), files, nil, func(int) {})
	if asked {
		files.Close()
	} else {
		pids, err := w.pids()
		if err != nil {
			t.Fatal(err)
		}
		seen = w.walk(t.Context(), pids)
	}
	w.strays(t.Context(), nil, &seen)
	for _, pid := range l.discover(l.self()).closed {
		seen.blind[pid] = true
	}
	return l.whyUnseen(len(seen.blind) > 0)
}

// TestFixedFile: an io_uring keeps a socket whose descriptor is closed
// (io_uring_setup(2), io_uring_register(2)).
func TestFixedFile(t *testing.T) {
	var params [120]byte // struct io_uring_params
	ring, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 4, uintptr(unsafe.Pointer(&params)), 0)
	if errno != 0 {
		t.Skipf("no io_uring here: %v", errno)
	}
	defer unix.Close(int(ring))
	fd, err := rawListener(loopbackAny())
	if err != nil {
		t.Fatal(err)
	}
	at, _ := localOf(fd)
	const registerFiles = 2 // IORING_REGISTER_FILES
	files := [1]int32{int32(fd)}
	_, _, errno = unix.Syscall6(unix.SYS_IO_URING_REGISTER, ring, registerFiles, uintptr(unsafe.Pointer(&files)), 1, 0, 0)
	unix.Close(fd)
	if errno != 0 {
		t.Skipf("no fixed files here: %v", errno)
	}
	for _, l := range []*Lister{slowLister(), {}} {
		checkHolders(t, find(t, list(t, l), "tcp", at), os.Getpid())
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
	if s.State != Bound {
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
	if s.State != BoundInactive || s.Privileged {
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
	if s := find(t, list(t, &Lister{}), "tcp", at); s.Device != "lo" {
		t.Errorf("device %q, want lo", s.Device)
	}
}

// TestHostileHolders: names go from a real process through to the row.
func TestHostileHolders(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"\x1b[31mred", "new\nline", `x",pid=1,fd=3))`, ") R 1 1 1 1 (", "longer-than-fifteen-bytes", "\u202egnp.exe", "\xff\xfe"}
	want := make(map[int]string)
	for _, name := range names {
		path := filepath.Join(t.TempDir(), name)
		if err := os.Symlink(self, path); err != nil {
			t.Skipf("no such file name here: %v", err)
		}
		want[startHelper(t, path, "hold")] = name
	}
	rows := make(map[int]int)
	for _, s := range list(t, &Lister{}).Sockets {
		for _, p := range s.Processes {
			if name, mine := want[p.PID]; mine {
				rows[p.PID]++
				if p.Name != name || len(s.Processes) != 1 {
					t.Errorf("held by %q of %d, want %q", p.Name, len(s.Processes), name)
				}
				if len(p.Parents) == 0 || p.Parents[0].PID != os.Getpid() {
					t.Errorf("%q: parents %v, want this test first", name, p.Parents)
				}
			}
		}
	}
	for pid, name := range want {
		if rows[pid] != holds {
			t.Errorf("%q has %d rows, want %d", name, rows[pid], holds)
		}
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

// TestBindRights binds port 80 of namespaces made for it, by each right.
func TestBindRights(t *testing.T) {
	needRoot(t)
	const port80 = "0.0.0.0:80"
	for _, test := range []struct {
		right      BindRight
		role       string
		with       func(*exec.Cmd)
		privileged bool
		flags      Flags
	}{
		{RightRoot, "listen " + port80, inNewNamespace, true, FlagNeedlessRoot},
		{RightCapability, "listen " + port80, func(cmd *exec.Cmd) {
			inNewNamespace(cmd)
			asNobody(cmd)
			cmd.SysProcAttr.AmbientCaps = []uintptr{capNetBindService}
		}, true, FlagNonRoot},
		{RightUnprivilegedPort, "lowered", inNewNamespace, false, FlagLoweredStart},
		{RightUserNamespace, "listen " + port80, func(cmd *exec.Cmd) {
			inNewNamespace(cmd)
			cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
			cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: nobody, Size: 1}}
			cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: nobody, Size: 1}}
			cmd.SysProcAttr.Credential = &syscall.Credential{}
		}, true, FlagNonRoot},
	} {
		t.Run(test.right.String(), func(t *testing.T) {
			pid, said := startRole(t, test.role, test.with)
			s := findIn(t, list(t, &Lister{}), netnsOf(pid), address(t, said))
			checkHolders(t, s, pid)
			if len(s.Processes) == 1 && s.Processes[0].BindRight != test.right {
				t.Errorf("right %q, want %q; %+v", s.Processes[0].BindRight, test.right, s.Processes[0])
			}
			if s.Privileged != test.privileged || s.Flags != test.flags {
				t.Errorf("privileged %v, flags %v; want %v, %v", s.Privileged, s.Flags.Words(), test.privileged, test.flags.Words())
			}
		})
	}
}

// TestSetuid: nobody runs a program of root's, which binds a low port as root.
func TestSetuid(t *testing.T) {
	needRoot(t)
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "porthole") // the test's own folder is closed to nobody
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	exe := filepath.Join(dir, "porthole-setuid")
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(exe, self, 0o755), os.Chmod(exe, 0o755|os.ModeSetuid)); err != nil {
		t.Fatal(err)
	}
	var at unix.Statfs_t
	if err := unix.Statfs(dir, &at); err != nil || at.Flags&unix.ST_NOSUID != 0 {
		t.Skipf("no setuid programs in %s: %v", dir, err)
	}
	pid, said := startRole(t, "listen 0.0.0.0:80", func(cmd *exec.Cmd) {
		inNewNamespace(cmd)
		asNobody(cmd)
		cmd.Path = exe
	})
	s := findIn(t, list(t, &Lister{}), netnsOf(pid), address(t, said))
	checkHolders(t, s, pid)
	if p := s.Processes[0]; s.UID != 0 || p.UID != 0 || p.User != "root" || p.Exe != exe || p.BindRight != RightRoot {
		t.Errorf("of user %d, held by %+v; want root's", s.UID, p)
	}
}

// TestAsNobody runs the cases that need no rights once more without any.
func TestAsNobody(t *testing.T) {
	needRoot(t)
	cmd := exec.Command("/proc/self/exe", "-test.run", "^Test(V6Only|Reuseport|Forked|StrayThread|DeadLeader|InFlight|FixedFile|UDPLite|MPTCP|BoundInactive|HostileHolders|List.*)$", "-test.v")
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

// TestHandedDown: one socket, held by who may bind its port and by who may not.
func TestHandedDown(t *testing.T) {
	needRoot(t)
	pid, said := startRole(t, "hand-down web.socket", inNewNamespace)
	if len(said) != 2 {
		t.Fatalf("the helper said %q", said)
	}
	child, err := strconv.Atoi(said[1])
	if err != nil {
		t.Fatal(err)
	}
	s := findIn(t, list(t, &Lister{}), netnsOf(pid), address(t, said))
	checkHolders(t, s, pid, child)
	rights := make(map[int]BindRight)
	for _, p := range s.Processes {
		rights[p.PID] = p.BindRight
	}
	if rights[pid] != RightRoot || rights[child] != RightInherited || s.Flags != FlagNonRoot|FlagNeedlessRoot {
		t.Errorf("rights %v, flags %q", rights, s.Flags.Words())
	}
	if name := handedDown(fmt.Sprintf("/proc/%d", child), s.Inode); name != "web.socket" {
		t.Errorf("handed down as %q", name)
	}
	if name := handedDown(fmt.Sprintf("/proc/%d", pid), s.Inode); name != "" {
		t.Errorf("the one who made it got it as %q", name)
	}
}

// TestHandedDownUnit: the name that systemd gave a socket on the way is that of
// the .socket unit unless somebody chose another.
func TestHandedDownUnit(t *testing.T) {
	needRoot(t)
	for name, want := range map[string]string{"web.socket": "web.socket", "http": "web.service"} {
		pid, said := startRole(t, "hand-down "+name, inNewNamespace)
		child, err := strconv.Atoi(said[1])
		if err != nil {
			t.Fatal(err)
		}
		s := findIn(t, list(t, &Lister{}), netnsOf(pid), address(t, said))
		s.Cgroup, s.Processes = "/init.scope", []Process{{PID: 1, Name: "systemd"}, {PID: child, Unit: "web.service"}}
		if got := (&linux{root: "/proc"}).unit(&s); got != want {
			t.Errorf("handed down as %q: unit %q, want %q", name, got, want)
		}
	}
}
