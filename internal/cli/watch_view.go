package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"porthole/internal/inspect"
	"porthole/internal/kill"
	"porthole/internal/label"
	"porthole/internal/listing"
	"porthole/internal/live"
	"porthole/internal/machine"
	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/internal/userfile"
	"porthole/sockets"
)

// view shows the sockets on the whole terminal until the user quits.
func (w watching) view(ctx *cli.Context, color bool) error {
	if name := w.getenv("TERM"); name == "dumb" || name == "" && runtime.GOOS != "windows" {
		return fmt.Errorf("watch: a terminal with TERM=%q cannot show a full screen; write porthole watch -o jsonl for events", name)
	}
	if !w.canDraw(w.out) {
		return errors.New("watch: this console takes no escape sequences, so that it cannot show a full screen (Windows 10 and later can); write porthole watch -o jsonl for events")
	}
	out := w.out.(*os.File) // it is a terminal
	feed := &feed{watching: w}
	defer feed.close()
	options := live.Options{
		Output:    out,
		Interval:  w.interval,
		Style:     live.Style{Color: color, ASCII: !w.utf8()},
		Scope:     live.Scope{All: w.Lister.All, OwnNetNS: w.Lister.NetNS == sockets.ScopeSelf},
		Filters:   givenFilters(ctx),
		Rows:      w.rows,
		Refresh:   feed.refresh,
		Explain:   w.explainSocket,
		Hold:      holdProcess,
		Protected: kill.Protected{Self: os.Getpid(), Ancestors: machine.Ancestors()},
		Export:    w.export,
		Attached:  func() bool { return term.IsTerminal(int(out.Fd())) },
	}
	if in, ok := w.in.(*os.File); ok && term.IsTerminal(int(in.Fd())) {
		options.Input = in
	}
	err := live.Run(ctx.Context, options)
	switch {
	case errors.Is(err, live.ErrHangup):
		return interruption{syscall.SIGHUP} // with nobody to read a message
	case err != nil && !interrupted(err):
		return fmt.Errorf("watch: %w", err)
	}
	return err
}

// givenFilters are the filters of the command line, for the title.
func givenFilters(ctx *cli.Context) string {
	var words []string
	for _, name := range []string{"port", "pid", "user", "process", "proto", "state", "remote", "exposure"} {
		if ctx.IsSet(name) {
			words = append(words, fmt.Sprintf("%s=%v", name, ctx.Value(name)))
		}
	}
	if ctx.Bool("privileged") {
		words = append(words, "privileged")
	}
	return strings.Join(append(words, ctx.Args().Slice()...), " ")
}

// feed turns the updates of the watcher into batches for the view.
type feed struct {
	watching
	scope   live.Scope
	watcher *sockets.Watcher
	seen    *watchedSockets
	gaps    gaps
	begun   bool   // the watcher has found something
	last    string // the warnings of the last refresh
}

func (f *feed) refresh(ctx context.Context, scope live.Scope) (live.Batch, error) {
	if f.watcher == nil || scope != f.scope {
		lister := f.Lister
		lister.All, lister.NetNS = scope.All, sockets.ScopeAll
		if scope.OwnNetNS {
			lister.NetNS = sockets.ScopeSelf
		}
		f.close()
		f.scope, f.watcher, f.seen, f.begun = scope, &sockets.Watcher{Lister: lister}, newWatchedSockets(f.Listing, f.asker), false
		f.gaps = gaps{interval: f.interval}
	}
	update, err := f.watcher.Refresh(ctx)
	if err != nil {
		f.gaps.failed()
		return live.Batch{}, err
	}
	batch := live.Batch{At: update.At, Scope: scope, Full: !f.begun, Notice: f.notice(update.Warnings)}
	if gap, found := f.gaps.refreshed(update.At); found {
		batch.Since = *gap.Since
	}
	f.begun = true
	known := f.Processes()
	for _, e := range f.seen.verify(f.seen.note(update)) {
		event := live.Event{Kind: viewKind(e.Kind), Number: e.Number, Socket: f.seen.record(e, known)}
		if !e.is {
			event.Kind = live.EventKindFiltered
		}
		batch.Events = append(batch.Events, event)
	}
	return batch, nil
}

// close ends what the last watcher follows.
func (f *feed) close() {
	if f.watcher != nil {
		f.watcher.Close()
	}
}

func viewKind(k sockets.EventKind) live.EventKind {
	return map[sockets.EventKind]live.EventKind{
		sockets.EventKindPresent: live.EventKindPresent, sockets.EventKindOpened: live.EventKindOpened,
		sockets.EventKindClosed: live.EventKindClosed, sockets.EventKindChanged: live.EventKindChanged,
	}[k]
}

// notice is the text of the warnings, or "" if they are those of the last refresh.
func (f *feed) notice(warnings []error) string {
	now := errors.Join(warnings...)
	last := f.last
	if f.last = ""; now != nil {
		f.last = now.Error()
	}
	if now == nil || f.last == last {
		return ""
	}
	text := warnings[0].Error()
	if n := len(warnings) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return text
}

// explainSocket explains a socket, as the command explain does a port.
func (w watching) explainSocket(ctx context.Context, of *record.Record) ([]record.Record, error) {
	if of.Proto != "tcp" && of.Proto != "udp" {
		return nil, fmt.Errorf("explain knows TCP and UDP, not %s", of.Proto)
	}
	m, _, err := inspect.Read(ctx, w.Registry, inspect.How{NoBPF: w.Lister.NoBPF})
	if err != nil {
		return nil, err
	}
	for _, r := range m.Sockets { // as it is by now
		if r.Inode == of.Inode && r.Inode != 0 && r.NetNS == of.NetNS {
			r.Verified = of.Verified // what was verified last
			of = &r
		}
	}
	host := m.Explainer(ctx, of.Proto, of.Port)
	return []record.Record{host.ExplainSocket(label.Number(w.Registry, of.Proto, of.Port), *of)}, nil
}

// export saves the rows in a new file of the current directory, as list -o json
// would.
func (w watching) export(rows []*record.Record) (name string, err error) {
	name = "porthole-" + time.Now().Format("20060102-150405") + ".json"
	f, err := userfile.CreateNew(name, 0o600) // it has command lines
	if err != nil {
		return name, err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			os.Remove(name) // which is incomplete
		}
	}()
	out, err := report.Open(context.Background(), []report.Spec{{Format: report.FormatJSON}}, f, report.Options{Command: "list", Kind: record.KindSocket})
	if err != nil {
		return name, err
	}
	counts := &record.ListCounts{}
	seen := make(map[int]bool)
	for _, r := range rows {
		if err := out.Write(r); err != nil {
			return name, err
		}
		listing.Count(counts, seen, r)
	}
	return name, out.Close(&record.Summary{Kind: "summary", Command: "list", Complete: true, ListCounts: counts})
}

// heldProcess is a process that the view may end.
type heldProcess struct {
	ctx context.Context
	*sockets.Handle
}

// holdProcess finds the process of a record, to end it.
func holdProcess(ctx context.Context, p record.Process) (live.Process, error) {
	h, err := sockets.Process{PID: p.PID, Started: *p.Started}.Hold(ctx)
	switch {
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("this user may not signal it: it belongs to %s", owner(p))
	case errors.Is(err, os.ErrProcessDone):
		return nil, errors.New("it has ended")
	case errors.Is(err, sockets.ErrPIDReused):
		return nil, errors.New("it has ended, and another process has its number by now")
	case err != nil:
		return nil, err
	}
	return heldProcess{ctx, h}, nil
}

func owner(p record.Process) string {
	switch {
	case p.User != "":
		return p.User
	case p.UID != nil:
		return fmt.Sprint("user ", *p.UID)
	default:
		return "another one"
	}
}

func (h heldProcess) Terminate() error { return h.Signal(h.ctx, syscall.SIGTERM) }
func (h heldProcess) Kill() error      { return h.Signal(h.ctx, os.Kill) }
func (h heldProcess) Ended() bool      { return h.Handle.Ended(h.ctx) }
