package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"porthole/internal/record"
	"porthole/internal/sentence"
)

// commandLine joins arguments so that a POSIX shell would split them again.
func commandLine(args []string) string {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = arg
		if arg == "" || strings.ContainsAny(arg, " \t\n|&;<>()$`\\\"'*?[]#~!{}") {
			words[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

// finished is when the run ended.
func finished(o Options, s *record.Summary) time.Time {
	return o.Start.Add(time.Duration(s.Elapsed * float64(time.Millisecond)))
}

func secondsText(s *record.Summary) string { return strconv.FormatFloat(s.Elapsed/1000, 'f', 2, 64) }

// doneAt is the last line of nmap's formats.
func doneAt(o Options, s *record.Summary, hosts *scanHosts) string {
	return fmt.Sprintf("porthole done at %s -- %s (%s up) scanned in %s seconds", finished(o, s).Format(time.ANSIC),
		sentence.Count(hosts.total(s), "IP address", "IP addresses"), sentence.Count(hosts.up(s), "host", "hosts"), secondsText(s))
}

// Missing says what the summary of a scan lacks to be complete; "" if nothing.
func Missing(s *record.Summary) string {
	n := s.ScanCounts
	if s.Complete || n == nil {
		return ""
	}
	var parts []string
	if len(s.MissingShards) > 0 {
		numbers := make([]string, len(s.MissingShards))
		for i, n := range s.MissingShards {
			numbers[i] = strconv.FormatUint(n, 10)
		}
		parts = append(parts, "no result of shard "+strings.Join(numbers, ", "))
	}
	var left []string
	if n.NotLookedFor > 0 {
		left = append(left, fmt.Sprintf("%d of %s not looked for", n.NotLookedFor, sentence.Count(n.Targets, "address", "addresses")))
	}
	decided := n.Decided()
	if n.Probes > decided {
		left = append(left, fmt.Sprintf("%d of %s without a verdict", n.Probes-decided, sentence.Count(n.Probes, "probe", "probes")))
	}
	if left != nil {
		parts = append(parts, "interrupted, "+strings.Join(left, ", "))
	}
	if n.Unknown > 0 {
		parts = append(parts, fmt.Sprintf("%d unknown", n.Unknown))
	}
	if n.Unresolved > 0 {
		parts = append(parts, sentence.Count(n.Unresolved, "target", "targets")+" without an address")
	}
	return strings.Join(parts, "; ")
}
