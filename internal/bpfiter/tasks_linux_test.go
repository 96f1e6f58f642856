package bpfiter

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// tasksNow takes one walk, and checks that it is in order.
func tasksNow(t *testing.T, walk *Tasks) map[int]Task {
	t.Helper()
	tasks, last := make(map[int]Task), 0
	err := walk.Walk(t.Context(), func(task Task) {
		if task.PID <= last {
			t.Errorf("process %d comes after %d", task.PID, last)
		}
		last = task.PID
		tasks[task.PID] = task
	})
	if err != nil {
		t.Fatal(err)
	}
	return tasks
}

// TestTasks compares all processes with what /proc tells of them. Two walks
// that agree on a process leave out those that come, go or change meanwhile.
func TestTasks(t *testing.T) {
	walk := mustTasks(t)
	before := tasksNow(t, walk)
	seen := make(map[int]Task)
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range folders {
		if task, ok := fromProc(dir); ok {
			seen[task.PID] = task
		}
	}
	after := tasksNow(t, walk)
	compared := 0
	for pid, want := range seen {
		got, ok := after[pid]
		if before[pid] != got || !ok && got == (Task{}) {
			continue
		}
		compared++
		const tick = 1e7 // ns: what /proc counts in
		got.Started /= tick
		got.Cgroups = 0
		if want.NetNS == 0 { // this user may not look
			got.NetNS = 0
		}
		if got.Kernel { // /proc tells more of these names
			want.Name = got.Name
		}
		if got != want {
			t.Errorf("process %d: got %+v, want %+v", pid, got, want)
		}
	}
	if compared < len(seen)/2 || after[os.Getpid()].PID == 0 {
		t.Errorf("%d of %d processes could be compared", compared, len(seen))
	}
}

// fromProc reads the same of a process, with its start in ticks.
func fromProc(dir string) (Task, bool) {
	text, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return Task{}, false
	}
	var st unix.Stat_t
	if unix.Stat(dir, &st) != nil {
		return Task{}, false
	}
	line := string(text)
	start, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	fields := strings.Fields(line[end+1:]) // from the third one, the state
	number := func(field int) int {
		n, err := strconv.Atoi(fields[field-3])
		if err != nil {
			panic(err)
		}
		return n
	}
	pid, err := strconv.Atoi(filepath.Base(dir))
	if err != nil {
		return Task{}, false
	}
	task := Task{
		PID: pid, Parent: number(4), UID: int(st.Uid), Name: line[start+1 : end],
		Started: uint64(number(22)), Ended: fields[0] == "Z" || fields[0] == "X", Kernel: number(9)&0x00200000 != 0,
	}
	var namespace unix.Stat_t
	if unix.Stat(filepath.Join(dir, "ns/net"), &namespace) == nil {
		task.NetNS = namespace.Ino
	}
	return task, true
}

// TestTasksNamespace: a process's first thread tells its namespace, whatever
// its other threads live in.
func TestTasksNamespace(t *testing.T) {
	walk := mustTasks(t)
	away, back := make(chan uint64), make(chan struct{})
	go liveApart(t, away, back)
	stray, ok := <-away
	defer close(back)
	if !ok {
		t.Skip("no thread can be put into a namespace of its own")
	}
	cmd := exec.Command("/bin/cat")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	defer cmd.Wait()
	defer stdin.Close()
	tasks := tasksNow(t, walk)
	var own, inside unix.Stat_t
	if err := errors.Join(unix.Stat("/proc/self/ns/net", &own), unix.Stat("/proc/"+strconv.Itoa(cmd.Process.Pid)+"/ns/net", &inside)); err != nil {
		t.Fatal(err)
	}
	if me := tasks[os.Getpid()]; me.NetNS != own.Ino || me.NetNS == stray {
		t.Errorf("this process lives in %d, want %d; a thread of it in %d", me.NetNS, own.Ino, stray)
	}
	if child := tasks[cmd.Process.Pid]; child.NetNS != inside.Ino || child.Parent != os.Getpid() {
		t.Errorf("got %+v, want namespace %d", child, inside.Ino)
	}
}

// liveApart puts a thread that is not the first into a new namespace until it is
// called back, and tells the namespace.
func liveApart(t *testing.T, away chan<- uint64, back <-chan struct{}) {
	runtime.LockOSThread() // and for ever: the thread ends here
	if unix.Gettid() == unix.Getpid() {
		go liveApart(t, away, back) // on another thread, while this one is held
		<-back
		runtime.UnlockOSThread()
		return
	}
	if unix.Unshare(unix.CLONE_NEWNET) != nil {
		close(away)
		return
	}
	var st unix.Stat_t
	if err := unix.Stat("/proc/thread-self/ns/net", &st); err != nil {
		t.Error(err)
	}
	away <- st.Ino
	<-back
}

// TestTasksEnded: a process that waits for its parent to ask has no namespace.
func TestTasksEnded(t *testing.T) {
	walk := mustTasks(t)
	cmd := exec.Command("/bin/true")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	var info unix.Siginfo
	if err := unix.Waitid(unix.P_PID, cmd.Process.Pid, &info, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	if task := tasksNow(t, walk)[cmd.Process.Pid]; !task.Ended || task.NetNS != 0 || task.Parent != os.Getpid() {
		t.Errorf("got %+v, want one that ended", task)
	}
}

func TestTasksCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := mustTasks(t).Walk(ctx, func(Task) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
