package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// The names under which this program starts itself.
const (
	listInside = "list-inside" // in a network namespace of its own
	loadHelper = "list-load"   // a process that holds sockets
)

// benchList is the command, and the parts that this program plays for itself.
func benchList(part string, args []string) error {
	switch part {
	case listInside:
		return measureLoads(args)
	case loadHelper:
		return hold(args)
	default:
		return isolate(args)
	}
}

// isolate measures in a network namespace of its own, so that the loads are
// all there is and no port is taken.
func isolate(args []string) error {
	dir, err := os.MkdirTemp("", "porthole-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	porthole := filepath.Join(dir, "porthole")
	if err := buildPorthole(porthole, ""); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, append([]string{listInside, "-porthole", porthole}, args...)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	return cmd.Run()
}

// measureLoads runs every load in turn.
func measureLoads(args []string) error {
	flags := flag.NewFlagSet("list", flag.ContinueOnError)
	rounds := flags.Int("rounds", 11, "pairs of runs per tool")
	only := flags.String("load", "", "only this load")
	porthole := flags.String("porthole", "", "the porthole binary to measure")
	quick := flags.Bool("quick", false, "porthole and ss only")
	write := flags.Bool("write", false, "write the table into docs/performance.md")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := loopbackUp(); err != nil {
		return err
	}
	table := machine() + "| load | tool | wall ms | ratio to ss | CPU ms | peak MB | sockets found | holders found |\n|---|---|---|---|---|---|---|---|\n"
	for _, l := range []load{
		{"idle", 0, 0, 0, 0},
		{"first", 230, 50, 1000, 200},
		{"second", 2000, 200, 20000, 50},
		{"third", 10000, 1000, 50000, 500},
	} {
		if *only != "" && *only != l.name {
			continue
		}
		rows, err := measureLoad(l, tools(*porthole, *quick), *rounds)
		if err != nil {
			return fmt.Errorf("load %s: %w", l.name, err)
		}
		table += rows
	}
	fmt.Print(table)
	if *write {
		return writeSection("list", table)
	}
	return nil
}

// measureLoad returns one load's lines of the table. Each tool goes first as
// often as the others.
func measureLoad(l load, tools []tool, rounds int) (string, error) {
	truth, stop, err := start(l)
	if err != nil {
		return "", err
	}
	defer stop()
	runs := make([][]usage, len(tools))
	seen := make([]string, len(tools))
	for round := range rounds {
		fmt.Fprintf(os.Stderr, "%s, round %d of %d\n", l.name, round+1, rounds)
		for i := range tools {
			at := (i + round) % len(tools)
			u, out, err := tools[at].run()
			if err != nil {
				return "", err
			}
			runs[at] = append(runs[at], u)
			seen[at] = tools[at].completeness(out, truth)
		}
	}
	name := fmt.Sprintf("%s: %d listeners, %d UDP, %d connections, %d processes", l.name, l.tcp, l.udp, l.connections, l.processes)
	var b strings.Builder
	for i, t := range tools {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, t.name, summary(runs[i], runs[t.beside]), seen[i])
		name = "same"
	}
	return b.String(), nil
}

// summary is the medians, and the median of the ratios in pairs.
func summary(runs, beside []usage) string {
	var ratios []float64
	for i := range runs {
		ratios = append(ratios, float64(runs[i].Wall)/float64(beside[i].Wall))
	}
	wall := median(pick(runs, func(u usage) time.Duration { return u.Wall }))
	cpu := median(pick(runs, func(u usage) time.Duration { return u.CPU }))
	rss := slices.Max(pick(runs, func(u usage) int64 { return u.RSS }))
	return fmt.Sprintf("%.1f | %.2f | %.1f | %.0f", float64(wall)/1e6, median(ratios), float64(cpu)/1e6, float64(rss)/(1<<20))
}
