//go:build linux

package main

import (
	"strings"
	"testing"
	"time"
)

// TestScanTableByCase reads a table back and replaces one case of it.
func TestScanTableByCase(t *testing.T) {
	row := func(c scanCase, tool string, walls ...time.Duration) scanRow {
		r := scanRow{scanCase: c, tool: tool, open: 3}
		for _, w := range walls {
			r.runs = append(r.runs, usage{Wall: w, Ended: true})
			r.found, r.false = append(r.found, 3), append(r.false, 0)
		}
		return r
	}
	table := scanTable{stamp: "Linux here, today\n\n", blocks: make(map[string]string)}
	for _, c := range scanCases() {
		table.blocks[c.name] = caseBlock(c, []scanRow{row(c, "porthole", time.Second), row(c, "nmap -sT", 3*time.Second, 2*time.Second, time.Second)}, "")
	}
	text := table.String()
	read := parseScanTable(text)
	if got := read.String(); got != text {
		t.Fatalf("read back:\n%s\nwritten:\n%s", got, text)
	}

	again := parseScanTable(text)
	again.restamp("Linux there, tomorrow\n\n")
	again.restamp("Linux there, next week\n\n")
	for _, c := range scanCases() {
		if want := "| " + c.name + " (must: " + c.must + "; Linux here, today) | porthole"; !strings.HasPrefix(again.blocks[c.name], want) {
			t.Errorf("the block does not say when it was measured:\n%s", again.blocks[c.name])
		}
	}

	c := scanCases()[3]
	read.blocks[c.name] = caseBlock(c, []scanRow{row(c, "porthole", 2*time.Second)}, "; there, tomorrow")
	got := read.String()
	if lines, want := strings.Count(got, "\n"), strings.Count(text, "\n")-1; lines != want {
		t.Errorf("%d lines with a tool less, want %d:\n%s", lines, want, got)
	}
	for _, want := range []string{
		"| " + c.name + " (must: " + c.must + "; there, tomorrow) | porthole | 1 | 2.00 | 1.0 |",
		"| same | nmap -sT | 3 | 2.00 (1.00 to 3.00) | 2.0 |",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no line %q in\n%s", want, got)
		}
	}
}

// TestScanFlags refuses what would measure nothing or spoil the table.
func TestScanFlags(t *testing.T) {
	for _, args := range [][]string{{"-runs", "-1"}, {"-peer-runs", "-2"}, {"-write", "-peer-runs", "0"}, {"-write", "-runs", "0"}, {"-write", "-tools", "porthole"}, {"-case", "no such case"}} {
		if err := benchScan(args); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}
