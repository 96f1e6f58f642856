// Package hosts turns what a user types as targets into addresses.
//
// [Parse] reads target expressions, [Resolve] asks for the addresses of
// names, and [Set] holds the outcome: ranges stay ranges, so a /8 takes as
// much memory as a single address.
package hosts

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"go4.org/netipx"
)

// Target is one parsed target expression: a name, or a range of addresses.
type Target struct {
	Text  string         // as typed
	Name  string         // host name to resolve; "" when Range is set
	Range netipx.IPRange // first and last address, without zone
	Zone  string         // IPv6 zone of a single address (RFC 4007), "" if none
	Port  uint16         // the port in host:8443, which replaces the port list; 0 if none
}

// Error says what is wrong with a target expression and what to type instead.
type Error struct {
	Text string // the offending item
	Msg  string
}

func (e *Error) Error() string { return fmt.Sprintf("bad target %q: %s", e.Text, e.Msg) }

// Parse reads a comma-separated list of targets: example.com, 192.0.2.1,
// 2001:db8::1, fe80::1%eth0, 192.0.2.0/24, 192.0.2.1-50,
// 192.0.2.1-192.0.3.9, host:8443 and [::1]:8443. A CIDR with host bits set
// stands for its network. The error is an [*Error].
func Parse(expr string) ([]Target, error) {
	var targets []Target
	for item := range strings.SplitSeq(expr, ",") {
		item = strings.TrimSpace(item)
		t, msg := parseItem(item)
		if msg != "" {
			return nil, &Error{Text: item, Msg: msg}
		}
		t.Text = item
		targets = append(targets, t)
	}
	return targets, nil
}

// parseItem reads one expression; msg is "" if it is valid.
func parseItem(s string) (t Target, msg string) {
	switch {
	case s == "":
		return t, "empty; write a name, an address, a CIDR or a range"
	case strings.Contains(s, "://"):
		return t, "a URL is not a target; write its host, or host:port"
	case s[0] == '[':
		return parseBracketed(s)
	case strings.Contains(s, "/"):
		return parseCIDR(s)
	case strings.Count(s, ":") > 1:
		return parseIPv6(s)
	}
	if host, port, found := strings.Cut(s, ":"); found {
		t, msg = parseItem(host)
		if msg == "" {
			t.Port, msg = parsePort(port)
		}
		return t, msg
	}
	if first, to, found := cutRange(s); found {
		return parseRange(first, to)
	}
	if looksNumeric(s) {
		return parseLiteral(s)
	}
	return Target{Name: s}, checkName(s)
}

// parseIPv6 reads an address, whose zone may hold a dash (br-lan), or a range.
func parseIPv6(s string) (t Target, msg string) {
	t, msg = parseLiteral(s)
	if first, to, found := cutRange(s); found && msg != "" {
		return parseRange(first, to)
	}
	return t, msg
}

// cutRange splits first-last if first is an address: a dash in a name is not one of
// a range.
func cutRange(s string) (first netip.Addr, last string, found bool) {
	from, last, found := strings.Cut(s, "-")
	first, err := netip.ParseAddr(from)
	return first, last, found && err == nil
}

// parseBracketed reads [address] and [address]:port (RFC 3986 section 3.2.2).
func parseBracketed(s string) (t Target, msg string) {
	inside, rest, found := strings.Cut(s[1:], "]")
	if !found {
		return t, "the bracket is not closed"
	}
	if t, msg = parseLiteral(inside); msg != "" || rest == "" {
		return t, msg
	}
	port, found := strings.CutPrefix(rest, ":")
	if !found {
		return t, "after the bracket only :port may follow"
	}
	t.Port, msg = parsePort(port)
	return t, msg
}

func parseCIDR(s string) (t Target, msg string) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return t, "not a CIDR; write address/bits, such as 192.0.2.0/24"
	}
	if p.Addr().Is4In6() {
		return t, "write an IPv4-mapped network as IPv4"
	}
	return Target{Range: netipx.RangeOfPrefix(p.Masked())}, ""
}

// parseRange reads the right-hand side of first-last, where last is a whole
// address or, for IPv4, just its last octet.
func parseRange(first netip.Addr, to string) (t Target, msg string) {
	last, err := netip.ParseAddr(to)
	if err != nil {
		octet, err := strconv.ParseUint(to, 10, 8)
		if err != nil || !first.Is4() {
			return t, "not a range; write first-last, such as 192.0.2.1-50 or 192.0.2.1-192.0.3.9"
		}
		b := first.As4()
		b[3] = byte(octet)
		last = netip.AddrFrom4(b)
	}
	if first.Zone() != "" || last.Zone() != "" {
		return t, "a range takes no zone"
	}
	first, last = first.Unmap(), last.Unmap()
	if first.Is4() != last.Is4() {
		return t, "a range cannot mix IPv4 and IPv6"
	}
	r := netipx.IPRangeFrom(first, last)
	if !r.IsValid() {
		return t, "the first address is above the last"
	}
	return Target{Range: r}, ""
}

func parseLiteral(s string) (t Target, msg string) {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return t, "not an IP address"
	}
	zone := a.Zone()
	a = a.WithZone("").Unmap()
	return Target{Range: netipx.IPRangeFrom(a, a), Zone: zone}, ""
}

func parsePort(s string) (uint16, string) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 {
		return 0, "the part after the colon is not a port from 1 to 65535"
	}
	return uint16(n), ""
}

// looksNumeric reports whether s is a mistyped IPv4 address rather than a name: no
// top-level domain is all digits (RFC 3696 section 2).
func looksNumeric(s string) bool {
	s = strings.TrimSuffix(s, ".")
	label := s[strings.LastIndexByte(s, '.')+1:]
	return strings.Trim(label, "0123456789") == ""
}

// checkName returns what is wrong with a name: RFC 1123 section 2.1 has the
// characters of a host name, and container networks use underscores.
func checkName(s string) string {
	if len(s) > 253 {
		return "a host name has at most 253 characters (RFC 1035)"
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		switch {
		case label == "":
			return "a host name has no empty labels"
		case len(label) > 63:
			return "a label of a host name has at most 63 characters (RFC 1035)"
		case strings.HasPrefix(label, "-"):
			return "a host name does not start with a dash; flags are listed by --help"
		}
		for _, r := range label {
			switch {
			case r > 127:
				return "write an international name in its xn-- form"
			case !isNameChar(r):
				return fmt.Sprintf("%q cannot stand in a host name", r)
			}
		}
	}
	return ""
}

func isNameChar(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_'
}
