package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/term"

	"porthole/internal/record"
)

// Run shows the view until the user quits. It restores the terminal in any case,
// also before it goes on with a panic. The error is [context.Canceled] after Ctrl-C
// and if ctx is canceled, or [ErrHangup].
func Run(ctx context.Context, o Options) error {
	working, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.Input == nil {
		in, out, err := tea.OpenTTY()
		if err != nil {
			return errors.New("standard input is not a terminal, and there is no other terminal to read keys from")
		}
		defer in.Close()
		if out != in {
			defer out.Close()
		}
		o.Input = in
	}
	if state, err := term.GetState(int(o.Input.Fd())); err == nil {
		defer term.Restore(int(o.Input.Fd()), state) // if it fails early, the library does not
	}
	p := &program{ctx: working, o: o, model: newModel(o.Style, o.Scope, o.Filters, o.Protected).arrange(o.Rows), wake: make(chan Scope, 1)}
	loop := tea.NewProgram(p,
		tea.WithInput(o.Input), tea.WithOutput(o.Output), tea.WithoutSignalHandler(),
		tea.WithEnvironment(environment(os.Environ(), o.Style)), tea.WithFPS(frames),
	)
	// Not WithContext: that would not wait for the goroutine that reads the keys.
	stop := context.AfterFunc(ctx, func() { loop.Send(stopped{}) })
	_, err := loop.Run()
	stop()
	cancel()
	p.join()
	if p.crash != "" {
		panic(p.crash)
	}
	return cmp.Or(p.end, err)
}

// frames is how often per second the library looks for a new frame. An idle view
// wakes up as often.
const frames = 10

// environment is the environment for the library. Whether it uses colours is
// decided by --color. It is not told of tmux, for which it would start a process.
func environment(env []string, s Style) []string {
	var out []string
	for _, v := range env {
		name, _, _ := strings.Cut(v, "=")
		if name != "NO_COLOR" && name != "CLICOLOR_FORCE" && name != "CLICOLOR" && name != "TMUX" {
			out = append(out, v)
		}
	}
	if s.Color {
		return append(out, "CLICOLOR_FORCE=1")
	}
	return append(out, "NO_COLOR=1")
}

// program connects the model with the terminal and the options. The library calls
// its methods one at a time. What they start runs in other goroutines, and ends
// with a message.
type program struct {
	ctx   context.Context
	o     Options
	model model
	wake  chan Scope // ends the wait for the next refresh
	held  Process    // may be nil
	frame string     // the last one
	end   error      // why the view ended; nil if the user quit
	crash string     // a panic, with its stack

	mu      sync.Mutex
	ended   bool
	working sync.WaitGroup
}

// The messages.
type (
	refreshed struct {
		batch Batch
		err   error
	}
	clock     time.Time
	explained struct {
		of    *record.Record
		known []record.Record
		err   error
	}
	held struct {
		of      record.Process
		process Process
		err     error
	}
	exported struct {
		name string
		n    int
		err  error
	}
	stopped struct{}
	crashed string
)

// Init starts the refreshes and the clock.
func (p *program) Init() tea.Cmd {
	return tea.Batch(p.refresh(0), p.tick())
}

// View returns the last frame.
func (p *program) View() tea.View {
	v := tea.NewView(p.frame)
	v.AltScreen = true
	return v
}

// Update handles a message and draws. A panic ends the loop, which restores the
// terminal. The library would do so as well, but leave the goroutine behind that
// reads the keys.
func (p *program) Update(msg tea.Msg) (next tea.Model, cmd tea.Cmd) {
	defer func() {
		if v := recover(); v != nil {
			p.crash, next, cmd = trace(v), p, tea.Quit
		}
	}()
	cmd = p.handle(msg)
	p.frame = render(p.model, p.model.width, p.model.height)
	return p, cmd
}

// trace is a panic with its stack.
func trace(v any) string { return fmt.Sprintf("%v\n\n%s", v, debug.Stack()) }

// handle changes the model, and returns what to start.
func (p *program) handle(msg tea.Msg) (cmd tea.Cmd) {
	m := &p.model
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		*m = m.resize(msg.Width, msg.Height)
	case tea.KeyPressMsg:
		cmd = p.key(keyPress{name: msg.String(), text: msg.Key().Text})
	case tea.PasteMsg:
		line, _, _ := strings.Cut(msg.Content, "\n")
		cmd = p.key(keyPress{name: "paste", text: line})
	case tea.ResumeMsg:
		p.refreshNow()
	case clock:
		*m = m.tick(time.Time(msg))
		if p.o.Attached != nil && !p.o.Attached() {
			p.end = ErrHangup
			return tea.Quit
		}
		cmd = tea.Batch(p.tick(), p.act(m.poll()))
	case refreshed:
		cmd = p.refresh(p.o.Interval)
		if msg.err != nil {
			*m = m.fail(time.Now(), msg.err)
		} else {
			*m = m.apply(msg.batch)
		}
	case stopped:
		p.end = context.Canceled
		return tea.Quit
	case crashed:
		p.crash = string(msg)
		return tea.Quit
	default:
		p.answer(msg)
	}
	return cmd
}

func (p *program) key(k keyPress) tea.Cmd {
	var a action
	p.model, a = p.model.press(k)
	return p.act(a)
}

// answer handles the result of an action.
func (p *program) answer(msg tea.Msg) {
	m := &p.model
	switch msg := msg.(type) {
	case explained:
		*m = m.explained(msg.of, msg.known, msg.err)
	case held:
		p.hold(msg)
	case exported:
		*m = m.saved(msg.name, msg.n, msg.err)
	}
}

// act performs an action.
func (p *program) act(a action) tea.Cmd {
	switch a.kind {
	case actionQuit:
		return tea.Quit
	case actionInterrupt:
		p.end = context.Canceled
		return tea.Quit
	case actionSuspend:
		return tea.Suspend
	case actionRefresh:
		p.refreshNow()
	case actionExplain:
		return p.do(func() tea.Msg {
			known, err := p.o.Explain(p.ctx, a.socket)
			return explained{a.socket, known, err}
		})
	case actionHold:
		p.release()
		return p.do(func() tea.Msg {
			process, err := p.o.Hold(p.ctx, a.process)
			return held{a.process, process, err}
		})
	case actionTerminate, actionKill, actionCheck:
		p.signal(a.kind)
	case actionRelease:
		p.release()
	case actionExport:
		return p.do(func() tea.Msg {
			name, err := p.o.Export(a.sockets)
			return exported{name, len(a.sockets), err}
		})
	}
	return nil
}

// signal performs an action on the held process. It does not wait, so that this is
// the process that the user sees.
func (p *program) signal(do actionKind) {
	m := &p.model
	switch {
	case p.held == nil:
	case p.held.Ended():
		*m = m.ended()
		p.release()
		p.refreshNow()
	case do == actionTerminate:
		*m = m.signalled(do, p.held.Terminate())
	case do == actionKill:
		*m = m.signalled(do, p.held.Kill())
	}
}

// hold keeps an opened process for signals, unless the user has selected another
// one since.
func (p *program) hold(h held) {
	m := &p.model
	if m.mode != killing || m.kill.process().PID != h.of.PID {
		if h.process != nil {
			h.process.Close()
		}
		return
	}
	p.release()
	p.held = h.process
	*m = m.held(h.err)
}

func (p *program) release() {
	if p.held != nil {
		p.held.Close()
		p.held = nil
	}
}

// refresh waits, and then asks what happened. Each starts the next.
func (p *program) refresh(wait time.Duration) tea.Cmd {
	scope := p.model.scope
	return p.do(func() tea.Msg {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-p.ctx.Done():
			return nil
		case <-timer.C:
		case scope = <-p.wake:
		}
		batch, err := p.o.Refresh(p.ctx, scope)
		return refreshed{batch, err}
	})
}

// refreshNow ends the wait before the next refresh. Only the loop calls it, so the
// send never blocks.
func (p *program) refreshNow() {
	select {
	case <-p.wake:
	default:
	}
	p.wake <- p.model.scope
}

// tick waits for a second.
func (p *program) tick() tea.Cmd {
	return p.do(func() tea.Msg {
		timer := time.NewTimer(time.Second)
		defer timer.Stop()
		select {
		case <-p.ctx.Done():
			return nil
		case now := <-timer.C:
			return clock(now)
		}
	})
}

// do runs work in another goroutine, for which join waits. A panic there is passed
// on to the loop.
func (p *program) do(work func() tea.Msg) tea.Cmd {
	return func() (msg tea.Msg) {
		p.mu.Lock()
		ended := p.ended
		if !ended {
			p.working.Add(1)
		}
		p.mu.Unlock()
		if ended {
			return nil
		}
		defer p.working.Done()
		defer func() {
			if v := recover(); v != nil {
				msg = crashed(trace(v))
			}
		}()
		return work()
	}
}

// join waits for all work after the loop has ended.
func (p *program) join() {
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	p.working.Wait()
	p.release()
}
