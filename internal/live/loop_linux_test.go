package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"porthole/internal/record"
)

// screen is a terminal that a view runs on. It keeps what is written to it.
type screen struct {
	t      *testing.T
	master *os.File
	tty    *os.File
	before unix.Termios

	mu     sync.Mutex
	some   *sync.Cond
	output bytes.Buffer
	ended  chan error // of Run

	drained chan struct{}
}

// watchOn runs a view on a terminal of its own until it has drawn something.
func watchOn(t *testing.T, ctx context.Context, change func(*Options)) *screen {
	t.Helper()
	s := &screen{t: t, ended: make(chan error, 1), drained: make(chan struct{})}
	s.some = sync.NewCond(&s.mu)
	s.master, s.tty = openTerminal(t)
	s.before = s.state()
	go func() { defer close(s.drained); s.drain() }()
	o := Options{
		Output: s.tty, Input: s.tty, Interval: time.Hour,
		Refresh: func(_ context.Context, scope Scope) (Batch, error) {
			return Batch{At: start(), Scope: scope, Full: true, Events: machine()}, nil
		},
		Explain: func(context.Context, *record.Record) ([]record.Record, error) { return explained22(), nil },
		Hold:    func(context.Context, record.Process) (Process, error) { return nil, errors.New("not here") },
		Export:  func([]*record.Record) (string, error) { return "", errors.New("not here") },
	}
	if change != nil {
		change(&o)
	}
	go func() {
		defer func() {
			if v := recover(); v != nil {
				s.ended <- fmt.Errorf("%w: %v", errPanic, v)
			}
		}()
		s.ended <- Run(ctx, o)
	}()
	t.Cleanup(func() { s.tty.Close(); <-s.drained; s.master.Close() })
	return s
}

func (s *screen) drain() {
	buf := make([]byte, 4096)
	for {
		n, err := s.master.Read(buf)
		s.mu.Lock()
		s.output.Write(buf[:n])
		s.some.Broadcast()
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// await waits until a text was written.
func (s *screen) await(text string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for !strings.Contains(s.output.String(), text) {
		s.some.Wait()
	}
}

func (s *screen) keys(text string) {
	s.t.Helper()
	if _, err := s.master.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

func (s *screen) state() unix.Termios {
	s.t.Helper()
	state, err := unix.IoctlGetTermios(int(s.tty.Fd()), unix.TCGETS)
	if err != nil {
		s.t.Fatal(err)
	}
	return *state
}

// restored waits for the end, and checks that the terminal is as it was: its
// modes, its first screen, its cursor.
func (s *screen) restored() error {
	s.t.Helper()
	err := <-s.ended
	if diff := cmp.Diff(s.before, s.state()); diff != "" {
		s.t.Errorf("the terminal's modes differ: %s", diff)
	}
	s.tty.Close()
	<-s.drained
	for _, mode := range []string{"1049", "25", "2004"} { // the second screen, the cursor, pasting in brackets
		on, off := strings.LastIndex(s.output.String(), "\x1b[?"+mode+"h"), strings.LastIndex(s.output.String(), "\x1b[?"+mode+"l")
		if asBefore := on <= off; asBefore == (mode == "25") && on != off {
			s.t.Errorf("mode %s was left otherwise: %q", mode, s.output.String())
		}
	}
	return err
}

func openTerminal(t *testing.T) (master, tty *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	master = os.NewFile(uintptr(fd), "ptmx")
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80})
	}
	if err == nil {
		tty, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	return master, tty
}

// TestWaysOut checks that the terminal is restored however the view ends.
func TestWaysOut(t *testing.T) {
	t.Setenv("TERM", "xterm")
	for name, test := range map[string]struct {
		change func(*Options)
		do     func(s *screen, cancel context.CancelFunc)
		want   error
	}{
		"q":         {nil, func(s *screen, _ context.CancelFunc) { s.keys("q") }, nil},
		"Ctrl-C":    {nil, func(s *screen, _ context.CancelFunc) { s.keys("\x03") }, context.Canceled},
		"a signal":  {nil, func(_ *screen, cancel context.CancelFunc) { cancel() }, context.Canceled},
		"from help": {nil, func(s *screen, _ context.CancelFunc) { s.keys("?"); s.await("Keys;"); s.keys("q") }, nil},
		"a panic": {func(o *Options) {
			o.Explain = func(context.Context, *record.Record) ([]record.Record, error) { panic("no explanation") }
		}, func(s *screen, _ context.CancelFunc) { s.keys("\r") }, errPanic},
		"a panic at once": {func(o *Options) {
			o.Refresh = func(context.Context, Scope) (Batch, error) { panic("no sockets") }
		}, func(*screen, context.CancelFunc) {}, errPanic},
		"a panic while drawing": {func(o *Options) {
			o.Explain = func(context.Context, *record.Record) ([]record.Record, error) {
				return []record.Record{{Kind: record.KindExplanation}}, nil // it has no Explanation
			}
		}, func(s *screen, _ context.CancelFunc) { s.keys("\r") }, errPanic},
		"the terminal is gone": {func(o *Options) { o.Attached = func() bool { return false } }, func(*screen, context.CancelFunc) {}, ErrHangup},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			s := watchOn(t, ctx, test.change)
			if name != "a panic at once" {
				s.await("nginx")
			}
			test.do(s, cancel)
			err := s.restored()
			if !errors.Is(err, test.want) {
				t.Errorf("it ended with %v, want %v", err, test.want)
			}
		})
	}
}

var errPanic = errors.New("a panic")

// TestNoKeys checks that it is an error if keys cannot be read.
func TestNoKeys(t *testing.T) {
	master, tty := openTerminal(t)
	defer master.Close()
	defer tty.Close()
	regular, err := os.Create(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	defer regular.Close()
	if err := Run(t.Context(), Options{Output: tty, Input: regular}); err == nil || strings.Contains(err.Error(), "panic") {
		t.Errorf("it ran with keys from a file: %v", err)
	}
}

// TestErrorStays checks that a failed refresh is shown, and the view goes on.
func TestErrorStays(t *testing.T) {
	t.Setenv("TERM", "xterm")
	n := 0
	s := watchOn(t, t.Context(), func(o *Options) {
		o.Interval = time.Millisecond
		o.Refresh = func(_ context.Context, scope Scope) (Batch, error) {
			if n++; n > 1 {
				return Batch{}, errors.New("the kernel is busy")
			}
			return Batch{At: start(), Scope: scope, Full: true, Events: machine()}, nil
		}
	})
	s.await("cannot refresh: the kernel is busy")
	s.keys("q")
	if err := s.restored(); err != nil {
		t.Error(err)
	}
}

// pretended is a process that notes what is done to it.
type pretended struct {
	mu   sync.Mutex
	done []string
}

func (p *pretended) note(what string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = append(p.done, what)
	return nil
}

func (p *pretended) Terminate() error { return p.note("TERM") }
func (p *pretended) Kill() error      { return p.note("KILL") }
func (p *pretended) Close() error     { return p.note("closed") }
func (p *pretended) Ended() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.done) > 1
}

// TestKillLoop checks that TERM and KILL reach the held process, that its end is
// noticed, and that it is closed.
func TestKillLoop(t *testing.T) {
	t.Setenv("TERM", "xterm")
	victim := &pretended{}
	s := watchOn(t, t.Context(), func(o *Options) {
		o.Hold = func(_ context.Context, p record.Process) (Process, error) {
			if p.PID != 811 {
				return nil, errors.New("another one")
			}
			return victim, nil
		}
	})
	s.await("nginx")
	s.keys("jK")
	s.await("y send TERM")
	s.keys("y")
	s.await("K send KILL")
	s.keys("K")
	s.await("has ended")
	s.keys("q")
	if err := s.restored(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"TERM", "KILL", "closed"}, victim.done); diff != "" {
		t.Error(diff)
	}
}

// TestKillEnded: the dialog goes away when the process ends by itself, and sends nothing.
func TestKillEnded(t *testing.T) {
	t.Setenv("TERM", "xterm")
	victim := &pretended{done: []string{"ends", "by itself"}}
	s := watchOn(t, t.Context(), func(o *Options) {
		o.Hold = func(context.Context, record.Process) (Process, error) { return victim, nil }
	})
	s.await("nginx")
	s.keys("jK")
	s.await("has ended")
	s.keys("q")
	if err := s.restored(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"ends", "by itself", "closed"}, victim.done); diff != "" {
		t.Error(diff)
	}
}

// TestEnvironment checks that --color overrides what the terminal library would find,
// and that it does not ask tmux.
func TestEnvironment(t *testing.T) {
	env := []string{"TERM=xterm", "NO_COLOR=1", "CLICOLOR_FORCE=0", "TMUX=/tmp/x,1,0"}
	if diff := cmp.Diff([]string{"TERM=xterm", "CLICOLOR_FORCE=1"}, environment(env, Style{Color: true})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"TERM=xterm", "NO_COLOR=1"}, environment(env, Style{})); diff != "" {
		t.Error(diff)
	}
}
