//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"porthole/internal/netlab"
)

// portholeLimit is for one run of porthole. It bounds a run that hangs, and
// measures nothing: the longest case takes half a minute.
const portholeLimit = 5 * time.Minute

// byCase is the number of runs of a peer that leaves it to the case.
const byCase = -1

// scanBench is one call of the benchmark.
type scanBench struct {
	runs   int           // of porthole with each engine, each with a seed of its own
	peers  int           // of each peer; byCase for as many as its case needs
	limit  time.Duration // for one run of a peer
	only   string
	named  string // only tools whose names begin with one of these, between commas
	write  bool
	beside string // another build of porthole, to compare with; "" for none
	dir    string // holds the binaries
	common string // the common TCP ports, for nmap
}

func benchScan(args []string) error {
	var b scanBench
	flags := flag.NewFlagSet("scan", flag.ContinueOnError)
	flags.IntVar(&b.runs, "runs", 5, "runs of porthole with each engine, each with a seed of its own")
	flags.IntVar(&b.peers, "peer-runs", byCase, "runs of each peer; 0 for none, -1 for as many as the case needs")
	flags.DurationVar(&b.limit, "limit", 2*time.Minute, "end a run of a peer after this long")
	flags.StringVar(&b.only, "case", "", "only cases whose name contains this")
	flags.StringVar(&b.named, "tools", "", "only tools whose names begin with one of these, such as porthole,portable")
	flags.BoolVar(&b.write, "write", false, "write what was measured into the table in docs/performance.md, case by case")
	flags.StringVar(&b.beside, "beside", "", "run the porthole at this path, too, in turn with this one")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case b.runs < 0 || b.peers < byCase:
		return fmt.Errorf("-runs %d and -peer-runs %d: give 0 or more", b.runs, b.peers)
	case b.write && b.beside != "":
		return fmt.Errorf("-write is for this porthole and its peers: leave -beside out")
	case b.write && (b.runs == 0 || b.peers == 0 || b.named != ""):
		return fmt.Errorf("-write puts porthole beside its peers: it takes runs of all")
	}
	cases := slices.DeleteFunc(scanCases(), func(c scanCase) bool { return !strings.Contains(c.name, b.only) })
	if len(cases) == 0 {
		return fmt.Errorf("no case has %q in its name; there are:\n%s", b.only, caseNames(scanCases()))
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
	return b.measureAll(cases)
}

// measureAll measures case by case and writes each when it is done: what ends
// the benchmark early, or one case alone, loses none of the others.
func (b *scanBench) measureAll(cases []scanCase) error {
	began, stamp := time.Now(), machine()
	table := scanTable{stamp: stamp, blocks: make(map[string]string)}
	anew := len(cases) == len(scanCases())
	var errs []error
	for i, c := range cases {
		fmt.Fprintf(os.Stderr, "%s  case %d of %d: %s\n", time.Since(began).Round(time.Second), i+1, len(cases), c.name)
		rows, err := b.measureCase(c)
		if err != nil {
			err = fmt.Errorf("%s: %w", c.name, err)
			fmt.Fprintln(os.Stderr, "bench:", err)
			errs = append(errs, err)
			continue
		}
		table.blocks[c.name] = caseBlock(c, rows, "")
		if b.write {
			errs = append(errs, writeCase(c, rows, stamp, anew))
			anew = false
		}
	}
	fmt.Print(table)
	return errors.Join(errs...)
}

func caseNames(cases []scanCase) string {
	var names []string
	for _, c := range cases {
		names = append(names, "  "+c.name)
	}
	return strings.Join(names, "\n")
}

// buildBoth makes porthole twice in a folder: with this system's engine, and
// with the portable one.
func buildBoth(dir string) error {
	for name, tags := range map[string][]string{"porthole": nil, "portable": {"porthole_portable"}} {
		if err := buildPorthole(filepath.Join(dir, name), tags...); err != nil {
			return err
		}
	}
	return nil
}

func (b *scanBench) build() error {
	if err := buildBoth(b.dir); err != nil {
		return err
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

// buildPorthole builds the binary as it is released, but for further tags, and
// installs it at path by a copy. The linker writes through a mapping, which
// leaves the file in the page cache page by page; a program that was copied or
// read from the disk, as the peers were, lies there in larger pieces and runs
// faster.
func buildPorthole(path string, tags ...string) error {
	linked := path + ".linked"
	defer os.Remove(linked)
	if out, err := exec.Command(".ci/build", append([]string{linked}, tags...)...).CombinedOutput(); err != nil {
		return fmt.Errorf("building porthole: %w\n%s", err, out)
	}
	if out, err := exec.Command("cp", linked, path).CombinedOutput(); err != nil {
		return fmt.Errorf("installing porthole: %w\n%s", err, out)
	}
	syscall.Sync() // or the disk would be written beside the first runs
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

// scanTool is one program to measure.
type scanTool struct {
	name  string
	argv  func(run int) []string
	runs  int
	limit time.Duration
	read  func([]byte) map[netip.AddrPort]bool
}

// tools are the programs to measure on a case, those that are to run.
func (b *scanBench) tools(c scanCase) []scanTool {
	runs, peers := b.runs, b.peers
	if peers == byCase {
		peers = max(1, c.peerRuns)
	}
	if runs > 0 {
		runs = max(runs, c.peerRuns) // as many, to run in turns with them
	}
	porthole := func(binary string) func(int) []string {
		return func(run int) []string { return c.porthole(filepath.Join(b.dir, binary), run) }
	}
	nmap := func(timing ...string) func(int) []string {
		return func(int) []string { return c.nmap(b.common, timing...) }
	}
	all := []scanTool{
		{"porthole", porthole("porthole"), runs, portholeLimit, openInJSONL},
		{"portable engine", porthole("portable"), runs, portholeLimit, openInJSONL},
		{"nmap -sT", nmap(), peers, b.limit, openInGrepable},
		{"nmap -sT -T4", nmap("-T4"), peers, b.limit, openInGrepable},
	}
	if b.beside != "" {
		all = append(all, scanTool{"beside", func(run int) []string { return c.porthole(b.beside, run) }, runs, portholeLimit, openInJSONL})
	}
	if c.rate != "" {
		all = append(all, scanTool{"porthole --rate " + c.rate, func(run int) []string {
			return append(porthole("porthole")(run), "--rate", c.rate)
		}, peers, portholeLimit, openInJSONL})
	}
	all = append(all, c.masscanTool(peers, b.limit)...)
	all = append(all, c.rustscanTool(peers, b.limit)...)
	return slices.DeleteFunc(all, func(t scanTool) bool {
		return t.runs == 0 || c.noNmap && strings.HasPrefix(t.name, "nmap") || !b.wants(t.name)
	})
}

func (b *scanBench) wants(tool string) bool {
	return slices.ContainsFunc(strings.Split(b.named, ","), func(name string) bool { return strings.HasPrefix(tool, name) })
}

// measureCase runs the tools in turn, so that a machine that gets busier
// meanwhile does so for all of them.
func (b *scanBench) measureCase(c scanCase) ([]scanRow, error) {
	tools := b.tools(c)
	if len(tools) == 0 {
		return nil, fmt.Errorf("there is no tool like %q to run", b.named)
	}
	rows := make([]scanRow, len(tools))
	most := 0
	for i, tool := range tools {
		rows[i] = scanRow{scanCase: c, tool: tool.name}
		most = max(most, tool.runs)
	}
	for round := range most {
		for i, tool := range tools {
			if round >= tool.runs {
				continue
			}
			if err := b.run(tool, round, &rows[i]); err != nil {
				return nil, fmt.Errorf("%s: %w", tool.name, err)
			}
		}
	}
	return rows, nil
}

// run adds one run of a tool to its row.
func (b *scanBench) run(tool scanTool, round int, row *scanRow) error {
	u, out, truth, late, err := once(row.scanCase, tool.limit, tool.argv(round+1))
	if err != nil {
		return err
	}
	found, wrong := score(tool.read(out), truth)
	row.open = len(truth)
	row.runs, row.found, row.false = append(row.runs, u), append(row.found, found), append(row.false, wrong)
	row.note = noteOf(row.scanCase, out, truth, row.note)
	row.late = max(row.late, late)
	fmt.Fprintf(os.Stderr, "  %-16s %6.2f s  %d/%d found, %d false\n", tool.name, u.Wall.Seconds(), found, len(truth), wrong)
	return nil
}

// once runs one tool in a lab of its own, so that no run inherits connections
// or rate-limit credit from the one before. late is by how much the link was
// late at worst: it shares the processors with the tool.
func once(c scanCase, limit time.Duration, argv []string) (u usage, out []byte, truth []netip.AddrPort, late time.Duration, err error) {
	lab, err := netlab.New(c.config)
	if err != nil {
		return u, nil, nil, 0, err
	}
	defer lab.Close()
	if truth, err = c.setup(lab); err != nil {
		return u, nil, nil, 0, err
	}
	side := lab.Scanner()
	if c.inside {
		side = lab.Target()
	}
	if c.cancel > 0 {
		limit = c.cancel
	}
	if u, out, err = measure(limit, nothing, side.Command, argv...); err != nil {
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
	Unknown, Probes          int
	Attempts                 int
	Elapsed                  float64 `json:"elapsed_ms"`
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
// PORT/STATE/PROTO/..., and so on. Those of masscan have a time before the host.
func openInGrepable(out []byte) map[netip.AddrPort]bool {
	open := make(map[netip.AddrPort]bool)
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		host, ports, isPorts := strings.Cut(lines.Text(), "Ports: ")
		_, host, isHost := strings.Cut(host, "Host: ")
		fields := strings.Fields(host)
		if !isPorts || !isHost || len(fields) == 0 {
			continue
		}
		addr, err := netip.ParseAddr(fields[0])
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
