package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"porthole/internal/record"
)

// What a format says of the run as a whole: the command line, when it ended,
// what is missing.

// commandLine joins arguments so that a POSIX shell would part them again.
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

func finished(o Options, s *record.Summary) time.Time {
	return o.Start.Add(time.Duration(s.Elapsed * float64(time.Millisecond)))
}

func secondsText(s *record.Summary) string { return strconv.FormatFloat(s.Elapsed/1000, 'f', 2, 64) }

// doneAt is the last sentence of nmap's formats.
func doneAt(o Options, s *record.Summary, g *groups) string {
	return fmt.Sprintf("porthole done at %s -- %s (%s up) scanned in %s seconds", finished(o, s).Format(time.ANSIC),
		count(g.total(s), "IP address", "IP addresses"), count(g.up(), "host", "hosts"), secondsText(s))
}

// Missing says why the summary of a scan is not complete; "" if it is.
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
	asked := n.Open + n.Closed + n.Filtered + n.OpenFiltered + n.Middlebox + n.Unknown
	if n.Probes > asked {
		parts = append(parts, fmt.Sprintf("interrupted, %d of %s not asked", n.Probes-asked, count(n.Probes, "probe", "probes")))
	}
	if n.Unknown > 0 {
		parts = append(parts, fmt.Sprintf("%d unknown", n.Unknown))
	}
	if n.Unresolved > 0 {
		parts = append(parts, count(n.Unresolved, "target", "targets")+" without an address")
	}
	return strings.Join(parts, "; ")
}

func count[T int | uint64](n T, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
