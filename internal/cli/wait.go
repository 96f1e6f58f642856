package cli

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"porthole/internal/hosts"
	"porthole/registry"
)

// What wait waits for.
const (
	waitOpen   = "open"   // somebody answers
	waitClosed = "closed" // the host says that nobody does, or on macOS and the BSDs somebody on the way refuses
	waitFree   = "free"   // a new server could have the port
)

func waitFors() []string { return []string{waitOpen, waitClosed, waitFree} }

func (c console) waitCommand() *cli.Command {
	flags := append([]cli.Flag{
		&cli.StringFlag{Name: "for", Value: waitOpen, Usage: "`WHAT` open (default), closed or, of ports here, free"},
		&cli.DurationFlag{Name: "timeout", Value: 30 * time.Second, Usage: "`D` before it gives up (default 30s)"},
		&cli.DurationFlag{Name: "interval", Value: 500 * time.Millisecond, Usage: "`D` between two attempts on another machine (default 500ms)"},
		&cli.BoolFlag{Name: "any", Usage: "one of them is enough"},
	}, commonFlags("wait")...)
	return &cli.Command{
		Name:      "wait",
		Usage:     "wait until TCP ports are open, closed or free",
		ArgsUsage: "PORT|HOST:PORT...",
		Flags:     withoutOutput(flags),
		Action:    c.action(console.wait),
		Description: "A PORT is one of this machine: the kernel is asked who listens, and nothing connects to it. " +
			"Exit codes: 0 it is so, 3 the time is over.",
		UsageText: examples(
			"porthole wait db.example.com:5432 6379", "until both can be used",
			"porthole wait 8080 --for free && ./server", "until the last server has let go",
			"porthole wait a.example.com:443 b.example.com:443 --any", "until one of them answers",
		),
	}
}

func (c console) wait(ctx *cli.Context) error {
	services, err := c.services()
	if err != nil {
		return err
	}
	w := portWait{console: c, what: ctx.String("for"), any: ctx.Bool("any"), timeout: ctx.Duration("timeout"), interval: ctx.Duration("interval")}
	if err := checkWord("for", w.what, waitFors()...); err != nil {
		return err
	}
	if !ctx.Args().Present() {
		return usagef("wait: want ports; write porthole wait 8080, or porthole wait HOST:PORT")
	}
	for _, arg := range ctx.Args().Slice() {
		p, err := readWaitPort(arg, services)
		if err != nil {
			return usage(fmt.Errorf("wait: %w", err))
		}
		if w.what == waitFree && !p.local() {
			return usagef("wait: whether %s is free cannot be told from here; --for closed asks whether it refuses", arg)
		}
		w.ports = append(w.ports, p)
	}
	return w.run(ctx.Context)
}

// waitPort is one port to wait for.
type waitPort struct {
	typed string
	host  string     // name to look up; "" none
	addr  netip.Addr // not valid if there is a name, or for a port of this machine at any address
	port  uint16

	holds bool   // at the last look it was as it is waited for
	state string // how it was then: "open", "closed", "free", "filtered"; "" not known
	why   string // the evidence for that: "conn-refused from ::1"
	told  bool   // the user knows that it holds
}

// local reports whether this machine's kernel can tell.
func (p *waitPort) local() bool {
	return p.host == "" && !p.addr.IsValid() || p.host == "localhost" || p.addr.IsLoopback()
}

// readWaitPort reads PORT or HOST:PORT. A port can be a service's name.
func readWaitPort(arg string, services *registry.Registry) (*waitPort, error) {
	if ports, err := services.ParsePorts(arg, "tcp"); err == nil && !strings.Contains(arg, ":") {
		if ports.Len("tcp") != 1 || ports.Contains("tcp", 0) {
			return nil, fmt.Errorf("%q is no single TCP port", arg)
		}
		for port := range ports.All("tcp") {
			return &waitPort{typed: arg, port: port}, nil
		}
	}
	targets, err := hosts.Parse(arg)
	if err != nil {
		return nil, err
	}
	for t := range targets.All() {
		p := &waitPort{typed: arg, host: t.Name, port: t.Port}
		if t.Name == "" {
			p.addr = t.Ranges[0].From().WithZone(t.Zone)
		}
		switch {
		case targets.Len() > 1 || len(t.Ranges) > 1 || t.Name == "" && t.Ranges[0].From() != t.Ranges[0].To():
			return nil, fmt.Errorf("%q is more than one host; write them apart", arg)
		case t.Port == 0:
			return nil, fmt.Errorf("%q has no port; write %s:PORT", arg, arg)
		}
		return p, nil
	}
	return nil, fmt.Errorf("%q is no host", arg)
}

// portWait is one run of wait.
type portWait struct {
	console
	ports             []*waitPort
	what              string
	any               bool
	timeout, interval time.Duration
	connectAt         time.Time // when ports of other machines are asked next
}

// run looks again and again until what is waited for is so, or the time is over.
func (w *portWait) run(ctx context.Context) error {
	const interval = 50 * time.Millisecond // of looks at this machine, a millisecond each
	begin := time.Now()
	limited, cancel := context.WithDeadline(ctx, begin.Add(w.timeout))
	defer cancel()
	line := w.statusLine()
	defer line.clear()
	for {
		if err := w.look(ctx, limited); err != nil && limited.Err() == nil {
			return err
		}
		line.clear()
		switch {
		case w.done(time.Since(begin)):
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case limited.Err() != nil:
			w.complain()
			return errIncomplete
		}
		line.show("waiting for %s: %s of %s", strings.Join(w.missing(), ", "), time.Since(begin).Truncate(time.Second), w.timeout)
		pause(limited, interval) // its error is seen after the next look
	}
}

// look sees how the ports are now. The time limit is that of connecting alone:
// the kernel answers at once, so that something is known however short it is.
func (w *portWait) look(ctx, limited context.Context) error {
	var here, elsewhere []*waitPort
	for _, p := range w.ports {
		if p.local() {
			here = append(here, p)
		} else {
			elsewhere = append(elsewhere, p)
		}
	}
	if err := w.lookHere(ctx, here); err != nil || time.Now().Before(w.connectAt) {
		return err
	}
	err := w.connect(limited, elsewhere)
	w.connectAt = time.Now().Add(w.interval)
	return err
}

// done says which ports have become what is waited for, and reports whether that
// is enough. All must be so at the same look.
func (w *portWait) done(after time.Duration) bool {
	n := 0
	for _, p := range w.ports {
		if !p.holds {
			continue
		}
		n++
		if !p.told {
			p.told = true
			w.info("%s is %s after %s (%s)", p.typed, p.state, duration(after), p.why)
		}
	}
	return n == len(w.ports) || w.any && n > 0
}

func (w *portWait) missing() (names []string) {
	for _, p := range w.ports {
		if !p.holds {
			names = append(names, p.typed)
		}
	}
	return names
}

// complain says how the ports were when the time was over.
func (w *portWait) complain() {
	for _, p := range w.ports {
		if !p.holds {
			printError(w.err, fmt.Errorf("wait: after %s %s is not %s: %s", duration(w.timeout), p.typed, w.what, strings.TrimSpace(p.state+" ("+cmp.Or(p.why, "it could not be asked in that time")+")")))
		}
	}
}
