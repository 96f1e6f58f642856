package cli

import (
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"porthole/internal/report"
)

// info prints a line for the user on standard error unless --quiet.
func (c console) info(format string, args ...any) {
	if !c.quiet {
		fmt.Fprintln(c.err, report.Escape(fmt.Sprintf(format, args...)))
	}
}

// printError prints a line about something that went wrong.
func printError(w io.Writer, err error) {
	fmt.Fprintf(w, "porthole: %s\n", report.Escape(err.Error()))
}

// plural counts: 1 probe, 2 probes. A verb may end what is counted: 1 address is, 2
// addresses are.
func plural[N int | int64 | uint64](n N, what string) string {
	if n == 1 {
		return "1 " + what
	}
	verb := ""
	for one, many := range map[string]string{" is": " are", " has": " have"} {
		if noun, ok := strings.CutSuffix(what, one); ok {
			what, verb = noun, many
		}
	}
	switch {
	case strings.HasSuffix(what, "ss"):
		what += "es"
	case what == "retry":
		what = "retries"
	default:
		what += "s"
	}
	return fmt.Sprintf("%d %s%s", n, what, verb)
}

func join(addrs []netip.Addr) string {
	var words []string
	for _, a := range addrs {
		words = append(words, a.String())
	}
	return strings.Join(words, ", ")
}

// count is a number and what it counts, which is left out if it is 0.
type count struct {
	n    uint64
	what string
}

func nonZero(counts ...count) []string {
	var parts []string
	for _, c := range counts {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	return parts
}

// seconds writes a time given in milliseconds: 38 ms, 1.2 s.
func seconds(ms float64) string {
	if ms < 100 {
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f s", ms/1000)
}

// roundTrip writes a time with two or three digits: 38µs, 1.2ms, 350ms.
func roundTrip(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(time.Millisecond).String()
}

// duration writes a time as it suits its size: 300ms, 12s, 3h20m0s.
func duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	default:
		return d.Round(time.Second).String()
	}
}

// hostName is an address with the name that it was found under.
func hostName(name string, addr netip.Addr) string {
	if name == "" {
		return addr.String()
	}
	return name + " (" + addr.String() + ")"
}
