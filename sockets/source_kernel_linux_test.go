package sockets

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestListDescriptor: inode, owner and namespace are the kernel's.
func TestListDescriptor(t *testing.T) {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	raw, err := l.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var st unix.Stat_t
	if err := raw.Control(func(fd uintptr) { err = unix.Fstat(int(fd), &st) }); err != nil {
		t.Fatal(err)
	}
	s := find(t, list(t, &Lister{}), "tcp", localAddr(l.Addr()))
	if s.Inode != st.Ino || s.UID != os.Geteuid() || s.NetNS != inodeOf("/proc/self/ns/net") || s.NetNS == 0 {
		t.Errorf("inode %d, uid %d, netns %d; want %d, %d and this one", s.Inode, s.UID, s.NetNS, st.Ino, os.Geteuid())
	}
}

// TestListIPv4Mapped: an IPv6 socket on an IPv4-mapped address stays one.
func TestListIPv4Mapped(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no IPv6 here: %v", err)
	}
	defer unix.Close(fd)
	mapped := netip.MustParseAddr("::ffff:127.0.0.1")
	if err := unix.Bind(fd, &unix.SockaddrInet6{Addr: mapped.As16()}); err != nil {
		t.Skipf("no IPv4-mapped sockets here: %v", err)
	}
	if err := unix.Listen(fd, 1); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	at := netip.AddrPortFrom(mapped, uint16(sa.(*unix.SockaddrInet6).Port))
	s := find(t, list(t, &Lister{}), "tcp", at)
	checkMine(t, s)
	if s.Exposure() != ExposureLoopback {
		t.Errorf("exposure %v, want loopback", s.Exposure())
	}
}

func describeHere(t *testing.T, pid int) (Process, error) {
	return newProcesses(procFS{root: "/proc"}).describe(pid)
}

// TestHostileProcess reads real processes with names made to mislead.
func TestHostileProcess(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a\nUid:\t77\t77", "\x1b[31mred", ") R 1 1 1 1 (", "x\\n", "fifteen-bytes\n\n", "more-than-15-bytes\n"} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.Symlink(self, path); err != nil {
			t.Skipf("no such file name here: %v", err)
		}
		before := time.Now()
		pid := startHelper(t, path, "wait")
		after := time.Now()
		p, err := describeHere(t, pid)
		if err != nil {
			t.Fatal(err)
		}
		if p.Name != name {
			t.Errorf("name %q, want %q", p.Name, name)
		}
		if diff := cmp.Diff([]string{path}, p.Cmdline); diff != "" || p.UID != os.Geteuid() {
			t.Errorf("%q: uid %d, arguments (-want +got):\n%s", name, p.UID, diff)
		}
		// The kernel counts in ticks of 10 ms, cut off.
		if p.Started.Before(before.Add(-50*time.Millisecond)) || p.Started.After(after.Add(50*time.Millisecond)) {
			t.Errorf("%q: started %v, want between %v and %v", name, p.Started, before, after)
		}
	}
}

// TestDeletedExecutable: "(deleted)" is news, and no part of the name.
func TestDeletedExecutable(t *testing.T) {
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	exe := filepath.Join(t.TempDir(), "porthole-helper-with-a-long-name")
	if err := os.WriteFile(exe, self, 0o700); err != nil {
		t.Fatal(err)
	}
	pid := startHelper(t, exe, "wait")
	if err := os.Remove(exe); err != nil {
		t.Fatal(err)
	}
	p, err := describeHere(t, pid)
	if err != nil {
		t.Fatal(err)
	}
	if p.Exe != exe+" (deleted)" || p.Name != filepath.Base(exe) {
		t.Errorf("exe %q, name %q", p.Exe, p.Name)
	}
}

// TestProcessState: folder, memory and state are those of the process, by either
// way to read it.
func TestProcessState(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	pid, _ := startRole(t, "wait", func(cmd *exec.Cmd) { cmd.Dir = dir })
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(pid, syscall.SIGCONT)
	var info unix.Siginfo
	if err := unix.Waitid(unix.P_PID, pid, &info, unix.WSTOPPED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	p, err := describeHere(t, pid)
	if err != nil || p.Dir != dir || p.Memory < 1<<20 || p.Memory > 1<<32 || p.State != ProcessStateStopped {
		t.Errorf("%+v, %v; want a stopped one in %s", p, err, dir)
	}
}

func TestEndedProcess(t *testing.T) {
	cmd := exec.Command("/proc/self/exe", "-test.run=^$")
	cmd.Env = append(os.Environ(), raceEnv)
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	_, err := describeHere(t, cmd.Process.Pid)
	if !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("got %v, want os.ErrProcessDone", err)
	}
}

func TestFirstUnprivileged(t *testing.T) {
	root := t.TempDir()
	if first, err := firstUnprivileged(root); err == nil || first != 1024 {
		t.Errorf("a /proc without settings: %d, %v; want 1024 and a word", first, err)
	}
	dir := filepath.Join(root, "sys/net/ipv4")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if first, err := firstUnprivileged(root); err != nil || first != 1024 {
		t.Errorf("a kernel without the setting: %d, %v; want 1024", first, err)
	}
	for text, want := range map[string]uint16{"80\n": 80, "0\n": 0, "nonsense": 1024} {
		if err := os.WriteFile(filepath.Join(dir, "ip_unprivileged_port_start"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		first, err := firstUnprivileged(root)
		if first != want || (err != nil) != (text == "nonsense") {
			t.Errorf("%q: %d, %v; want %d", text, first, err, want)
		}
	}
}

// TestProcTree reads a whole machine from a folder: what is shown comes from
// there and nowhere else, whatever $HOST_PROC says.
func TestProcTree(t *testing.T) {
	t.Setenv("HOST_PROC", "/nonexistent")
	root := t.TempDir()
	write := func(path, text string) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	write("net/tcp", head+
		"   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0\n"+
		"   1: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 100 0 0 10 0\n"+
		"   2: 0100007F:9C40 0100007F:0050 06 00000000:00000000 03:00001770 00000000     0        0 0 3 0000000000000000\n")
	write("net/udp", head)
	write("sys/net/ipv4/ip_unprivileged_port_start", "80\n")
	write("812/comm", "sshd\n")
	write("812/cmdline", "sshd\x00-D\x00")
	write("812/status", "Name:\tsshd\nUid:\t1000\t0\t0\t0\n")
	write("812/stat", "812 (sshd) S 1 812 812 0 -1 4194560 1200 0 3 0 5 2 0 0 20 0 1 0 4711 15000000 1500 18446744073709551615\n")
	if err := os.MkdirAll(filepath.Join(root, "812/fd"), 0o755); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"812/fd/3": "socket:[4711]", "812/exe": "/usr/sbin/sshd (deleted)"} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	snap := list(t, &Lister{All: true, open: func() source { return newKernelSource(kernelConfig{procFS: procFS{root: root}}) }})
	if len(snap.Sockets) != 3 {
		t.Fatalf("got %v", show(snap))
	}
	ssh, http, wait := snap.Sockets[0], snap.Sockets[1], snap.Sockets[2]
	p := Process{}
	if len(ssh.Processes) == 1 {
		p = ssh.Processes[0]
	}
	if p.PID != 812 || p.Name != "sshd" || p.Exe != "/usr/sbin/sshd (deleted)" || len(p.Cmdline) != 2 || p.UID != 0 {
		t.Errorf("port 22 is held by %+v", ssh.Processes)
	}
	if !ssh.Privileged || http.Privileged {
		t.Errorf("privileged: 22 %v, 80 %v; want only the port below 80", ssh.Privileged, http.Privileged)
	}
	if http.Hidden == HiddenNone || wait.Hidden != HiddenNoOwner || wait.State != StateTimeWait {
		t.Errorf("port 80 hidden %q, time-wait hidden %q", http.Hidden, wait.Hidden)
	}
}
