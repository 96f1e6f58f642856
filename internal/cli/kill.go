package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"porthole/internal/kill"
	"porthole/internal/label"
	"porthole/internal/listing"
	"porthole/internal/machine"
	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/registry"
	"porthole/sockets"
)

func (c console) killCommand() *cli.Command {
	flags := append([]cli.Flag{
		&cli.StringFlag{Name: "proto", Usage: "`PROTO` only tcp or udp"},
		&cli.StringFlag{Name: "signal", Aliases: []string{"s"}, Value: defaultSignal, Usage: "`SIGNAL` by name or number (default TERM; on Windows KILL)"},
		&cli.DurationFlag{Name: "timeout", Value: 5 * time.Second, Usage: "`D` to wait until the port is free (default 5s)"},
		&cli.BoolFlag{Name: "dry-run", Usage: "say what would end, and send nothing"},
		&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "do not ask"},
	}, commonFlags("kill")...)
	return &cli.Command{
		Name:      "kill",
		Usage:     "end what holds a port here, and wait until it is free",
		ArgsUsage: "PORT|NAME",
		Flags:     withoutOutput(flags),
		Action:    c.action(console.kill),
		Description: "A NAME is a program's or else a service's. Only this network namespace counts. " +
			"Exit codes: 0 the port is free now, 1 nobody held it or nothing was sent, 3 somebody still holds it.",
		UsageText: examples(
			"porthole kill 8080", "who is on it and what else ends, and after a yes TERM",
			"porthole kill 8080 --dry-run", "only say what would end",
			"porthole kill 8080 --yes --signal KILL", "for a script; KILL cannot be caught",
		),
	}
}

// withoutOutput leaves -o out, for a command that has no records to write.
func withoutOutput(flags []cli.Flag) []cli.Flag {
	return slices.DeleteFunc(flags, func(f cli.Flag) bool { return f.Names()[0] == "output" })
}

func (c console) kill(ctx *cli.Context) error {
	sig, err := parseSignal(ctx.String("signal"))
	if err != nil {
		return usage(fmt.Errorf("kill: %w", err))
	}
	services, err := c.services()
	if err != nil {
		return err
	}
	k := killing{console: c, services: services, signal: sig, timeout: ctx.Duration("timeout")}
	if err := k.readAsked(ctx); err != nil {
		return err
	}
	if err := k.look(ctx.Context); err != nil {
		return err
	}
	targets, err := k.targets()
	if err != nil {
		return err
	}
	if ctx.Bool("dry-run") {
		return k.describe(c.out, targets)
	}
	if err := k.confirm(ctx, targets); err != nil {
		return err
	}
	return k.run(ctx.Context, targets)
}

// killing is one run of kill.
type killing struct {
	console
	services *registry.Registry
	typed    string
	asked    func(record.Record) bool // whether a socket is on what was typed
	sockets  []record.Record          // of this network namespace, those of other ones are in others
	others   []record.Record
	signal   os.Signal
	timeout  time.Duration
}

// readAsked reads PORT|NAME. A word that can be both a program's and a service's
// name means the program.
func (k *killing) readAsked(ctx *cli.Context) error {
	if ctx.NArg() != 1 {
		return usagef("kill: want one port or program; write porthole kill 8080")
	}
	k.typed = ctx.Args().First()
	protos := []string{"tcp", "udp"}
	if ctx.IsSet("proto") {
		var err error
		if protos, err = splitWords("proto", ctx.String("proto"), protos...); err != nil {
			return err
		}
	}
	ports, err := k.services.ParsePorts(k.typed, protos...)
	if err != nil && listing.MeansPorts(k.typed) {
		return usage(fmt.Errorf("kill: %w", err))
	}
	if n := ports.Len("tcp") + ports.Len("udp"); err == nil && listing.MeansPorts(k.typed) && n > len(protos) {
		return usagef("kill: %q is more than one port; name one", k.typed)
	}
	onPort := func(r record.Record) bool { return err == nil && ports.Contains(r.Proto, r.Port) }
	named := func(r record.Record) bool {
		return slices.Contains(protos, r.Proto) &&
			slices.ContainsFunc(r.Holders(), func(p record.Process) bool { return p.Name == k.typed })
	}
	k.asked = func(r record.Record) bool {
		if !listing.MeansPorts(k.typed) && slices.ContainsFunc(k.sockets, named) {
			return named(r)
		}
		return onPort(r)
	}
	return nil
}

// look lists the sockets that wait, or are bound and may wait soon.
func (k *killing) look(ctx context.Context) error {
	snap, err := (&sockets.Lister{All: true}).List(ctx)
	if err != nil {
		return err
	}
	own := machine.NetNS()
	k.sockets, k.others = nil, nil
	known := make(label.Processes)
	for _, s := range snap.Sockets {
		r := *label.Socket(k.services, s, known)
		switch {
		case !r.Waits() && r.State != sockets.StateBoundInactive.String():
		case r.InNetNS(own):
			k.sockets = append(k.sockets, r)
		default:
			k.others = append(k.others, r)
		}
	}
	return nil
}

// held are the sockets that were asked for.
func (k *killing) held() (list []record.Record) {
	for _, r := range k.sockets {
		if k.asked(r) {
			list = append(list, r)
		}
	}
	return list
}

// targets are the processes to signal. The error says why the port cannot be made
// free.
func (k *killing) targets() ([]kill.Target, error) {
	held := k.held()
	if len(held) == 0 {
		return nil, k.nothing()
	}
	for _, r := range held {
		if len(r.Holders()) == 0 && r.Hidden == sockets.HiddenPermission.String() {
			return nil, fmt.Errorf("kill: %s is held by a process that this user may not see; root may", r.Endpoint())
		} else if len(r.Holders()) == 0 {
			return nil, fmt.Errorf("kill: %s has no process to signal (%s); porthole explain %d tells more", r.Endpoint(), r.Hidden, r.Port)
		}
	}
	targets := kill.Targets(held, k.sockets, kill.Protected{Self: os.Getpid(), Ancestors: machine.Ancestors()})
	for _, t := range targets {
		if t.Refusal == "" {
			continue
		}
		err := fmt.Errorf("kill: %s is held by %s, which is not signalled: %s", strings.Join(t.Holds, ", "), kill.Name(t.Process), t.Refusal)
		if t.Restart != "" {
			err = fmt.Errorf("%w (%s)", err, t.Restart)
		}
		return nil, err
	}
	return targets, nil
}

// nothing says that nothing here is on what was typed, and where else it is.
func (k *killing) nothing() error {
	for _, r := range k.others {
		if k.asked(r) && len(r.Holders()) > 0 {
			p := r.Holders()[0]
			return fmt.Errorf("kill: nothing in this network namespace holds %s; in another one %s does, and nsenter --target %d --net porthole kill %s ends it", k.typed, kill.Name(p), p.PID, k.typed)
		}
	}
	return fmt.Errorf("kill: nothing holds %s; porthole list shows what is held", k.typed)
}

// describe says who would be signalled and what else would end.
func (k *killing) describe(w io.Writer, targets []kill.Target) error {
	var b strings.Builder
	for _, t := range targets {
		p := t.Process
		fmt.Fprintf(&b, "%s of %s (%d)", strings.ToUpper(signalName(k.signal)), p.Name, p.PID)
		if p.User != "" {
			fmt.Fprintf(&b, ", user %s", p.User)
		}
		line := func(name, text string) {
			if text != "" {
				fmt.Fprintf(&b, "\n  %-9s %s", name, text)
			}
		}
		line("command", strings.Join(p.Cmdline, " "))
		line("holds", strings.Join(t.Holds, ", "))
		started := duration(time.Since(*p.Started)) + " ago"
		if len(p.Parents) > 0 {
			started += fmt.Sprintf(" by %s (%d)", p.Parents[0].Name, p.Parents[0].PID)
		}
		line("started", started)
		line("also", strings.Join(t.Also, ", "))
		line("stops", strings.Join(t.Stops, ", "))
		line("restart", t.Restart)
		b.WriteByte('\n')
	}
	for line := range strings.Lines(b.String()) {
		if _, err := fmt.Fprintln(w, report.Escape(strings.TrimSuffix(line, "\n"))); err != nil {
			return err
		}
	}
	return nil
}

// confirm asks on the terminal, unless the user has said yes already.
func (k *killing) confirm(ctx *cli.Context, targets []kill.Target) error {
	if ctx.Bool("yes") {
		return nil
	}
	in, isFile := k.in.(*os.File)
	if isFile {
		_, isFile = terminal(in)
	}
	if !isFile {
		return usagef("kill: there is no terminal to ask on; write --yes, or --dry-run to see what would end")
	}
	if err := k.describe(k.err, targets); err != nil {
		return err
	}
	fmt.Fprint(k.err, "Send it? [y/N] ")
	answer := make(chan string, 1)
	go func() { // ends with the program, since a terminal cannot be told to stop
		line, _ := bufio.NewReader(in).ReadString('\n')
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Context.Done():
		fmt.Fprintln(k.err)
		return ctx.Context.Err()
	case word := <-answer:
		if word != "y" && word != "yes" {
			return errors.New("kill: nothing was sent")
		}
		return nil
	}
}

// run signals the targets and waits until what was asked for is free.
func (k *killing) run(ctx context.Context, targets []kill.Target) error {
	var handles []*sockets.Handle
	defer func() {
		for _, h := range handles {
			h.Close()
		}
	}()
	for _, t := range targets { // all of them are held before the first is signalled
		h, err := sockets.Process{PID: t.Process.PID, Started: *t.Process.Started}.Hold(ctx)
		switch {
		case errors.Is(err, os.ErrProcessDone):
		case errors.Is(err, os.ErrPermission):
			return fmt.Errorf("kill: this user may not signal %s of user %s; root may", kill.Name(t.Process), t.Process.User)
		case err != nil:
			return fmt.Errorf("kill: %s: %w", kill.Name(t.Process), err)
		default:
			handles = append(handles, h)
		}
	}
	for _, h := range handles {
		if err := h.Signal(ctx, k.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("kill: %w", err)
		}
	}
	return k.wait(ctx, targets)
}

// wait looks until what was asked for is free, or the time is over. Where somebody
// may start the process again, it looks a while longer.
func (k *killing) wait(ctx context.Context, targets []kill.Target) error {
	const interval, respawn = 50 * time.Millisecond, time.Second
	begin := time.Now()
	deadline, held := begin.Add(k.timeout), k.endpoints()
	supervised := slices.ContainsFunc(targets, func(t kill.Target) bool { return t.Restart != "" })
	var free time.Time
	for {
		if err := k.look(ctx); err != nil {
			return err
		}
		still := k.still(held)
		switch {
		case len(still) > 0 && !free.IsZero():
			return k.complain("%s is held again, by %s: %s", k.typed, holdersOf(still), targets[0].Restart)
		case len(still) > 0 && time.Now().After(deadline):
			return k.complain("%s is still held by %s, %s after %s", k.typed, holdersOf(still), duration(k.timeout), signalName(k.signal))
		case len(still) == 0 && free.IsZero():
			free = time.Now()
			fallthrough
		case len(still) == 0:
			if !supervised || time.Since(free) > respawn {
				k.info("%s is free after %s", k.typed, duration(free.Sub(begin)))
				return nil
			}
		}
		if err := pause(ctx, interval); err != nil {
			return err
		}
	}
}

// endpoints are those of the sockets that have to go.
func (k *killing) endpoints() map[string]bool {
	set := make(map[string]bool)
	for _, r := range k.held() {
		set[r.Endpoint()] = true
	}
	return set
}

// still are the sockets at any of the endpoints now.
func (k *killing) still(held map[string]bool) (list []record.Record) {
	for _, r := range k.sockets {
		if held[r.Endpoint()] {
			list = append(list, r)
		}
	}
	return list
}

// complain prints why the port is not free.
func (k *killing) complain(format string, args ...any) error {
	printError(k.err, fmt.Errorf("kill: "+format, args...))
	return errIncomplete
}

func holdersOf(held []record.Record) string {
	var names []string
	for _, r := range held {
		for _, p := range r.Holders() {
			if name := kill.Name(p); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return "a process that is not known"
	}
	return list(names, "and")
}
