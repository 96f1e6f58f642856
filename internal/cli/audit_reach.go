package cli

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/audit"
	"porthole/internal/hosts"
	"porthole/internal/record"
	"porthole/internal/scanjob"
)

// readBoth reads the machine, and what a scan saw of it. A scan takes a while, so
// the sockets are read before it and after it.
func (c console) readBoth(ctx *cli.Context) (m audit.Machine, warnings []error, err error) {
	if m, warnings, err = c.readMachine(ctx.Context); err != nil {
		return m, nil, err
	}
	outside, err := c.readOutside(ctx)
	if err != nil {
		return m, nil, err
	}
	if ctx.Bool("reach") {
		outside.Before = m.Sockets
		if m, warnings, err = c.readMachine(ctx.Context); err != nil {
			return m, nil, err
		}
	}
	m.Scan = outside
	return m, warnings, nil
}

// readOutside returns what a scan saw of this machine: one from a file, or one
// made now. Without --reach and --from there is none.
func (c console) readOutside(ctx *cli.Context) (o audit.Scan, err error) {
	if ctx.IsSet("ports") && !ctx.Bool("reach") {
		return o, usagef("audit: --ports is about what --reach asks; write porthole audit --reach --ports %s", ctx.String("ports"))
	}
	if !ctx.Bool("reach") && !ctx.IsSet("from") {
		return o, nil
	}
	if ctx.Bool("reach") && ctx.IsSet("from") {
		return o, usagef("audit: --reach scans from here and --from reads a scan made elsewhere; give one of the two")
	}
	if o.Addrs, err = ownAddrs(); err != nil {
		return o, fmt.Errorf("audit: this machine's addresses: %w", err)
	}
	saved, err := c.outsideScan(ctx, o.Addrs)
	if err != nil {
		return o, err
	}
	o.Verdicts = saved.Records
	return o, c.checkOutside(saved, o)
}

func (c console) outsideScan(ctx *cli.Context, addrs []netip.Addr) (record.Saved, error) {
	if name := ctx.String("from"); name != "" {
		saved, err := readSaved(ctx.Context, name)
		if err != nil {
			return saved, fmt.Errorf("from: %w", err)
		}
		if saved.Command != "scan" {
			return saved, fmt.Errorf("from: %s was written by porthole %s; want what porthole scan --show all -o json=%s writes", name, saved.Command, name)
		}
		return saved, nil
	}
	return c.reachScan(ctx, addrs)
}

// reachScan scans the addresses of this machine that others can reach.
func (c console) reachScan(ctx *cli.Context, addrs []netip.Addr) (saved record.Saved, err error) {
	config := scanjob.Config{ShowAll: true, Discover: scanjob.DiscoverNever}
	if config.Registry, err = c.services(); err != nil {
		return saved, err
	}
	if config.Ports, err = config.Registry.ParsePorts(ctx.String("ports"), "tcp"); err != nil {
		return saved, usage(err)
	}
	var targets []string
	for _, a := range addrs {
		if !a.IsLoopback() && !a.IsLinkLocalUnicast() {
			targets = append(targets, a.String())
		}
	}
	if len(targets) == 0 {
		return saved, errors.New("audit: this machine has no address but loopback and link-local ones; --reach has nothing to scan")
	}
	if config.Targets, err = hosts.Parse(strings.Join(targets, ",")); err != nil {
		return saved, err
	}
	c.info("scanning this machine's own addresses: %s", strings.Join(targets, " "))
	c.quiet, c.verbose = true, false
	return c.scanNow(ctx.Context, config, "auto")
}

// checkOutside fails if a scan is not of this machine, and says what it cannot
// show.
func (c console) checkOutside(saved record.Saved, o audit.Scan) error {
	ours := o.Own()
	if len(ours) == 0 && len(saved.Records) > 0 {
		return fmt.Errorf("audit: the scan has no verdict on an address of this machine (%s); behind address translation, scan from inside of it", join(o.Addrs))
	}
	if !slices.ContainsFunc(ours, func(r record.Record) bool { return r.State == "closed" || r.State == "filtered" }) {
		c.info("the scan shows open ports only, so that nothing can be told of what is blocked; scan with --show all")
	}
	if !saved.Complete() {
		c.info("the scan is incomplete: there may be more to find")
	}
	return nil
}

// ownAddrs are the addresses of this network namespace.
func ownAddrs() (list []netip.Addr, err error) {
	addrs, err := net.InterfaceAddrs()
	for _, a := range addrs {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			list = append(list, prefix.Addr().WithZone("").Unmap())
		}
	}
	return list, err
}
