package audit

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"porthole/internal/record"
	"porthole/internal/textfile"
)

// Allowance is a line of an allow file: a finding that someone accepts, until a
// day, for a reason.
type Allowance struct {
	Line   int
	Rule   string    // the ID of a rule, or "*"
	Where  string    // "tcp/0.0.0.0:5432", "tcp/5432", or a glob pattern of these
	Until  time.Time // the beginning of the last day; the zero value means forever
	Reason string
}

// maxAllow is the size of an allow file at most, in bytes.
const maxAllow = 16 << 20

// ReadAllow reads an allow file. A line has a rule, an endpoint, the last day (in
// zone) or "forever", and a reason, separated by blanks; # starts a comment line.
// The error names the line.
//
//	internal-exposed  tcp/0.0.0.0:5432  2027-01-31  replication to site B, asked for by Kim
func ReadAllow(r io.Reader, zone *time.Location) ([]Allowance, error) {
	var out []Allowance
	lines := bufio.NewScanner(textfile.Limit(r, maxAllow))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		a, err := parseAllowance(line, zone)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		a.Line = n
		out = append(out, a)
	}
	return out, lines.Err()
}

func parseAllowance(line string, zone *time.Location) (Allowance, error) {
	fields := strings.Fields(line)
	if len(fields) < 4 {
		return Allowance{}, fmt.Errorf("want RULE PLACE DATE REASON, as in: internal-exposed tcp/0.0.0.0:5432 2027-01-31 replication to site B")
	}
	a := Allowance{Rule: fields[0], Where: fields[1], Reason: strings.Join(fields[3:], " ")}
	isKnown := slices.ContainsFunc(Rules(), func(r record.Rule) bool { return r.ID == a.Rule })
	if a.Rule != "*" && !isKnown {
		return a, fmt.Errorf("no rule %q; porthole audit --rules lists them", a.Rule)
	}
	if !isPlace(a.Where) {
		return a, fmt.Errorf("bad place %q; write tcp/0.0.0.0:5432, tcp/5432 or *", a.Where)
	}
	if fields[2] == "forever" {
		return a, nil
	}
	until, err := time.ParseInLocation(time.DateOnly, fields[2], zone)
	if err != nil {
		return a, fmt.Errorf("bad last day %q; write 2027-01-31, or forever", fields[2])
	}
	a.Until = until
	return a, nil
}

// isPlace reports whether a finding can be at a place.
func isPlace(where string) bool {
	if strings.ContainsAny(where, `*?\\`) {
		_, err := path.Match(pattern(where), "")
		return err == nil
	}
	_, at, _ := strings.Cut(where, "/")
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		port = at
	} else if _, err := netip.ParseAddr(host); err != nil {
		return false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// Expired reports whether the last day is over.
func (a Allowance) Expired(now time.Time) bool {
	return !a.Until.IsZero() && !now.Before(a.Until.AddDate(0, 0, 1))
}

// covers reports whether the allowance is for a finding.
func (a Allowance) covers(f record.Record) bool {
	if a.Rule != "*" && a.Rule != f.Rule {
		return false
	}
	port := strconv.Itoa(int(f.Port))
	short := f.Proto + "/" + port
	if a.Where == "*" || a.Where == short {
		return true
	}
	matched, _ := path.Match(pattern(a.Where), f.Endpoint())
	return matched
}

// pattern quotes the brackets of an IPv6 address, which [path.Match] would take for
// a character class.
func pattern(where string) string { return strings.ReplaceAll(where, "[", `\[`) }

// WithoutAllowed returns the findings that no allowance covers, and the expired
// allowances that would cover one of them.
func WithoutAllowed(findings []record.Record, list []Allowance, now time.Time) (left []record.Record, expired []Allowance) {
	for _, f := range findings {
		allowed := false
		var late []Allowance
		for _, a := range list {
			switch {
			case !a.covers(f):
			case a.Expired(now):
				late = append(late, a)
			default:
				allowed = true
			}
		}
		if allowed {
			continue
		}
		left = append(left, f)
		for _, a := range late {
			if !slices.Contains(expired, a) {
				expired = append(expired, a)
			}
		}
	}
	return left, expired
}
