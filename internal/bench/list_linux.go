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
		return compareLists(args)
	}
}

// listFlags are what the user can choose.
type listFlags struct {
	rounds int
	load   string
	quick  bool
	write  bool
	binary string // of porthole; the user may give another
}

func readListFlags(args []string) (f listFlags, err error) {
	flags := flag.NewFlagSet("list", flag.ContinueOnError)
	flags.IntVar(&f.rounds, "rounds", 11, "pairs of runs per tool")
	flags.StringVar(&f.load, "load", "", "only this load")
	flags.BoolVar(&f.quick, "quick", false, "porthole and ss only")
	flags.BoolVar(&f.write, "write", false, "write the table into docs/performance.md")
	flags.StringVar(&f.binary, "porthole", "", "measure this binary, else one built as it is released")
	return f, flags.Parse(args)
}

// compareLists measures the idle machine as it is, and the loads in a network
// namespace of their own, so that they are all there is and no port is taken.
func compareLists(args []string) error {
	f, err := readListFlags(args)
	if err != nil {
		return err
	}
	if f.binary == "" {
		dir, err := os.MkdirTemp("", "porthole-bench")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		f.binary = filepath.Join(dir, "porthole")
		if err := buildPorthole(f.binary); err != nil {
			return err
		}
		args = append(args, "-porthole", f.binary)
	}
	table := machine() + "| load | tool | wall ms | ratio to ss | CPU ms | peak MB | sockets found | holders found |\n|---|---|---|---|---|---|---|---|\n"
	idle, err := measureWanted(f, load{name: "idle"})
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, append([]string{listInside}, args...)...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	loaded, err := cmd.Output()
	if err != nil {
		return err
	}
	table += idle + string(loaded)
	fmt.Print(table)
	if f.write {
		return writeSection("list", table)
	}
	return nil
}

// measureLoads prints the lines of every load, in a namespace that is new.
func measureLoads(args []string) error {
	f, err := readListFlags(args)
	if err != nil {
		return err
	}
	if err := loopbackUp(); err != nil {
		return err
	}
	rows, err := measureWanted(f,
		load{"first", 230, 50, 1000, 200},
		load{"second", 2000, 200, 20000, 50},
		load{"third", 10000, 1000, 50000, 500},
	)
	fmt.Print(rows)
	return err
}

// measureWanted measures the loads among these that the user wants.
func measureWanted(f listFlags, loads ...load) (table string, err error) {
	for _, l := range loads {
		if f.load != "" && f.load != l.name {
			continue
		}
		rows, err := measureLoad(l, tools(f.binary, f.quick), f.rounds)
		if err != nil {
			return "", fmt.Errorf("load %s: %w", l.name, err)
		}
		table += rows
	}
	return table, nil
}

// measureLoad returns one load's lines of the table. porthole and what its ratios
// are to take turns among themselves, and the slower peers after them: what has
// run for long alone leaves the other processor asleep, which the next one pays for.
func measureLoad(l load, tools []tool, rounds int) (string, error) {
	truth, stop, err := start(l)
	if err != nil {
		return "", err
	}
	defer stop()
	runs := make([][]usage, len(tools))
	seen := make([]string, len(tools))
	for first, last := 0, pairedTools; first < len(tools); first, last = last, len(tools) {
		for round := range rounds {
			fmt.Fprintf(os.Stderr, "%s, round %d of %d\n", l.name, round+1, rounds)
			for i := range last - first {
				at := first + (i+round)%(last-first) // each goes first as often as the others
				u, out, err := tools[at].run()
				if err != nil {
					return "", err
				}
				runs[at] = append(runs[at], u)
				seen[at] = tools[at].completeness(out, truth)
			}
		}
	}
	name := l.title()
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
