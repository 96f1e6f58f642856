package cli

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"porthole/internal/listing"
	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/sockets"
)

func (c console) listCommand() *cli.Command {
	return &cli.Command{
		Name:        "list",
		Aliases:     []string{"ls"},
		Usage:       "this machine's listeners and who holds them",
		ArgsUsage:   "[QUERY...]",
		Flags:       slices.Concat(listFlags(), rowFlags(), listVerifyFlags(), commonFlags("list")),
		Action:      c.action(console.list),
		Description: "A query is a port expression or part of a process name. Queries widen the list; filters narrow it.",
		UsageText: examples(
			"porthole list", "listeners, who holds and can reach them",
			"porthole list 8080", "who is on port 8080",
			"porthole list --privileged -o json", "the privileged binds for a program",
		),
	}
}

// listFlags choose sockets, for list and watch.
func listFlags() []cli.Flag {
	return append([]cli.Flag{
		&cli.BoolFlag{Name: "all", Aliases: []string{"a"}, Usage: "every state, else listeners and unconnected UDP"},
		&cli.StringFlag{Name: "port", Usage: "`EXPR` only these local ports"},
		&cli.IntFlag{Name: "pid", Usage: "`PID` only sockets that this process holds"},
		&cli.StringFlag{Name: "user", Usage: "`USER` only sockets of this user, by name or number"},
		&cli.StringFlag{Name: "process", Usage: "`NAME` only those of processes named so, by part or glob"},
		&cli.StringFlag{Name: "proto", Usage: "`PROTO` only tcp, udp or udplite"},
		&cli.BoolFlag{Name: "tcp", Aliases: []string{"t"}, Usage: "only TCP; with -u both"},
		&cli.BoolFlag{Name: "udp", Aliases: []string{"u"}, Usage: "only UDP"},
		&cli.BoolFlag{Name: "4", Usage: "only IPv4 addresses"},
		&cli.BoolFlag{Name: "6", Usage: "only IPv6 addresses"},
		&cli.StringFlag{Name: "state", Usage: "`STATE,...` only sockets in these states, as ss names them"},
		&cli.StringFlag{Name: "remote", Usage: "`CIDR` only connections with a peer in this network"},
		&cli.StringFlag{Name: "exposure", Usage: "`KIND,...` only loopback, local, public, all (wildcard); reachable, firewalled"},
		&cli.BoolFlag{Name: "privileged", Usage: "only sockets bound to a privileged port"},
		&cli.StringFlag{Name: "netns", Value: "all", Usage: "`WHICH` all readable network namespaces (default), or self"},
		&cli.BoolFlag{Name: "no-process", Usage: "do not look for the processes; fastest"},
	}, sourceFlags()...)
}

func (c console) list(ctx *cli.Context) error {
	o, err := c.outputs(ctx, "list", record.KindSocket)
	if err != nil {
		return err
	}
	// The collector may wait: the program ends soon, and a table of 10,000 sockets
	// is 30 MB at most.
	debug.SetGCPercent(400)
	l, err := c.listing(ctx)
	if err != nil {
		return err
	}
	how, err := readVerify(ctx)
	if err != nil {
		return err
	}
	order, err := o.readRows(ctx)
	if err != nil {
		return err
	}
	if ctx.Bool("count") {
		return c.count(ctx, l)
	}
	var snap sockets.Snapshot
	unread := ""
	o.needsRoot = true
	sum, err := o.write(c.out, func(out *report.Output, sum *record.Summary) (err error) {
		sum.Args, sum.ListCounts = c.args[1:], &record.ListCounts{}
		o.keeping.Store(false) // nothing is there yet, and it may wait for a disk or a container runtime
		var shown []listing.Shown
		if snap, err = l.Lister.List(ctx.Context); err == nil {
			shown = l.Shown(snap) // thousands of rules take a while to follow
		}
		o.keeping.Store(true)
		if err != nil {
			return err
		}
		c.limit(needOf(out))
		sum.Complete, sum.MayMatch = snap.Complete(), l.Unjudged(snap)
		return order.write(out, func(out recordWriter) (err error) {
			if how != nil {
				unread, err = c.writeVerified(ctx.Context, how, snap, shown, l, out, sum)
			} else {
				unread, err = l.Write(shown, out, sum.ListCounts)
			}
			return err
		})
	})
	if err != nil {
		return writeError(err, verdict(false, snap.Complete()))
	}
	c.sumUpList(ctx, snap, sum, unread)
	return verdict(false, sum.Complete)
}

func (c console) sumUpList(ctx *cli.Context, snap sockets.Snapshot, s *record.Summary, unread string) {
	c.missing(snap.Warnings)
	n := s.ListCounts
	c.unjudged(n.MayMatch, snap)
	if n.Sockets == 0 {
		c.noSuchHolder(ctx)
	}
	if port := ctx.Args().First(); n.Sockets == 0 && ctx.NArg() == 1 && isPort(port) && !ctx.Bool("all") {
		c.info("no socket here waits on port %s; porthole explain %s tells what else has it", port, port)
	}
	if n.Hidden > 0 {
		c.info("%s", hiddenNote(n.Hidden, hiddenIn(snap)))
	}
	if unread != "" {
		c.info("%s", unreadNote(unread))
	}
	line := fmt.Sprintf("%s, %s, %d privileged", plural(n.Sockets, "socket"), plural(n.Processes, "process"), n.Privileged)
	if ctx.Bool("no-process") {
		line = fmt.Sprintf("%s, %d privileged", plural(n.Sockets, "socket"), n.Privileged)
	}
	c.info("%s in %s", line, seconds(s.Elapsed))
	c.sumUpVerify(s)
}

// unjudged tells of sockets that are left out only since their holders are hidden.
func (c console) unjudged(n int, snap sockets.Snapshot) {
	if n > 0 {
		c.info("%s", mayMatchNote(n, hiddenIn(snap)))
	}
}

// noSuchHolder tells of a process or user that was asked for and that there is not.
func (c console) noSuchHolder(ctx *cli.Context) {
	if pid := ctx.Int("pid"); ctx.IsSet("pid") {
		p, err := os.FindProcess(pid)
		if err == nil {
			err = p.Signal(syscall.Signal(0))
		}
		if pid == 0 || errors.Is(err, os.ErrProcessDone) {
			c.info("no process has the number %d", pid)
		}
	}
	if _, err := user.Lookup(ctx.String("user")); ctx.IsSet("user") && strings.Trim(ctx.String("user"), "0123456789") != "" {
		if _, unknown := errors.AsType[user.UnknownUserError](err); unknown {
			c.info("no user here is called %s", ctx.String("user"))
		}
	}
}

// hiddenIn reports whether a socket of a snapshot hides its holder for a reason.
func hiddenIn(snap sockets.Snapshot) func(sockets.Hidden) bool {
	return func(why sockets.Hidden) bool {
		return slices.ContainsFunc(snap.Sockets, func(s sockets.Socket) bool { return s.Hidden == why })
	}
}

// unreadNote says that the exposure is about bind addresses alone, and why.
func unreadNote(why string) string {
	return "who gets past the firewall cannot be told: " + why
}
