package main

import (
	"regexp"
	"slices"
	"strings"
)

// same reports whether lines were printed, but for what differs between two runs
// and for the lines that … stands for.
func same(shown, now []string) bool {
	parts := split(plain(shown))
	have := plain(now)
	for i, part := range parts {
		at := find(have, part, i == 0)
		if at < 0 {
			return false
		}
		have = have[at+len(part):]
	}
	return len(have) == 0 || len(parts) > 1 && len(parts[len(parts)-1]) == 0
}

// find is where a part begins in lines; the first part begins at the start.
func find(lines, part []string, first bool) int {
	for at := 0; at+len(part) <= len(lines); at++ {
		if slices.Equal(lines[at:at+len(part)], part) {
			return at
		}
		if first {
			break
		}
	}
	return -1
}

// split parts lines at those that are left out.
func split(lines []string) [][]string {
	parts := [][]string{nil}
	for _, line := range lines {
		if line == leftOut {
			parts = append(parts, nil)
			continue
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], line)
	}
	return parts
}

// excerpt takes from what is printed now what the lines show, part by part: from a
// line that begins like the part's first one, as many lines.
func excerpt(shown, now []string) []string {
	parts := split(shown)
	if len(parts) == 1 {
		return now
	}
	var out []string
	for i, part := range parts {
		if i > 0 {
			out = append(out, leftOut)
		}
		if len(part) == 0 {
			continue
		}
		at := max(like(now, part[0], 2), 0)
		end := min(at+len(part), len(now))
		out = append(out, now[at:end]...)
		now = now[end:]
	}
	return out
}

// like finds a line that begins with the same words, or with fewer of them.
func like(lines []string, line string, words int) int {
	begin := func(line string) string {
		all := strings.Fields(strings.Join(plain([]string{line}), ""))
		return strings.Join(all[:min(len(all), words)], " ")
	}
	at := slices.IndexFunc(lines, func(l string) bool { return begin(l) == begin(line) })
	if at < 0 && words > 1 {
		return like(lines, line, words-1)
	}
	return at
}

// plain puts signs in place of what differs between two runs: process numbers,
// times, sizes, versions, dates, handles of rules, and blanks that follow from the
// widths of those. Empty lines at the end are left out.
func plain(lines []string) []string {
	out := make([]string, 0, len(lines))
	for _, line := range lines {
		for _, r := range replacements() {
			line = r.pattern.ReplaceAllString(line, r.with)
		}
		out = append(out, strings.TrimSpace(line))
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}

type replacement struct {
	pattern *regexp.Regexp
	with    string
}

func replacements() []replacement {
	var out []replacement
	for _, r := range [][2]string{
		{`\x1b\[[0-9;]*m`, ""},
		{`\(\d+\)`, "(PID)"},
		{`\b(\d[\d.,]*|an?) (ms|s|seconds?|minutes?|hours?)\b`, "TIME"},
		{`\b\d[\d.,]* (MB|GB)\b`, "SIZE"},
		{`\b\d{4}-\d\d-\d\d\b`, "DATE"},
		{`\bin \d+ days\b`, "in N days"},
		{`\bhandle \d+`, "handle N"},
		{`(^|[^.\d])\d+\.\d+(\.\d+)?(p\d+)?($|[^.\d])`, "${1}V$4"},
		{`[─]{2,}`, "──"},
		{` +`, " "},
	} {
		out = append(out, replacement{regexp.MustCompile(r[0]), r[1]})
	}
	return out
}
