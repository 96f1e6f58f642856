package cli

import (
	"context"
	"iter"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/urfave/cli/v2"

	"porthole/internal/privilege"
	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/internal/scanjob"
	"porthole/scanner"
)

func (c console) scanCommand() *cli.Command {
	flags := append([]cli.Flag{
		&cli.StringFlag{Name: "ports", Aliases: []string{"p"}, Usage: "`EXPR` ports: 22,8000-9000 - https T:22,U:53 common"},
		&cli.IntFlag{Name: "top", Usage: "`N` the first N ports of the ranked list"},
		&cli.BoolFlag{Name: "udp", Usage: "UDP instead of TCP"},
		&cli.StringFlag{Name: "input", Aliases: []string{"i"}, Usage: "`FILE` read targets from a file, or nmap's XML; - is standard input"},
		&cli.GenericFlag{Name: "exclude", Value: new(texts), Usage: "`TARGETS` never ask these addresses"},
		&cli.StringFlag{Name: "exclude-file", Usage: "`FILE` never ask the addresses in it"},
		&cli.BoolFlag{Name: "strict", Usage: "a bad line in a file of targets stops the scan"},
		&cli.StringFlag{Name: "exclude-ports", Usage: "`EXPR` never ask these ports"},
		&cli.BoolFlag{Name: "4", Usage: "IPv4 only"},
		&cli.BoolFlag{Name: "6", Usage: "IPv6 only"},
		&cli.StringFlag{Name: "source", Usage: "`ADDR` leave from this address of this machine"},
		&cli.StringFlag{Name: "interface", Usage: "`IF` leave by this network interface"},
		&cli.IntFlag{Name: "concurrency", Aliases: []string{"c"}, Usage: "`N` probes in flight at most (default by limits)"},
		&cli.Float64Flag{Name: "rate", Usage: "`N` attempts per second at most (default no limit)"},
		&cli.DurationFlag{Name: "timeout", Value: scanner.DefaultTimeout, Usage: "`D` how long one attempt may take (default 2s)"},
		&cli.DurationFlag{Name: "host-timeout", Usage: "`D` time for one host; the rest of it is unknown"},
		&cli.IntFlag{Name: "retries", Value: scanner.DefaultAttempts - 1, Usage: "`N` further attempts after silence (default 1)"},
		verifyFlag("ask each open port what answers; =all asks devices, too"),
		expiryFlag(),
		&cli.BoolFlag{Name: "rdns", Usage: "look up the names of addresses with a result"},
		&cli.StringFlag{Name: "discover", Value: "auto", Usage: "`HOW` find dead addresses first: auto, always, never, only"},
		&cli.Uint64Flag{Name: "seed", Usage: "`N` repeat the order of an earlier scan"},
		&cli.BoolFlag{Name: "dry-run", Usage: "say what would be asked; send nothing"},
		&cli.StringFlag{Name: "shard", Usage: "`I/N` ask the I-th of N parts; merge joins them"},
		&cli.StringFlag{Name: "resume", Usage: "`FILE` keep the scan in FILE, or go on with it"},
		&cli.StringFlag{Name: "progress", Value: "auto", Usage: "`WHEN` how far it is: auto (on a terminal), always, never"},
		&cli.StringFlag{Name: "show", Usage: "`STATES` open, closed, filtered, unknown, all ..."},
	}, commonFlags("scan")...)
	return &cli.Command{
		Name:        "scan",
		Usage:       "ask hosts which ports answer",
		ArgsUsage:   "TARGET...",
		Flags:       flags,
		Action:      c.action(console.scan),
		Description: "A target is a name, an address, a CIDR, a range (192.0.2.1-50, 192.0.2.*) or host:port.",
		UsageText: examples(
			"porthole scan localhost", "the common ports of this machine",
			"porthole scan example.com -p 22,80,443", "three ports of a name's addresses",
			"porthole scan 192.0.2.0/24 -p https -o csv", "one port of a network",
		),
	}
}

func (c console) scan(ctx *cli.Context) error {
	if ctx.Bool("dry-run") {
		return c.dryRun(ctx)
	}
	return c.realScan(ctx)
}

// realScan scans, and closes every output whatever happens.
func (c console) realScan(ctx *cli.Context) error {
	checkpoint, err := openCheckpoint(ctx)
	if err != nil {
		return err
	}
	defer checkpoint.Close()
	o, err := c.scanOutputs(ctx)
	if err != nil {
		return err
	}
	o.options.Live = true
	config, err := c.scanConfig(ctx, checkpoint)
	if err != nil {
		return err
	}
	o.options.Asked = askedPorts(config, o.options.Kind)
	d, err := c.startProgress(ctx.String("progress"), o)
	if err != nil {
		return err
	}
	defer d.Close()
	c.err = d
	config.Hooks, d.verifies = d.hooks(), config.Verify != nil
	o.needsRoot = true
	if d.verifies {
		// Verification allocates much and keeps little.
		defer debug.SetGCPercent(debug.SetGCPercent(200))
	}
	c.limit(o.scanNeed(ctx.IsSet("resume")))
	job, err := scanjob.Prepare(ctx.Context, config)
	if err != nil {
		return scanError(err)
	}
	sum, err := o.write(d.aboveBar(c.out), func(out *report.Output, sum *record.Summary) error {
		done, err := job.Run(ctx.Context, out)
		d.found.drop()
		d.Hide()
		*sum = *done
		sum.Args = c.args[1:]
		return scanError(err)
	})
	if sum == nil {
		return err
	}
	d.rtts.print(c.err)
	c.sumUpScan(ctx, scanWords{recordKind(ctx), fewPorts(ctx, job), d.failed.why()}, sum, err)
	if err == nil && sum.Shards <= 1 && sum.Alive+sum.Down == 0 { // else the silent ones were told apart
		for _, note := range d.silent.notes(ctx.Context, &scanner.Neighbours{Source: config.Scanner.Source, Interface: config.Scanner.Interface}) {
			c.info("%s", note)
		}
	}
	if note := d.local.note(runtime.GOOS); note != "" {
		c.info("%s", note)
	}
	if err == nil && !sum.Complete {
		return errIncomplete
	}
	return err
}

// scanOutputs reads the outputs of a scan.
func (c console) scanOutputs(ctx *cli.Context) (outputs, error) {
	o, err := c.outputs(ctx, "scan", recordKind(ctx))
	if err == nil && o.options.Kind == record.KindHost {
		err = checkDiscoverOnly(ctx, o.specs)
	}
	return o, err
}

// recordKind is the kind of the records that a scan makes.
func recordKind(ctx *cli.Context) string {
	if ctx.String("discover") == string(scanjob.DiscoverOnly) {
		return record.KindHost
	}
	return record.KindPort
}

// askedPorts are the ports that a scan asks of every address, by protocol.
func askedPorts(config scanjob.Config, kind string) map[string]iter.Seq[uint16] {
	if kind == record.KindHost {
		return nil
	}
	asked := make(map[string]iter.Seq[uint16])
	ports := config.Ports.Minus(config.ExcludePorts)
	for _, proto := range ports.Protos() {
		asked[proto] = ports.All(proto)
	}
	return asked
}

// scanNeed is what a scan needs of root's capabilities, which is nothing but to write
// its files: they are created after names were looked up.
func (o outputs) scanNeed(resumes bool) privilege.Need {
	if resumes || slices.ContainsFunc(o.specs, func(s report.Spec) bool { return s.File != "" }) {
		return privilege.Files
	}
	return privilege.None
}

// scanNow runs a scan for another command, and keeps its records. When is the
// value of --progress.
func (c console) scanNow(ctx context.Context, config scanjob.Config, when string) (record.Saved, error) {
	d, err := c.startProgress(when, outputs{})
	if err != nil {
		return record.Saved{}, err
	}
	defer d.Close()
	var found record.List
	sum, err := scanInto(ctx, config, d, &found)
	return record.Saved{Command: "scan", Records: found, Summary: sum}, err
}

// scanInto runs a scan for another command, which takes the verdicts.
func scanInto(ctx context.Context, config scanjob.Config, d *scanProgress, to scanjob.Output) (*record.Summary, error) {
	config.Hooks, d.verifies = d.hooks(), config.Verify != nil
	job, err := scanjob.Prepare(ctx, config)
	if err != nil {
		return nil, scanError(err)
	}
	sum, err := job.Run(ctx, to)
	return sum, scanError(err)
}
