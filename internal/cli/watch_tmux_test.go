//go:build unix

package cli

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"porthole/internal/record"
	"porthole/internal/savedfile"
)

// tmuxTimeout is how long to wait for what may never come, to show what is there.
const tmuxTimeout = 20 * time.Second

// pane is a terminal in tmux with a shell in it.
type pane struct {
	t      *testing.T
	socket string
	dir    string
}

// startTmux gives a shell on a terminal of a size, in a folder of its own.
func startTmux(t *testing.T, width, height int, env ...string) *pane {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("there is no tmux to drive the view in")
	}
	dir, err := os.MkdirTemp("", "watch") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	p := &pane{t, filepath.Join(dir, "tmux"), dir}
	args := []string{"-f", os.DevNull, "new-session", "-d", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height), "-c", dir}
	for _, v := range append([]string{"LC_ALL=C.UTF-8", "NO_COLOR=", "ENV="}, env...) {
		args = append(args, "-e", v)
	}
	p.tmux(append(args, "sh")...)
	t.Cleanup(func() {
		exec.Command("tmux", "-S", p.socket, "kill-server").Run()
		os.RemoveAll(dir)
	})
	p.await(`^[#$]( |$)`)
	return p
}

func (p *pane) tmux(args ...string) string {
	p.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", p.socket}, args...)...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("tmux %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// keys presses keys by tmux's names.
func (p *pane) keys(names ...string) {
	p.t.Helper()
	p.tmux(append([]string{"send-keys"}, names...)...)
}

// run types a line into the shell.
func (p *pane) run(line string) {
	p.t.Helper()
	p.tmux("send-keys", "-l", line)
	p.keys("Enter")
}

// await looks at the screen until it has a pattern, and returns it.
func (p *pane) await(pattern string) string {
	p.t.Helper()
	re := regexp.MustCompile("(?m)" + pattern)
	for start := time.Now(); ; {
		screen := p.tmux("capture-pane", "-p")
		if re.MatchString(screen) {
			return screen
		}
		if time.Since(start) > tmuxTimeout {
			p.t.Fatalf("the screen never had %s:\n%s", pattern, screen)
		}
	}
}

// modes are those of the terminal that a view must leave as they were.
func (p *pane) modes() string {
	return p.tmux("display-message", "-p", "second screen #{alternate_on}, cursor #{cursor_flag}, keypad #{keypad_flag}")
}

// startListener starts a process that listens on loopback until its input ends
// or it gets SIGTERM.
func startListener(t *testing.T) (pid, port int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), listenEnv+"=1")
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
	ended := make(chan struct{})
	if _, err := fmt.Fscan(bufio.NewReader(stdout), &port); err != nil {
		t.Fatal(err)
	}
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() { stdin.Close(); <-ended })
	return cmd.Process.Pid, port
}

// TestWatchView goes through the view as a user would, on three terminals.
func TestWatchView(t *testing.T) {
	for _, size := range [...]struct{ width, height int }{{60, 15}, {80, 24}, {140, 40}} {
		t.Run(fmt.Sprintf("%dx%d", size.width, size.height), func(t *testing.T) {
			_, old := listenHere(t)
			p := startTmux(t, size.width, size.height)
			p.run("stty -g > before; porthole watch cli.test --interval 100ms; echo exit=$?")
			p.await(fmt.Sprintf(`^[> ] {5}tcp +127\.0\.0\.1 +%d `, old))

			pid, port := startListener(t)
			p.await(fmt.Sprintf(`^[> ]new  tcp +127\.0\.0\.1 +%d +cli\.test`, port))
			p.keys("/")
			p.keys("-l", fmt.Sprint(port))
			p.await(fmt.Sprintf(`^ porthole  1/[2-9]\d* sockets.*/%d(?s:.*)^filter: %d_`, port, port))
			p.keys("Enter")
			p.await(`^\? help  q quit`)

			p.keys("Enter")
			p.await(fmt.Sprintf(`^ tcp 127\.0\.0\.1:%d(?s:.*)held by   cli\.test \(%d\)`, port, pid))
			p.keys("Escape")
			p.await(`^ {6}PROTO +ADDRESS +PORT`)
			p.keys("K")
			p.await(fmt.Sprintf(`^ End cli\.test \(%d\)\?(?s:.*)^y send TERM`, pid))
			p.keys("y")
			p.await(fmt.Sprintf(`^cli\.test \(%d\) has ended`, pid))
			p.await(`^[> ]gone tcp +127\.0\.0\.1`)

			p.tmux("resize-window", "-x", fmt.Sprint(size.width+7), "-y", fmt.Sprint(size.height-3))
			p.keys("?")
			p.await(`^ Keys;(?s:.*)^Esc back`)
			p.keys("q")
			p.await(`^exit=0$`)
			p.run("stty -g | cmp - before && echo as before")
			p.await(`^([#$] )?as before$`) // the command may be typed before the prompt is there
			if got := p.modes(); got != "second screen 0, cursor 1, keypad 0\n" {
				t.Error(got)
			}
		})
	}
}

// TestWatchSuspend holds that Ctrl-Z gives the terminal to the shell, fg the view
// back, and that Ctrl-C ends it as SIGINT would.
func TestWatchSuspend(t *testing.T) {
	p := startTmux(t, 80, 24)
	p.run("set -m; porthole watch; echo exit=$?")
	p.await(`^\? help  q quit`)
	p.keys("C-z")
	p.await(`^[#$]( |$)`)
	if got := p.modes(); got != "second screen 0, cursor 1, keypad 0\n" {
		t.Error("suspended: " + got)
	}
	p.run("clear; fg; echo exit=$?")
	p.await(`^\? help  q quit`)
	p.keys("C-c")
	p.await(`^exit=130$`)
}

// TestWatchExport holds that x writes what is shown into a new file.
func TestWatchExport(t *testing.T) {
	_, port := listenHere(t)
	p := startTmux(t, 80, 24)
	p.run(fmt.Sprintf("porthole watch --port %d", port))
	p.await(`^ porthole  1/1 sockets`)
	p.keys("x")
	p.await(`^1 socket saved in porthole-\d+-\d+\.json`)
	p.keys("q")
	p.await(`^[#$]$`)
	files, err := filepath.Glob(filepath.Join(p.dir, "porthole-*.json"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	var found record.List
	source, err := savedfile.Rows(t.Context(), files[0], nil, found.Write)
	if err != nil || source.Command != "list" || len(found) != 1 || int(found[0].Port) != port || !source.Saved().Complete() {
		t.Errorf("%v: %+v, %+v", err, source, found)
	}
}

// TestWatchPlain holds that the view does without colour and without UTF-8, and
// that keys come from the terminal where standard input is something else.
func TestWatchPlain(t *testing.T) {
	p := startTmux(t, 80, 24, "NO_COLOR=1", "LC_ALL=C")
	p.run("porthole watch < /dev/null; echo exit=$?")
	p.await(`^ {6}PROTO +ADDRESS +PORT\^`)
	if screen := p.tmux("capture-pane", "-p", "-e"); strings.ContainsFunc(screen, func(r rune) bool { return r >= 0x80 || r == 0x1b }) {
		t.Errorf("colour, or more than ASCII: %q", screen)
	}
	p.keys("q")
	p.await(`^exit=0$`)
}

// TestWatchDumb holds that a terminal which cannot show a screen is told so, and
// is not written on.
func TestWatchDumb(t *testing.T) {
	p := startTmux(t, 120, 24)
	p.run("TERM=dumb porthole watch; echo exit=$?")
	p.await(`^porthole: watch: a terminal with TERM="dumb" cannot show a full screen; write porthole watch -o jsonl for events\nexit=1$`)
}

// TestWatchHangup holds that the view ends with its terminal, even where the
// signal is ignored.
func TestWatchHangup(t *testing.T) {
	for name, trap := range map[string]string{"SIGHUP": "trap : HUP", "SIGHUP ignored": `trap "" HUP`} {
		t.Run(name, func(t *testing.T) {
			p := startTmux(t, 80, 24)
			fifo := filepath.Join(p.dir, "code")
			if err := unix.Mkfifo(fifo, 0o600); err != nil {
				t.Fatal(err)
			}
			code, err := os.OpenFile(fifo, os.O_RDWR|unix.O_NONBLOCK, 0) // a reader that never sees an end
			if err != nil {
				t.Fatal(err)
			}
			defer code.Close()
			// A shell with job control would end when it cannot take the terminal back.
			p.run("exec sh -c '" + trap + "; porthole watch; echo $? > code'")
			p.await(`^\? help  q quit`)
			p.tmux("kill-server")
			code.SetReadDeadline(time.Now().Add(tmuxTimeout))
			got, err := bufio.NewReader(code).ReadString('\n')
			if err != nil || got != "129\n" {
				t.Errorf("%v: it ended with %q", err, got)
			}
		})
	}
}

// TestWatchSignal holds that SIGTERM gives the terminal back.
func TestWatchSignal(t *testing.T) {
	p := startTmux(t, 80, 24)
	p.run("porthole watch & echo $! > pid; fg; echo exit=$?")
	p.await(`^\? help  q quit`)
	var pid int
	text, err := os.ReadFile(filepath.Join(p.dir, "pid"))
	if err == nil {
		_, err = fmt.Sscan(string(text), &pid)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.await(`^exit=143$`)
	if got := p.modes(); got != "second screen 0, cursor 1, keypad 0\n" {
		t.Error(got)
	}
}

// TestKillQuestion holds that Ctrl-D and Ctrl-C at the question send nothing, and that
// what is said of it has a line of its own.
func TestKillQuestion(t *testing.T) {
	_, port := startListener(t)
	for key, want := range map[string]string{
		"C-d": `^porthole: kill: nothing was sent\nexit=1$`,
		"C-c": `^exit=130$`,
	} {
		p := startTmux(t, 80, 24)
		p.run(fmt.Sprintf("porthole kill %d; echo exit=$?", port))
		p.await(`^Send it\? \[y/N\]`)
		p.keys(key)
		p.await(want)
	}
}
