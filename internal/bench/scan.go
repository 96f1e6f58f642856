//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"porthole/internal/netlab"
)

// scanBench is one call of the benchmark.
type scanBench struct {
	runs   int           // of porthole, each with a seed of its own
	peers  int           // of each peer
	limit  time.Duration // for one run of a peer
	only   string
	write  bool
	dir    string // holds the binaries
	common string // the common TCP ports, for nmap
}

func benchScan(args []string) error {
	var b scanBench
	flags := flag.NewFlagSet("scan", flag.ContinueOnError)
	flags.IntVar(&b.runs, "runs", 5, "runs of porthole, each with a seed of its own")
	flags.IntVar(&b.peers, "peer-runs", 1, "runs of each peer")
	flags.DurationVar(&b.limit, "limit", 2*time.Minute, "end a run after this long")
	flags.StringVar(&b.only, "case", "", "only cases whose name contains this")
	flags.BoolVar(&b.write, "write", false, "write the table into docs/performance.md")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "porthole-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b.dir = dir
	if err := b.build(); err != nil {
		return err
	}
	var rows []scanRow
	for _, c := range scanCases() {
		if !strings.Contains(c.name, b.only) {
			continue
		}
		more, err := b.measureCase(c)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		rows = append(rows, more...)
	}
	table := scanTable(rows)
	fmt.Print(table)
	if b.write {
		return writeSection("scan", table)
	}
	return nil
}

// build makes porthole twice: with this system's engine, and with the portable
// one.
func (b *scanBench) build() error {
	for name, tags := range map[string][]string{"porthole": nil, "portable": {"porthole_portable"}} {
		if err := buildPorthole(filepath.Join(b.dir, name), tags...); err != nil {
			return err
		}
	}
	out, err := exec.Command(filepath.Join(b.dir, "porthole"), "lookup", "common", "-o", "jsonl", "-q").Output()
	if err != nil {
		return err
	}
	var ports []string
	for r := range records(out) {
		if r.Proto == "tcp" && r.Common {
			ports = append(ports, strconv.Itoa(int(r.Port)))
		}
	}
	b.common = strings.Join(ports, ",")
	return nil
}

// buildPorthole builds the binary as it is released, but for further tags.
func buildPorthole(path string, tags ...string) error {
	if out, err := exec.Command(".ci/build", append([]string{path}, tags...)...).CombinedOutput(); err != nil {
		return fmt.Errorf("building porthole: %w\n%s", err, out)
	}
	return nil
}

// scanRow is one tool on one case, over its runs.
type scanRow struct {
	scanCase
	tool  string
	runs  []usage
	found []int // of the open ports, per run
	false []int // open rows that are not, per run
	open  int
	note  string
	late  time.Duration // worst lateness of the link, which is not the tool's fault
}

func (b *scanBench) measureCase(c scanCase) ([]scanRow, error) {
	fmt.Fprintln(os.Stderr, c.name)
	var rows []scanRow
	tools := []struct {
		name string
		argv func(run int) []string
		runs int
		read func([]byte) map[netip.AddrPort]bool
	}{
		{"porthole", func(run int) []string { return c.porthole(filepath.Join(b.dir, "porthole"), run) }, b.runs, openInJSONL},
		{"portable engine", func(run int) []string { return c.porthole(filepath.Join(b.dir, "portable"), run) }, b.peers, openInJSONL},
		{"nmap -sT", func(int) []string { return c.nmap(b.common) }, b.peers, openInGrepable},
		{"nmap -sT -T4", func(int) []string { return c.nmap(b.common, "-T4") }, b.peers, openInGrepable},
	}
	for _, tool := range tools {
		if c.noNmap && strings.HasPrefix(tool.name, "nmap") {
			continue
		}
		row := scanRow{scanCase: c, tool: tool.name}
		for run := range tool.runs {
			u, out, truth, late, err := b.once(c, tool.argv(run+1))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", tool.name, err)
			}
			found, wrong := score(tool.read(out), truth)
			row.open = len(truth)
			row.runs, row.found, row.false = append(row.runs, u), append(row.found, found), append(row.false, wrong)
			row.note = noteOf(c, out, truth, row.note)
			row.late = max(row.late, late)
			fmt.Fprintf(os.Stderr, "  %-16s %6.2f s  %d/%d found, %d false\n", tool.name, u.Wall.Seconds(), found, len(truth), wrong)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// once runs one tool in a lab of its own, so that no run inherits connections
// or rate-limit credit from the one before. late is by how much the link was
// late at worst: it shares the processors with the tool.
func (b *scanBench) once(c scanCase, argv []string) (u usage, out []byte, truth []netip.AddrPort, late time.Duration, err error) {
	lab, err := netlab.New(c.config)
	if err != nil {
		return u, nil, nil, 0, err
	}
	defer lab.Close()
	if truth, err = c.setup(lab); err != nil {
		return u, nil, nil, 0, err
	}
	side, limit := lab.Scanner(), b.limit
	if c.inside {
		side = lab.Target()
	}
	if c.cancel > 0 {
		limit = c.cancel
	}
	if u, out, err = measure(limit, side.Command, argv...); err != nil {
		return u, nil, nil, 0, err
	}
	link, err := lab.Stats()
	if missed := link.ToTarget.Missed + link.ToScanner.Missed + link.ToTarget.Overruns + link.ToScanner.Overruns; missed > 0 {
		fmt.Fprintf(os.Stderr, "  the link was too slow for %d packets\n", missed)
	}
	return u, out, truth, max(link.ToTarget.WorstLate, link.ToScanner.WorstLate), err
}

// score counts the open ports that were found and the found ones that are not
// open.
func score(open map[netip.AddrPort]bool, truth []netip.AddrPort) (found, wrong int) {
	for _, t := range truth {
		if open[t] {
			found++
		}
	}
	return found, len(open) - found
}

// record is what the benchmark reads of porthole's records.
type record struct {
	Kind, Proto, Addr, State string
	Port                     uint16
	Common                   bool
	Closed, Filtered         int
	Unknown, Probes          int
}

func records(out []byte) func(func(record) bool) {
	return func(yield func(record) bool) {
		for line := range bytes.Lines(out) {
			var r record
			if json.Unmarshal(line, &r) == nil && !yield(r) {
				return
			}
		}
	}
}

func openInJSONL(out []byte) map[netip.AddrPort]bool {
	open := make(map[netip.AddrPort]bool)
	for r := range records(out) {
		if addr, err := netip.ParseAddr(r.Addr); err == nil && r.State == "open" {
			open[netip.AddrPortFrom(addr, r.Port)] = true
		}
	}
	return open
}

// openInGrepable reads nmap's grepable lines: Host: ADDR (NAME)<tab>Ports:
// PORT/STATE/PROTO/..., and so on.
func openInGrepable(out []byte) map[netip.AddrPort]bool {
	open := make(map[netip.AddrPort]bool)
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		host, ports, isPorts := strings.Cut(lines.Text(), "Ports: ")
		fields := strings.Fields(host)
		if !isPorts || len(fields) < 2 {
			continue
		}
		addr, err := netip.ParseAddr(fields[1])
		if err != nil {
			continue
		}
		for p := range strings.SplitSeq(ports, ", ") {
			parts := strings.Split(p, "/")
			port, err := strconv.ParseUint(parts[0], 10, 16)
			if err == nil && len(parts) > 1 && parts[1] == "open" {
				open[netip.AddrPortFrom(addr, uint16(port))] = true
			}
		}
	}
	return open
}

// noteOf says what porthole's verdicts lack: those that are unknown and, where
// all were read, those that are wrong.
func noteOf(c scanCase, out []byte, truth []netip.AddrPort, note string) string {
	unknown, wrong, read := 0, 0, 0
	for r := range records(out) {
		unknown += r.Unknown // of the summary
		addr, err := netip.ParseAddr(r.Addr)
		if err != nil || r.State == "" {
			continue
		}
		read++
		if open := slices.Contains(truth, netip.AddrPortFrom(addr, r.Port)); open != (r.State == "open") || !open && r.State != "closed" {
			wrong++
		}
	}
	switch {
	case unknown > 0:
		return fmt.Sprintf("%d unknown", unknown)
	case c.all && read > 0:
		return fmt.Sprintf("%d misread", wrong)
	default:
		return note
	}
}

func median[T int | int64 | float64 | time.Duration](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
