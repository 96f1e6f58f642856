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

// scanTable is the result in Markdown: one line a tool and case, times as
// medians, the ratio to porthole in the same case.
func scanTable(rows []scanRow) string {
	var b strings.Builder
	b.WriteString(machine())
	b.WriteString("| case | tool | runs | wall s | ratio | CPU s | peak MB | open found | false opens | link late by ms |\n|---|---|---|---|---|---|---|---|---|---|\n")
	base := make(map[string]time.Duration)
	for _, r := range rows {
		wall := median(pick(r.runs, func(u usage) time.Duration { return u.Wall }))
		name := "same"
		if r.tool == "porthole" {
			base[r.name] = wall
			name = fmt.Sprintf("%s (must: %s)", r.name, r.must)
		}
		ended := ""
		if r.cancel == 0 && slices.ContainsFunc(r.runs, func(u usage) bool { return !u.Ended }) {
			ended = "over "
		}
		cpu := median(pick(r.runs, func(u usage) time.Duration { return u.CPU }))
		rss := slices.Max(pick(r.runs, func(u usage) int64 { return u.RSS }))
		found := fmt.Sprintf("%d to %d of %d", slices.Min(r.found), slices.Max(r.found), r.open)
		if slices.Min(r.found) == slices.Max(r.found) {
			found = fmt.Sprintf("%d of %d", r.found[0], r.open)
		}
		if ended != "" {
			found = "not done"
		}
		if r.note != "" {
			found += ", " + r.note
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %s%.2f | %.1f | %.2f | %.0f | %s | %d | %.1f |\n", name, r.tool, len(r.runs), ended, wall.Seconds(),
			float64(wall)/float64(base[r.name]), cpu.Seconds(), float64(rss)/(1<<20), found, slices.Max(r.false), float64(r.late)/1e6)
	}
	return b.String()
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

// writeSection replaces one benchmark's table in docs/performance.md.
func writeSection(name, table string) error {
	const file = "docs/performance.md"
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	begin, end := fmt.Sprintf("<!-- bench %s -->\n", name), "<!-- end -->"
	before, rest, found := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return fmt.Errorf("%s has no place for the table of %s", file, name)
	}
	return os.WriteFile(file, []byte(before+begin+table+end+after), 0o644)
}
