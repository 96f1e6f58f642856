package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The names under which this program starts itself.
const (
	watchInside = "watch-inside" // in a namespace of its own
	keepAwake   = "keep-awake"   // beside the others
)

// benchWatch measures what porthole watch costs while nothing happens: in
// namespaces of its own, from where other processes and sockets are not seen.
func benchWatch(part string, args []string) error {
	flags := flag.NewFlagSet("watch", flag.ContinueOnError)
	length := flags.Duration("for", time.Minute, "how long to measure; full listings come each 30 s")
	only := flags.String("load", "", "only this load")
	porthole := flags.String("porthole", "", "measure this binary, else one built as it is released")
	write := flags.Bool("write", false, "write the table into docs/performance.md")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch part {
	case watchInside:
		return watchLoads(*only, *porthole, *length)
	case keepAwake:
		return spin()
	}
	if *porthole == "" {
		dir, err := os.MkdirTemp("", "porthole-bench")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		*porthole = filepath.Join(dir, "porthole")
		if err := buildPorthole(*porthole); err != nil {
			return err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, watchInside, "-porthole", *porthole, "-load", *only, "-for", length.String())
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	rows, err := cmd.Output()
	if err != nil {
		return err
	}
	table := machine() + "| load | watch | share of a core, processors kept awake | processors asleep | peak MB |\n|---|---|---|---|---|\n" + string(rows)
	fmt.Print(table)
	if *write {
		return writeSection("watch", table)
	}
	return nil
}

// watchLoads prints the lines of every load.
func watchLoads(only, porthole string, length time.Duration) error {
	err := errors.Join(
		loopbackUp(),
		unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""),
		unix.Mount("proc", "/proc", "proc", 0, ""))
	if err != nil {
		return err
	}
	for _, l := range []load{
		{"idle", 0, 0, 0, 0},
		{"first", 230, 50, 1000, 200},
		{"third", 10000, 1000, 50000, 500},
	} {
		if only != "" && only != l.name {
			continue
		}
		fmt.Fprintln(os.Stderr, l.name)
		rows, err := measureWatch(l, porthole, length)
		if err != nil {
			return fmt.Errorf("load %s: %w", l.name, err)
		}
		fmt.Print(rows)
	}
	return nil
}

// measureWatch runs all kinds side by side; their processor time is told apart. One
// is a yardstick: what a machine charges for waking up differs by more than ten.
func measureWatch(l load, porthole string, length time.Duration) (string, error) {
	_, stop, err := start(l)
	if err != nil {
		return "", err
	}
	defer stop()
	kinds := []struct {
		name  string
		start func(*exec.Cmd) (io.ReadCloser, error)
		argv  []string
	}{
		{"in a pipe", intoPipe, []string{porthole, "watch"}},
		{"on a terminal", ontoTerminal, []string{porthole, "watch"}},
		{"(sleep 1, started each second)", intoPipe, []string{"sh", "-c", "while sleep 1; do :; done"}},
	}
	watches := make([]*watch, len(kinds))
	for i, kind := range kinds {
		if watches[i], err = startWatch(kind.start, kind.argv); err != nil {
			return "", err
		}
		defer watches[i].end()
	}
	time.Sleep(5 * time.Second) // until what is new is no longer
	asleep, err := shares(watches, length)
	if err != nil {
		return "", err
	}
	awake, err := sharesAwake(watches, length)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	name := l.title()
	for i, w := range watches {
		peak, err := w.peak()
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "| %s | %s | %.2f%% | %.2f%% | %.0f |\n", name, kinds[i].name, 100*awake[i], 100*asleep[i], float64(peak)/(1<<10))
		name = "same"
	}
	return b.String(), nil
}

// shares is what part of a core each takes for that long.
func shares(watches []*watch, length time.Duration) ([]float64, error) {
	used := make([]time.Duration, len(watches))
	for _, sign := range []time.Duration{-1, 1} {
		for i, w := range watches {
			cpu, err := w.cpu()
			if err != nil {
				return nil, err
			}
			used[i] += sign * cpu
		}
		if sign < 0 {
			time.Sleep(length)
		}
	}
	out := make([]float64, len(watches))
	for i := range used {
		out[i] = float64(used[i]) / float64(length)
	}
	return out, nil
}

// sharesAwake is shares while no processor goes to sleep. What wakes one that
// slept is charged for the waking, and on a virtual machine that can be several
// times its own work.
func sharesAwake(watches []*watch, length time.Duration) ([]float64, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, keepAwake)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer cmd.Wait() // after the kill
	defer cmd.Process.Kill()
	return shares(watches, length)
}

// spin keeps every processor busy with nothing, in the scheduler's idle class:
// whatever else wants to run does so at once (sched(7), SCHED_IDLE).
func spin() error {
	failed := make(chan error)
	for range runtime.NumCPU() {
		go func() {
			runtime.LockOSThread()
			if err := unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}, 0); err != nil {
				failed <- fmt.Errorf("SCHED_IDLE: %w", err)
			}
			for n := 0; ; n++ {
			}
		}()
	}
	return <-failed
}

// watch is one porthole watch that runs.
type watch struct {
	cmd    *exec.Cmd
	output io.ReadCloser
}

// startWatch starts it and reads what it writes.
func startWatch(start func(*exec.Cmd) (io.ReadCloser, error), argv []string) (*watch, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LC_ALL=C.UTF-8")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	output, err := start(cmd)
	if err != nil {
		return nil, err
	}
	go io.Copy(io.Discard, output)
	return &watch{cmd, output}, nil
}

func intoPipe(cmd *exec.Cmd) (io.ReadCloser, error) {
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return output, cmd.Start()
}

func ontoTerminal(cmd *exec.Cmd) (io.ReadCloser, error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	master := os.NewFile(uintptr(fd), "ptmx")
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = errors.Join(unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0),
			unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}))
	}
	if err != nil {
		return nil, err
	}
	tty, err := os.OpenFile(filepath.Join("/dev/pts", strconv.Itoa(n)), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	defer tty.Close()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, os.Stderr
	cmd.SysProcAttr.Setsid, cmd.SysProcAttr.Setctty = true, true
	return master, cmd.Start()
}

func (w *watch) end() {
	w.cmd.Process.Kill()
	w.cmd.Wait()
	w.output.Close()
}

// cpu is the processor time so far, of user and system, with that of children: the
// 14th to 17th field of /proc/pid/stat (proc_pid_stat(5)), in hundredths of a second.
func (w *watch) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", w.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	ticks := 0
	for _, field := range fields[11:15] {
		n, err := strconv.Atoi(field)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / 100, nil
}

// peak is the most memory it ever had, in kB.
func (w *watch) peak() (kB int, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, found := strings.Cut(string(text), "VmHWM:")
	if !found {
		return 0, errors.New("no VmHWM")
	}
	_, err = fmt.Sscan(rest, &kB)
	return kB, err
}
