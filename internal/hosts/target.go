// Package hosts turns what a user types as targets into addresses.
//
// [Parse] reads target expressions and [Targets.Read] a file of them, [Resolve]
// asks for the addresses of names, and [Set] holds the outcome. Ranges stay
// ranges, so a /8 takes as much memory as a single address, and of a list of
// addresses each takes a few bytes.
package hosts

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"go4.org/netipx"
)

// Target is one parsed target expression: a name, or addresses.
type Target struct {
	Text   string           // as typed
	Name   string           // host name to resolve; "" when Ranges is set
	Ranges []netipx.IPRange // without zone; several for an octet list
	Zone   string           // IPv6 zone of a single address (RFC 4007), "" if none
	Port   uint16           // the port in host:8443, which replaces the port list; 0 if none
}

// single is the address of a target that is one, with its zone.
func (t *Target) single() (a netip.Addr, ok bool) {
	if len(t.Ranges) != 1 || t.Ranges[0].From() != t.Ranges[0].To() {
		return a, false
	}
	return t.Ranges[0].From().WithZone(t.Zone), true
}

// Error says what is wrong with a target expression and what to type instead.
type Error struct {
	Text string // the offending item
	Msg  string
}

func (e *Error) Error() string { return fmt.Sprintf("bad target %q: %s", e.Text, e.Msg) }

// Parse reads targets with commas between them: example.com, 192.0.2.1,
// 2001:db8::1, fe80::1%eth0, 192.0.2.0/24, 192.0.2.0/255.255.255.0, 192.0.2.1-50,
// 192.0.2.1-192.0.3.9, 2001:db8::1-f, nmap's octet lists (192.0.2,3.1-5,7,
// 192.0.2.*, 192.0.2.250-), host:8443, [::1]:8443 and URLs, which stand for their
// host and port. A CIDR with host bits set stands for its network.
//
// Numbers that follow an address belong to its last octet: 192.0.2.1,7 is two
// addresses. The error is an [*Error].
func Parse(expr string) (Targets, error) {
	var t Targets
	err := t.Add(expr)
	return t, err
}

// parse calls each with every target of an expression, up to the first error.
func parse(expr string, each func(Target) error) error {
	items := strings.Split(expr, ",")
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	for len(items) > 0 {
		n := itemLength(items)
		item := strings.Join(items[:n], ",")
		t, msg := parseItem(item)
		if msg == "" && hasPath(item) && n < len(items) && !strings.Contains(items[n], "://") {
			msg = "a comma in a URL may be a part of it; write blanks between targets, or the host alone"
		}
		if msg != "" {
			return &Error{Text: item, Msg: msg}
		}
		t.Text = item
		if err := each(t); err != nil {
			return err
		}
		items = items[n:]
	}
	return nil
}

// parseItem reads one expression; msg is "" if it is valid.
func parseItem(s string) (t Target, msg string) {
	switch {
	case s == "":
		return t, "empty; write a name, an address, a CIDR or a range"
	case strings.Contains(s, "://"):
		return parseURL(s)
	case s[0] == '[':
		return parseBracketed(s)
	case strings.Contains(s, "/"):
		return parseNetwork(s)
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
	if first, to, found := cutRange(s); found && strings.Contains(to, ".") {
		return parseRange(first, to)
	}
	if looksNumeric(s) {
		return parseOctets(s)
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

// parseBracketed reads [address] and [address]:port (RFC 3986 section 3.2.2), and
// networks and ranges in the same way.
func parseBracketed(s string) (t Target, msg string) {
	inside, rest, found := strings.Cut(s[1:], "]")
	if !found {
		return t, "the bracket is not closed"
	}
	if strings.Contains(inside, "/") {
		t, msg = parseNetwork(inside)
	} else {
		t, msg = parseIPv6(inside)
	}
	if msg != "" || rest == "" {
		return t, msg
	}
	port, found := strings.CutPrefix(rest, ":")
	if !found {
		return t, "after the bracket only :port may follow"
	}
	t.Port, msg = parsePort(port)
	return t, msg
}

// parseNetwork reads address/bits and address/netmask, with a port behind it or without.
func parseNetwork(s string) (t Target, msg string) {
	const want = "not a CIDR; write address/bits, such as 192.0.2.0/24"
	text, mask, _ := strings.Cut(s, "/")
	if bits, port, found := strings.Cut(mask, ":"); found {
		if t, msg = parseNetwork(text + "/" + bits); msg == "" {
			t.Port, msg = parsePort(port)
		}
		return t, msg
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return t, want
	}
	if addr.Is4In6() {
		return t, "write an IPv4-mapped network as IPv4"
	}
	var p netip.Prefix
	if strings.Contains(mask, ".") {
		bits, ok := netmaskBits(mask)
		if !ok || !addr.Is4() {
			return t, "the part after the slash is no netmask; write address/bits, such as 192.0.2.0/24"
		}
		p = netip.PrefixFrom(addr, bits)
	} else if p, err = netip.ParsePrefix(s); err != nil {
		return t, want
	}
	return Target{Ranges: []netipx.IPRange{netipx.RangeOfPrefix(p.Masked())}}, ""
}

// netmaskBits counts the ones of a netmask, all of which must be in front.
func netmaskBits(mask string) (bits int, ok bool) {
	m, err := netip.ParseAddr(mask)
	if err != nil || !m.Is4() {
		return 0, false
	}
	for n := range 33 {
		if p := netip.PrefixFrom(netip.AddrFrom4([4]byte{255, 255, 255, 255}), n).Masked(); p.Addr() == m {
			return n, true
		}
	}
	return 0, false
}

// parseRange reads the right-hand side of first-last, where last is a whole
// address or, for IPv6, just its last 16 bits.
func parseRange(first netip.Addr, to string) (t Target, msg string) {
	last, err := netip.ParseAddr(to)
	if err != nil {
		group, err := strconv.ParseUint(to, 16, 16)
		if err != nil || !first.Is6() || first.Is4In6() {
			return t, "not a range; write first-last, such as 192.0.2.1-50, 192.0.2.1-192.0.3.9 or 2001:db8::1-f"
		}
		b := first.As16()
		b[14], b[15] = byte(group>>8), byte(group)
		last = netip.AddrFrom16(b).WithZone(first.Zone())
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
	return Target{Ranges: []netipx.IPRange{r}}, ""
}

func parseLiteral(s string) (t Target, msg string) {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return t, notAddress(s)
	}
	zone := a.Zone()
	a = a.WithZone("").Unmap()
	return Target{Ranges: []netipx.IPRange{netipx.IPRangeFrom(a, a)}, Zone: zone}, ""
}

// notAddress says what keeps a text from being an address.
func notAddress(s string) string {
	octets := strings.Split(strings.TrimSuffix(s, "."), ".")
	switch {
	case strings.ContainsAny(s, ";|"):
		return "not an IP address; write commas or blanks between targets"
	case strings.Contains(s, ":"):
		return "not an IP address"
	case len(octets) == 1 && strings.Trim(s, "0123456789-") == "":
		return "not an IP address; a number alone is a port, for --ports"
	case strings.Trim(s, "0123456789.") != "":
		return "not an IP address"
	case len(octets) != 4:
		return "not an IP address; IPv4 has four octets"
	}
	for _, octet := range octets {
		n, err := strconv.ParseUint(octet, 10, 16)
		switch {
		case err != nil || n > 255:
			return "not an IP address; an octet is 255 at most"
		case len(octet) > 1 && octet[0] == '0':
			return "not an IP address; leave out leading zeros, which some programs take for octal"
		}
	}
	return "not an IP address; leave out the dot at its end"
}

func parsePort(s string) (uint16, string) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 {
		return 0, "the part after the colon is not a port from 1 to 65535"
	}
	return uint16(n), ""
}

// looksNumeric reports whether s is meant as IPv4 addresses and not as a name: no
// top-level domain is all digits (RFC 3696 section 2), nor digits and dashes. What
// looks numeric is never sent to a name server.
func looksNumeric(s string) bool {
	s = strings.TrimSuffix(s, ".")
	label := s[strings.LastIndexByte(s, '.')+1:]
	return strings.Trim(label, "0123456789-*,") == "" && !strings.HasPrefix(s, "-")
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
