//go:build linux

package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

const scanHeader = "| case | tool | runs | wall s | ratio | CPU s | peak MB | open found | false opens | link late by ms |\n" +
	"|---|---|---|---|---|---|---|---|---|---|\n"

// scanTable is the result in Markdown: where and when it was measured, and a
// block of lines for each case, by its name.
type scanTable struct {
	stamp  string
	blocks map[string]string
}

// String has the cases in the order of [scanCases].
func (t scanTable) String() string {
	var b strings.Builder
	b.WriteString(t.stamp + scanHeader)
	for _, c := range scanCases() {
		b.WriteString(t.blocks[c.name])
	}
	return b.String()
}

// parseScanTable reads what String wrote.
func parseScanTable(text string) scanTable {
	t := scanTable{blocks: make(map[string]string)}
	stamp, lines, _ := strings.Cut(text, scanHeader)
	t.stamp = stamp
	name := ""
	for line := range strings.Lines(lines) {
		if first, _, ok := strings.Cut(line, " (must: "); ok {
			name = strings.TrimPrefix(first, "| ")
		}
		t.blocks[name] += line
	}
	return t
}

// restamp makes stamp that of the table. The cases in it so far say that theirs
// is another.
func (t *scanTable) restamp(stamp string) {
	for name, block := range t.blocks {
		first, _, _ := strings.Cut(block, "\n")
		if t.stamp != stamp && !strings.Contains(first, "; Linux ") {
			t.blocks[name] = strings.Replace(block, ") | ", "; "+strings.TrimSpace(t.stamp)+") | ", 1)
		}
	}
	t.stamp = stamp
}

// writeCase replaces one case in the table of docs/performance.md. A case that
// was measured elsewhere or on another day than the table says so; if the table
// begins anew with this one, the others do, until they are measured again.
func writeCase(c scanCase, rows []scanRow, stamp string, anew bool) error {
	old, err := readSection("scan")
	if err != nil {
		return err
	}
	table, note := parseScanTable(old), ""
	if anew {
		table.restamp(stamp)
	}
	if table.stamp != stamp {
		note = "; " + strings.TrimSpace(stamp)
	}
	table.blocks[c.name] = caseBlock(c, rows, note)
	return writeSection("scan", table.String())
}

// caseBlock is the lines of one case: one a tool, times as medians with the
// least and the most, the ratio to porthole.
func caseBlock(c scanCase, rows []scanRow, note string) string {
	var b strings.Builder
	name := fmt.Sprintf("%s (must: %s%s)", c.name, c.must, note)
	base := time.Duration(0)
	for _, r := range rows {
		if r.tool == "porthole" {
			base = r.wall()
		}
		ratio := "-"
		if base > 0 {
			ratio = fmt.Sprintf("%.1f", float64(r.wall())/float64(base))
		}
		cpu := median(pick(r.runs, func(u usage) time.Duration { return u.CPU }))
		rss := slices.Max(pick(r.runs, func(u usage) int64 { return u.RSS }))
		fmt.Fprintf(&b, "| %s | %s | %d | %s | %s | %.2f | %.0f | %s | %d | %.1f |\n", name, r.tool, len(r.runs), r.times(), ratio,
			cpu.Seconds(), float64(rss)/(1<<20), r.foundOpen(), slices.Max(r.false), float64(r.late)/1e6)
		name = "same"
	}
	return b.String()
}

// over reports that some run had to be ended at its limit.
func (r *scanRow) over() bool {
	return r.cancel == 0 && slices.ContainsFunc(r.runs, func(u usage) bool { return !u.Ended })
}

func (r *scanRow) wall() time.Duration {
	return median(pick(r.runs, func(u usage) time.Duration { return u.Wall }))
}

// times is the median in seconds and, of several runs, the least and the most.
func (r *scanRow) times() string {
	text := fmt.Sprintf("%.2f", r.wall().Seconds())
	if r.over() {
		text = "over " + text
	}
	walls := pick(r.runs, func(u usage) time.Duration { return u.Wall })
	if len(walls) > 1 {
		text += fmt.Sprintf(" (%.2f to %.2f)", slices.Min(walls).Seconds(), slices.Max(walls).Seconds())
	}
	return text
}

// foundOpen is the recall, over all runs.
func (r *scanRow) foundOpen() string {
	least, most := slices.Min(r.found), slices.Max(r.found)
	found := fmt.Sprintf("%d to %d of %d", least, most, r.open)
	switch {
	case r.over():
		found = "not done"
	case least == most:
		found = fmt.Sprintf("%d of %d", least, r.open)
	}
	if r.note != "" {
		found += ", " + r.note
	}
	return found
}

func pick[T any](runs []usage, field func(usage) T) []T {
	out := make([]T, len(runs))
	for i, u := range runs {
		out[i] = field(u)
	}
	return out
}

// machine says where and when a table was measured.
func machine() string {
	return fmt.Sprintf("%s, %d cores, %s, %s\n\n", kernel(), runtime.NumCPU(), runtime.Version(), time.Now().UTC().Format(time.DateOnly))
}

func kernel() string {
	b, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return runtime.GOOS
	}
	return "Linux " + strings.TrimSpace(string(b))
}

const performance = "docs/performance.md"

// section finds one benchmark's table in docs/performance.md.
func section(name string) (before, table, after string, err error) {
	text, err := os.ReadFile(performance)
	if err != nil {
		return "", "", "", err
	}
	begin, end := fmt.Sprintf("<!-- bench %s -->\n", name), "<!-- end -->"
	before, rest, found := strings.Cut(string(text), begin)
	table, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", "", "", fmt.Errorf("%s has no place for the table of %s", performance, name)
	}
	return before + begin, table, end + after, nil
}

func readSection(name string) (string, error) {
	_, table, _, err := section(name)
	return table, err
}

// writeSection replaces one benchmark's table in docs/performance.md.
func writeSection(name, table string) error {
	before, _, after, err := section(name)
	if err != nil {
		return err
	}
	return os.WriteFile(performance, []byte(before+table+after), 0o644)
}
