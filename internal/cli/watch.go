package cli

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"porthole/internal/listing"
	"porthole/internal/live"
	"porthole/internal/pause"
	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/sockets"
)

func (c console) watchCommand() *cli.Command {
	flags := append([]cli.Flag{
		&cli.DurationFlag{Name: "interval", Value: time.Second, Usage: "`D` between two refreshes (default 1s)"},
		verifyFlag("ask each listener what answers when it appears; =all asks devices, too"),
		expiryFlag(),
	}, slices.Concat(listFlags(), arrangeFlags())...)
	return &cli.Command{
		Name:        "watch",
		Usage:       "the listeners live: a full screen, or events in a pipe",
		ArgsUsage:   "[QUERY...]",
		Flags:       append(flags, commonFlags("watch")...),
		Action:      c.action(console.watch),
		Description: "The filters are those of list. On a terminal ? shows the keys; -o jsonl writes events there, too.",
		UsageText: examples(
			"porthole watch", "a view of the listeners, until q",
			"porthole watch --exposure reachable", "only what others get through to",
			"porthole watch nginx | jq -c .event", "a line as each of them comes or goes",
		),
	}
}

// minInterval is the shortest time between two refreshes.
const minInterval = 100 * time.Millisecond

// watch shows the view on a terminal, and writes events elsewhere.
func (c console) watch(ctx *cli.Context) error {
	color, err := c.colorOn(ctx)
	if err != nil {
		return err
	}
	events, err := wantsEvents(ctx)
	if err != nil {
		return err
	}
	l, err := c.listing(ctx)
	if err != nil {
		return err
	}
	interval := ctx.Duration("interval")
	if interval < minInterval {
		return usagef("watch: --interval %v is too short; write %v or more", interval, minInterval)
	}
	how, err := readVerify(ctx)
	if err != nil {
		return err
	}
	_, isTerminal := terminal(c.out)
	events = events || !isTerminal
	w := watching{console: c, Listing: l, interval: interval}
	if w.rows, err = readArrangement(ctx, events); err != nil {
		return err
	}
	if how != nil {
		w.asker = newAsker(ctx.Context, how)
		defer w.asker.close()
	}
	// One processor is enough: a look takes milliseconds, once in a second. To wake
	// a second one would cost more than the refresh.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if events {
		return w.events(ctx)
	}
	return w.view(ctx, color)
}

// wantsEvents reports whether --output asks for events.
func wantsEvents(ctx *cli.Context) (bool, error) {
	values := textsOf(ctx, "output")
	for _, v := range values {
		spec, err := report.ParseSpec(v)
		if err == nil {
			err = spec.For("watch")
		}
		if err != nil {
			return false, usage(err)
		}
		if spec.File != "" || len(values) > 1 {
			return false, usagef("output: watch writes its events to standard output alone; write porthole watch > %s", cmp.Or(spec.File, "FILE"))
		}
	}
	return len(values) > 0, nil
}

// watching is one run of watch.
type watching struct {
	console
	listing.Listing
	interval time.Duration
	asker    *asker // with --verify
	rows     live.Arrangement
}

// events writes events until it is interrupted.
func (w watching) events(ctx *cli.Context) error {
	watcher := sockets.Watcher{Lister: w.Lister}
	defer watcher.Close()
	out := report.NewEventWriter(w.out)
	seen := newWatchedSockets(w.Listing, w.asker)
	begun, last := false, ""
	gaps := gaps{interval: w.interval}
	for {
		update, err := watcher.Refresh(ctx.Context)
		switch {
		case err != nil && (!begun || interrupted(err)):
			return err
		case err != nil:
			gaps.failed()
			last = w.complain(last, err) // the next refresh may succeed
		default:
			last = w.complain(last, w.printed(update.Warnings)...)
		}
		begun = true
		started := time.Now()
		if err == nil {
			if gap, found := gaps.refreshed(update.At); found {
				if err := out.Write(gap); err != nil {
					return err
				}
			}
		}
		known := w.Processes()
		for _, e := range seen.verify(seen.note(update)) {
			event := record.Event{Event: e.Kind.String(), At: update.At.UTC(), Fields: e.Fields, Socket: seen.record(e, known)}
			if err := out.Write(event); err != nil {
				return err
			}
		}
		gaps.wrote(time.Since(started))
		if err := w.pause(ctx.Context); err != nil {
			return err
		}
	}
}

// complain prints errors, unless they are those that were printed last. It returns
// the text to pass as last the next time.
func (w watching) complain(last string, errs ...error) string {
	now := errors.Join(errs...)
	if now == nil {
		return ""
	}
	if now.Error() != last {
		for _, err := range errs {
			printError(w.err, err)
		}
	}
	return now.Error()
}

// pause waits for the next refresh. It also checks whether the reader has left: a write
// would fail then, but there may be nothing to write for hours.
func (w watching) pause(ctx context.Context) error {
	if err := pause.For(ctx, w.interval); err != nil {
		return err
	}
	return readerLeft(w.out)
}
