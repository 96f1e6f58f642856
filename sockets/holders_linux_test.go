package sockets

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"porthole/internal/bpfiter"
)

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

// TestDropForked: a process that began just now and does not hold the socket any
// more was about to run another program; one that does is a holder.
func TestDropForked(t *testing.T) {
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
	l := newKernelSource(thisKernel())
	rows := all()
	l.dropForkedAt(t.Context(), rows, now)
	checkHolders(t, rows[0].Socket, os.Getpid(), keeps.Process.Pid)
	rows = all()
	l.dropForkedAt(t.Context(), rows, now.Add(time.Hour)) // an old process runs no other program
	checkHolders(t, rows[0].Socket, os.Getpid(), keeps.Process.Pid, closed.Process.Pid)
	rows = all()
	rows[0].Processes = slices.DeleteFunc(rows[0].Processes, func(p Process) bool { return p.PID != closed.Process.Pid })
	l.dropForkedAt(t.Context(), rows, now)
	checkHolders(t, rows[0].Socket, closed.Process.Pid) // the only one there is: the socket has closed, too
}

func TestOwnTable(t *testing.T) {
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
	want := HiddenNoOwner
	if w := unreadableHere(t); w != HiddenNone {
		want = w // somebody here may hide a holder
	}
	for _, l := range []*Lister{{}, {NetNS: ScopeSelf}, {NetNS: ScopeSelf, NoBPF: true}} {
		s := find(t, list(t, l), "tcp", at)
		if len(s.Processes) != 0 || s.Hidden != want || s.UID != os.Geteuid() || s.User == "" && s.UID == 0 {
			t.Errorf("%+v: held by %v, hidden %q, user %d %q; want %q", *l, holders(s), s.Hidden, s.UID, s.User, want)
		}
	}
}

// unreadableHere is what keeps this test from looking into every process, and into
// what the kernel does not tell of them.
func unreadableHere(t *testing.T) Hidden {
	t.Helper()
	w, err := newWalker(thisKernel().procFS, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	k := newKernelSource(thisKernel())
	var files *bpfiter.Files
	if k.mayLoadBPF() {
		k.bpf = k.loadBPF(true)
		defer k.close()
		files = k.bpf.files()
	}
	seen, asked := walkFiles(t.Context(), files, nil, func(int) {})
	if !asked {
		pids, err := w.pids()
		if err != nil {
			t.Fatal(err)
		}
		seen = w.walk(t.Context(), pids)
	}
	w.orphaned(t.Context(), nil, &seen)
	for _, pid := range k.netns.discover(k.self(), nil).unreadable {
		seen.unreadable[pid] = true
	}
	return k.whyUnreadable(len(seen.unreadable) > 0)
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
