package sockets

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// afterWalk is this machine after the first BPF walk over its processes.
func afterWalk(t *testing.T) *kernelSource {
	t.Helper()
	k := newKernelSource(thisKernel())
	if k.mayLoadBPF() {
		k.bpf = k.loadBPF(true)
		t.Cleanup(k.close)
		k.processes.tasks, k.processes.again = k.bpf.firstTasks(), k.bpf.tasks
	}
	if k.processes.tasks == nil {
		t.Skip("there is no BPF iterator over processes here")
	}
	return k
}

// TestDescribeTask compares every process of this machine with what /proc tells
// alone. Who changes meanwhile is told by changed.
func TestDescribeTask(t *testing.T) {
	startRole(t, "wait", asNobody)
	startRole(t, roleDeadLeader, nil)
	l, plain := afterWalk(t).processes, newProcesses(thisKernel().procFS)
	pids := make([]int, 0, len(l.tasks))
	told, read := make(map[int]Process), make(map[int]Process)
	for _, task := range l.tasks {
		p, ok := l.describeTask(task.PID)
		if !ok {
			continue
		}
		pids = append(pids, task.PID)
		told[task.PID] = p
		if p, err := plain.describe(task.PID); err == nil {
			read[task.PID] = p
		}
	}
	changed := l.changed(t.Context(), pids)
	if slices.Contains(changed, os.Getpid()) || len(changed) > len(pids)/2 {
		t.Errorf("%d of %d changed, this process among them: %v", len(changed), len(pids), changed)
	}
	for _, pid := range pids {
		if slices.Contains(changed, pid) {
			continue
		}
		got, want := told[pid], read[pid]
		if sameStart(got.Started, want.Started) { // the clock goes on between
			got.Started = want.Started
		}
		got.State, got.Memory = want.State, want.Memory // which come and go
		if slices.ContainsFunc(want.Parents, func(p Parent) bool { return slices.Contains(changed, p.PID) }) {
			got.Parents = want.Parents
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("process %d: told\n%+v, read\n%+v", pid, got, want)
		}
	}
}

// TestChanged: a process that ends, or runs another program, after the first
// walk is read from /proc again, and so is who took its cgroups over.
func TestChanged(t *testing.T) {
	ends, ended := startShell(t, "read x")
	becomes, became := startShell(t, "read x; exec cat")
	stays, _ := startShell(t, "read x")
	l := afterWalk(t).processes
	pids := []int{ends, becomes, stays, os.Getpid()}
	for _, pid := range pids {
		if p, ok := l.describeTask(pid); !ok || p.PID != pid || pid != os.Getpid() && p.Name != "sh" {
			t.Fatalf("process %d: %+v, %v", pid, p, ok)
		}
	}
	ended()
	became()
	slices.Sort(pids)
	if got := l.changed(t.Context(), pids); !slices.Equal(got, pids) {
		t.Errorf("changed: %v, want all of %v: the first told the cgroups of the others", got, pids)
	}
	if p, err := l.describe(ends); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("the one that ended: %+v, %v", p, err)
	}
	if p, err := l.describe(becomes); err != nil || p.Name != "cat" {
		t.Errorf("the one that became another: %+v, %v", p, err)
	}
	if got := l.changed(t.Context(), pids); got != nil {
		t.Errorf("changed once more: %v", got)
	}
}

// TestChangedAlone: who told nothing of others is alone in being read again.
func TestChangedAlone(t *testing.T) {
	becomes, became := startShell(t, "read x; exec cat")
	l := afterWalk(t).processes
	pids := []int{os.Getpid(), becomes}
	for _, pid := range pids { // the first of them tells the cgroups
		if _, ok := l.describeTask(pid); !ok {
			t.Fatalf("process %d was not told", pid)
		}
	}
	became()
	slices.Sort(pids)
	if got := l.changed(t.Context(), pids); !slices.Equal(got, []int{becomes}) {
		t.Errorf("changed: %v, want %d alone", got, becomes)
	}
}

// startShell starts a script that reads a line. After next it has gone on: it
// ended, or answers as cat.
func startShell(t *testing.T, script string) (pid int, next func()) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", "echo up; "+script)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	done := false
	end := func() {
		if !done {
			done = true
			stdin.Close()
			cmd.Wait()
		}
	}
	t.Cleanup(end)
	lines := bufio.NewReader(out)
	hear := func(want string) {
		if line, err := lines.ReadString('\n'); line != want {
			t.Errorf("the script %q said %q, %v; want %q", script, line, err, want)
		}
	}
	hear("up\n")
	return cmd.Process.Pid, func() {
		if script == "read x" {
			end()
			return
		}
		if _, err := io.WriteString(stdin, "\nhello\n"); err != nil {
			t.Fatal(err)
		}
		hear("hello\n")
	}
}

// TestDiscover: the walk and /proc find the same namespace by the same process.
func TestDiscover(t *testing.T) {
	needRoot(t)
	pid, _ := startRole(t, "listen 0.0.0.0:8080", inNewNamespace)
	startRole(t, "wait", nil)
	for _, k := range []*kernelSource{afterWalk(t), newKernelSource(thisKernel())} {
		found := k.netns.discover(k.self(), k.processes.tasks)
		if found.err != nil {
			t.Fatal(found.err)
		}
		want := netns{inode: netnsOf(pid), handle: fmt.Sprintf("/proc/%d/ns/net", pid), pid: pid}
		if !slices.Contains(found.namespaces, want) {
			t.Errorf("found %+v, want %+v among them", found.namespaces, want)
		}
		if slices.ContainsFunc(found.namespaces, func(n netns) bool { return n.inode == k.self().inode }) {
			t.Errorf("found %+v, with the caller's own", found.namespaces)
		}
	}
}

// TestAnyClosed: the walk asks no process that it knows the namespace of; who is
// to know whether some may not be looked at gets the same answer as from /proc.
func TestAnyClosed(t *testing.T) {
	k, plain := afterWalk(t), newKernelSource(thisKernel())
	cmd := exec.Command("/bin/true") // it shows no namespace once it has ended
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	var info unix.Siginfo
	if err := unix.Waitid(unix.P_PID, cmd.Process.Pid, &info, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	w, err := newWalker(thisKernel().procFS, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	if all := w.anyUnreadable(plain.netns.discover(plain.self(), nil)); !slices.Contains(all, cmd.Process.Pid) {
		t.Errorf("by /proc: %v, want %d among them", all, cmd.Process.Pid)
	}
	if some := w.anyUnreadable(k.netns.discover(k.self(), k.processes.tasks)); len(some) == 0 {
		t.Errorf("by the walk: none is closed, and process %d is", cmd.Process.Pid)
	}
}

// TestPrefetch: what was read while holders were sought is taken over, but of
// those whose rights matter, and until it may be out of date.
func TestPrefetch(t *testing.T) {
	l, me := afterWalk(t).processes, os.Getpid()
	other, _ := startShell(t, "read x") // after the walk, which does not tell of it
	found, stop := l.prefetch()
	for _, pid := range []int{me, me, other, 1 << 22} {
		found(pid)
	}
	stop()
	for pid, p := range l.prefetched { // none, if it came late
		if want, ok := l.describeTask(pid); pid != me || !ok || p.Name != want.Name || !slices.Equal(p.Cmdline, want.Cmdline) {
			t.Errorf("process %d was read as %+v, want %+v", pid, p, want)
		}
	}
	l.prefetched[me] = Process{PID: me, Name: "prefetched"}
	name := func() string {
		p, err := l.describe(me)
		if err != nil {
			t.Fatal(err)
		}
		return p.Name
	}
	if got := name(); got != "prefetched" {
		t.Errorf("the name is %q, which was read again", got)
	}
	l.binders = map[int]bool{me: true}
	if got := name(); got == "prefetched" {
		t.Error("the rights of a binder were not read")
	}
	l.binders = nil
	l.changed(t.Context(), []int{me})
	if got := name(); got == "prefetched" {
		t.Error("what changed was not read again")
	}
}
