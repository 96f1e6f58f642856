package cli

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// prompt is what the shells in these tests print when they wait for a line.
const prompt = "ready-for-a-line> "

// dumpKey is bound to a function that writes the edited line into $LINES and
// empties it.
const dumpKey = "\x18\x10"

// shell is an interactive shell on a terminal of its own.
type shell struct {
	t     *testing.T
	tty   *os.File
	lines *bufio.Reader // what dumpKey wrote
	fifo  *os.File
}

// startShell runs a shell in dir and waits for its prompt.
func startShell(t *testing.T, dir string, env []string, name string, args ...string) *shell {
	t.Helper()
	fifo := filepath.Join(t.TempDir(), "lines")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	lines, err := os.OpenFile(fifo, os.O_RDWR|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	master, slave := openPTY(t)
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), append(env, "LINES_TO="+fifo, "TERM=xterm", "LC_ALL=C.UTF-8", "HISTFILE=")...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	output := bufio.NewReader(master)
	awaitPrompt(t, output)
	drained := make(chan struct{})
	go func() { io.Copy(io.Discard, output); close(drained) }()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		master.Close()
		<-drained
		lines.Close()
	})
	return &shell{t: t, tty: master, lines: bufio.NewReader(lines), fifo: lines}
}

// awaitPrompt reads until the prompt: before it a shell would throw away what
// is typed.
func awaitPrompt(t *testing.T, r io.ByteReader) {
	t.Helper()
	var seen strings.Builder
	for !strings.HasSuffix(seen.String(), prompt) {
		b, err := r.ReadByte()
		if err != nil {
			t.Fatalf("no prompt: %v\n%s", err, seen.String())
		}
		seen.WriteByte(b)
	}
}

// after types keys and returns the line that then stands there.
func (s *shell) after(keys string) string {
	s.t.Helper()
	if _, err := s.tty.WriteString(keys + dumpKey); err != nil {
		s.t.Fatal(err)
	}
	s.fifo.SetReadDeadline(time.Now().Add(time.Minute))
	line, err := s.lines.ReadString('\n')
	if err != nil {
		s.t.Fatalf("after %q: %v", keys, err)
	}
	return strings.TrimSuffix(line, "\n")
}

func openPTY(t *testing.T) (master, slave *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	master = os.NewFile(uintptr(fd), "ptmx")
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	size := &unix.Winsize{Row: 50, Col: 200}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, size); err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}
