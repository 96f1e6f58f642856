package machine

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestReadPorts(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"ip_unprivileged_port_start": "80\n", "ip_local_port_range": "32768\t60999\n", "ip_local_reserved_ports": "40000-40010\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := readPorts(dir)
	want := Ports{Known: true, FirstUnprivileged: 80, Ephemeral: Range{32768, 60999}, Reserved: []Range{{40000, 40010}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if got, err := readPorts(t.TempDir()); err == nil || got.Known {
		t.Errorf("rules that are not there are known: %+v", got)
	}
	if got, err := ReadPorts(); err != nil || !got.Known || got.Ephemeral.Last == 0 {
		t.Errorf("this kernel's: %+v, %v", got, err)
	}
	if NetNS() == 0 {
		t.Error("no network namespace")
	}
}

// program runs a copy of cat that waits for its input to end.
func program(t *testing.T, path string) int {
	t.Helper()
	cat, err := exec.LookPath("cat")
	if err != nil {
		t.Skip("no cat to run: ", err)
	}
	in, err := os.Open(cat)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stdin.Close(); cmd.Wait() })
	return cmd.Process.Pid
}

func TestReadExecutable(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "server")
	pid := program(t, path)
	uid := os.Getuid()
	started := time.Now().Add(time.Minute)
	if got := ReadExecutable(pid, path, started, uid); got.Deleted || got.Changed || strings.Contains(got.Writable, path) {
		t.Errorf("as it was: %+v", got)
	}
	if got := ReadExecutable(pid, path, started.Add(-time.Hour), uid); !got.Changed {
		t.Errorf("written after the start: %+v", got)
	}
	if err := os.Chmod(path, 0o777); err != nil {
		t.Fatal(err)
	}
	if got, want := ReadExecutable(pid, path, started, uid).Writable, "everyone can write to "+path; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if got := ReadExecutable(pid, path, started, uid); !got.Deleted {
		t.Errorf("removed: %+v", got)
	}
	if err := os.WriteFile(path, []byte("another"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got := ReadExecutable(pid, path+" (deleted)", started, uid); !got.Deleted {
		t.Errorf("replaced: %+v", got)
	}
	if got := ReadExecutable(pid, "", started, uid); got != (Executable{}) {
		t.Errorf("without a path: %+v", got)
	}
}

// TestReadExecutableElsewhere: a process with another root, or started in one, runs
// a file that is there; so does one whose file is named as if it were not.
func TestReadExecutableElsewhere(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root to change a root")
	}
	jail := t.TempDir()
	path := filepath.Join(jail, "server")
	program(t, path) // which copies it
	for about, with := range map[string]func(*exec.Cmd){
		"root changed by itself": func(cmd *exec.Cmd) {
			cmd.Path, cmd.Env = "/proc/self/exe", append(os.Environ(), otherRootEnv+"="+t.TempDir())
		},
		"another mount namespace": func(cmd *exec.Cmd) {
			cmd.Path, cmd.SysProcAttr = path, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
		},
		"named so": func(cmd *exec.Cmd) {
			cmd.Path = path + " (deleted)"
			if err := os.Link(path, cmd.Path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		cmd := &exec.Cmd{Args: []string{"server"}}
		with(cmd)
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if cmd.Env != nil {
			if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "ready\n" {
				t.Fatal(line, err)
			}
		}
		exe, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid), "exe"))
		if err != nil {
			t.Fatal(err)
		}
		if got := ReadExecutable(cmd.Process.Pid, exe, time.Time{}, 0); !got.Known || got.Deleted || got.Memory {
			t.Errorf("%s: %q: %+v", about, exe, got)
		}
		stdin.Close()
		cmd.Wait()
	}
}

// TestReadExecutableMemory: a memfd is one, and not a file that was removed.
func TestReadExecutableMemory(t *testing.T) {
	cat, err := exec.LookPath("cat")
	if err != nil {
		t.Skip(err)
	}
	text, err := os.ReadFile(cat)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.MemfdCreate("server", unix.MFD_CLOEXEC)
	if err != nil {
		t.Skip(err)
	}
	file := os.NewFile(uintptr(fd), "memfd")
	defer file.Close()
	if _, err := file.Write(text); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(fmt.Sprintf("/proc/self/fd/%d", fd))
	cmd.Path = fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), fd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	defer cmd.Wait()
	defer stdin.Close()
	if got := ReadExecutable(cmd.Process.Pid, "/memfd:server (deleted)", time.Now().Add(-time.Hour), 0); !got.Memory || got.Deleted || got.Changed {
		t.Errorf("%+v", got)
	}
}

// TestInside: what lies in another's root is looked at, never opened, and no link
// leads out of it.
func TestInside(t *testing.T) {
	root := t.TempDir()
	for _, err := range []error{
		unix.Mkfifo(filepath.Join(root, "fifo"), 0o666),
		os.Symlink("/proc/self/exe", filepath.Join(root, "out")),
		os.Symlink("/../../../../etc/hostname", filepath.Join(root, "up")),
		os.Symlink("loop", filepath.Join(root, "loop")),
		os.Symlink("fifo", filepath.Join(root, "in")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if st, err := inside(root, "/fifo"); err != nil || st.Mode&unix.S_IFMT != unix.S_IFIFO {
		t.Skipf("a kernel without openat2: %v", err)
	}
	for _, path := range []string{"/out/x", "/up/x", "/loop/x", "/in/x", "/none"} {
		if st, err := inside(root, path); err == nil {
			t.Errorf("%s leads to inode %d", path, st.Ino)
		}
	}
	for _, link := range []string{"/out", "/up", "/loop", "/in"} { // the link itself
		if st, err := inside(root, link); err != nil || st.Mode&unix.S_IFMT != unix.S_IFLNK {
			t.Errorf("%s: mode %o, %v", link, st.Mode, err)
		}
	}
	file, err := stat(unix.AT_FDCWD, "/proc/self/exe", 0)
	if err != nil {
		t.Fatal(err)
	}
	if who := whoWrites(root, "/out", file, 0); who != "" {
		t.Errorf("who writes to a file that is elsewhere: %s", who)
	}
}
