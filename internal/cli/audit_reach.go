package cli

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/audit"
	"porthole/internal/hosts"
	"porthole/internal/inspect"
	"porthole/internal/savedfile"
	"porthole/internal/scanjob"
	"porthole/registry"
	"porthole/scanner"
)

// readMachineAndScan reads the machine, and what a scan saw of it. A scan takes a while, so
// the sockets are read before it and after it.
func (c console) readMachineAndScan(ctx *cli.Context) (m inspect.Machine, warnings []error, err error) {
	services, err := c.services()
	if err != nil {
		return m, nil, err
	}
	if err := checkReachFlags(ctx); err != nil {
		return m, nil, err
	}
	m, warnings, err = inspect.Read(ctx.Context, services, inspect.How{NoBPF: noBPF(ctx)})
	if err != nil || !ctx.Bool("reach") && !ctx.IsSet("from") {
		return m, warnings, err
	}
	addrs, err := inspect.OwnAddrs()
	if err != nil {
		return m, nil, fmt.Errorf("audit: this machine's addresses: %w", err)
	}
	seen := audit.NewScan(addrs, m.Sockets)
	seen.Inside = ctx.Bool("reach")
	complete := false
	if name := ctx.String("from"); name != "" {
		complete, err = fromFile(ctx.Context, name, services, seen)
	} else {
		complete, err = c.reachScan(ctx, addrs, seen)
	}
	if err == nil {
		err = c.checkOutside(addrs, seen, complete)
	}
	if err != nil {
		return m, nil, err
	}
	if ctx.Bool("reach") {
		if m, warnings, err = inspect.Read(ctx.Context, services, inspect.How{NoBPF: noBPF(ctx)}); err != nil {
			return m, nil, err
		}
	}
	m.Scan = seen
	return m, warnings, nil
}

func checkReachFlags(ctx *cli.Context) error {
	switch {
	case ctx.IsSet("ports") && !ctx.Bool("reach"):
		return usagef("audit: --ports is about what --reach asks; write porthole audit --reach --ports %s", ctx.String("ports"))
	case ctx.Bool("reach") && ctx.IsSet("from"):
		return usagef("audit: --reach scans from here and --from reads a scan made elsewhere; give one of the two")
	}
	if which := ctx.String("netns"); (ctx.Bool("reach") || ctx.IsSet("from")) && !slices.Contains(scopes(), which) {
		return usagef("audit: --reach and --from tell of this network namespace alone; leave them out, or --netns %s", which)
	}
	return nil
}

// fromFile takes the verdicts of a scan that was made elsewhere.
func fromFile(ctx context.Context, name string, services *registry.Registry, to *audit.Scan) (complete bool, err error) {
	source, err := savedfile.Rows(ctx, name, services, to.Write)
	if err != nil {
		return false, fmt.Errorf("from: %w", err)
	}
	if source.Command != "scan" {
		return false, fmt.Errorf("from: %s was written by porthole %s; want what porthole scan --show all -o json=%s writes", name, source.Command, name)
	}
	return source.Saved().Complete(), nil
}

// reachScan scans the addresses of this machine that others can reach. Only open
// ports become records: the others are many.
func (c console) reachScan(ctx *cli.Context, addrs []netip.Addr, to *audit.Scan) (complete bool, err error) {
	config := scanjob.Config{Show: []scanner.State{scanner.StateOpen}, Discover: scanjob.DiscoverNever}
	if config.Registry, err = c.services(); err != nil {
		return false, err
	}
	if config.Ports, err = config.Registry.ParsePorts(ctx.String("ports"), "tcp"); err != nil {
		return false, usage(err)
	}
	var targets []string
	for _, a := range addrs {
		if !a.IsLoopback() && !a.IsLinkLocalUnicast() {
			targets = append(targets, a.String())
		}
	}
	if len(targets) == 0 {
		return false, errors.New("audit: this machine has no address but loopback and link-local ones; --reach has nothing to scan")
	}
	if config.Targets, err = hosts.Parse(strings.Join(targets, ",")); err != nil {
		return false, err
	}
	c.info("scanning this machine's own addresses: %s", sumUpAddrs(targets))
	d, err := c.startProgress("auto", outputs{})
	if err != nil {
		return false, err
	}
	defer d.Close()
	d.quiet, d.verbose, d.showOpen = true, false, false // what is open is material, not the answer
	sum, err := scanInto(ctx.Context, config, d, to)
	if err == nil {
		err = to.Err()
	}
	return sum != nil && sum.Complete, err
}

// sumUpAddrs names a few addresses, and counts the others.
func sumUpAddrs(addrs []string) string {
	const few = 8
	if len(addrs) > few+1 {
		return fmt.Sprintf("%s and %d more", strings.Join(addrs[:few], " "), len(addrs)-few)
	}
	return strings.Join(addrs, " ")
}

// checkOutside fails if a scan is not of this machine, and says what it cannot
// show.
func (c console) checkOutside(addrs []netip.Addr, seen *audit.Scan, complete bool) error {
	if seen.IsOther() {
		return fmt.Errorf("audit: the scan has no verdict on an address of this machine (%s); behind address translation, scan from inside of it", join(addrs))
	}
	if seen.OpenOnly() {
		c.info("the scan shows open ports only, so that nothing can be told of what is blocked; scan with --show all")
	}
	if !complete {
		c.info("the scan is incomplete: there may be more to find")
	}
	return nil
}
