package registry

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// PortError is a mistake in a port expression.
type PortError struct {
	Expr   string // the whole expression
	Item   string // the item at fault, without blanks and prefix; "" when it is missing
	Column int    // where Item begins in Expr, in characters, from 1
	Kind   string // what is wrong in two words: "bad range", "unknown service"
	Msg    string // why, or what to write instead
}

func (e *PortError) Error() string {
	if e.Item == "" {
		return fmt.Sprintf("ports: %s at column %d: %s", e.Kind, e.Column, e.Msg)
	}
	return fmt.Sprintf("ports: %s %q at column %d: %s", e.Kind, e.Item, e.Column, e.Msg)
}

// ParsePorts reads a port expression: items separated by commas, each of
//
//	22             a port, 0 to 65535
//	8000-9000      a range; -1023 begins at 1, 60000- ends at 65535
//	- or all       1-65535
//	https          the ports of a service: a name that people use, or that IANA registered
//	http*          the ports of all services that match (*, ?, [a-z])
//	common         the ranked list of common ports
//	top:200        the first 200 ports of [Registry.Top], 1 to 1000
//	well-known     0-1023, and likewise registered and dynamic
//
// A prefix T:, U:, S: or D: says tcp, udp, sctp or dccp for its item and those
// that follow, up to the next prefix. Items before the first prefix are for
// protos, which are tcp and udp when none is given. Case does not matter, nor
// do blanks around items.
//
// Every item must name at least one port, so the set is never empty. A mistake
// in expr is a [*PortError].
func (r *Registry) ParsePorts(expr string, protos ...string) (Ports, error) {
	active, err := parseProtocols(protos)
	if err != nil {
		return Ports{}, err
	}
	var b portsBuilder
	off := 0
	for part := range strings.SplitSeq(expr, ",") {
		item, start := trim(part, off)
		item, start, active, err = cutPrefix(item, start, active)
		if err == nil {
			var ports Ports
			ports, err = r.parseItem(item, active)
			b.addAll(ports)
		}
		if mistake := (*PortError)(nil); errors.As(err, &mistake) {
			mistake.Expr, mistake.Item = expr, item
			mistake.Column = utf8.RuneCountInString(expr[:start]) + 1
			return Ports{}, mistake
		}
		off += len(part) + len(",")
	}
	return b.ports(), nil
}

// trim cuts the blanks around an item that begins at off and returns where the
// rest begins.
func trim(part string, off int) (item string, start int) {
	item = strings.TrimLeftFunc(part, unicode.IsSpace)
	start = off + len(part) - len(item)
	return strings.TrimRightFunc(item, unicode.IsSpace), start
}

// cutPrefix takes a protocol prefix off an item and puts it in force.
func cutPrefix(item string, start int, active protocolSet) (string, int, protocolSet, error) {
	if !hasPrefix(item) {
		return item, start, active, nil
	}
	p, ok := protocolOf(item[0])
	if !ok {
		return item, start, active, &PortError{Kind: "unknown prefix", Msg: "want T:, U:, S: or D: for tcp, udp, sctp or dccp"}
	}
	rest, start := trim(item[2:], start+2)
	if hasPrefix(rest) {
		return rest, start, active, &PortError{Kind: "second prefix", Msg: "write the port once for each protocol, as in T:53,U:53"}
	}
	return rest, start, setOf(p), nil
}

func hasPrefix(item string) bool {
	return len(item) >= 2 && item[1] == ':' && isLetter(item[0])
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// parseItem reads one item, without blanks and prefix, for the protocols in
// force.
func (r *Registry) parseItem(item string, active protocolSet) (Ports, error) {
	word := strings.ToLower(item)
	switch {
	case item == "":
		return Ports{}, &PortError{Kind: "empty item", Msg: "want a port, a range, a service or a set such as common"}
	case word == "-" || word == "all":
		return spanFor(active, Range{1, lastPort}), nil
	case word == "common":
		return parseSet(active, "there is no list of common ports for %s", ranked)
	case strings.HasPrefix(word, "top:"):
		n, ok := parsePort(word[len("top:"):])
		if !ok || n < 1 || n > maxTop {
			return Ports{}, &PortError{Kind: "bad set", Msg: "want top:1 to top:" + strconv.Itoa(maxTop)}
		}
		return parseSet(active, "no port of %s is known", func(p protocol) []Range { return r.top(p, int(n)) })
	case strings.ContainsAny(item, "*?["):
		return r.parseGlob(word, active)
	case !strings.ContainsFunc(item, unicode.IsLetter):
		span, err := parseRange(item)
		return spanFor(active, span), err
	}
	if c, ok := parseClass(word); ok {
		return spanFor(active, c.span()), nil
	}
	return r.parseName(item, active)
}

// isSet reports whether a word names a set and so cannot name a service.
func isSet(word string) bool {
	_, isClass := parseClass(word)
	return isClass || word == "all" || word == "common"
}

func spanFor(active protocolSet, span Range) Ports {
	var b portsBuilder
	b.addEach(active, span)
	return b.ports()
}

// parseRange reads a port, a range, or a range open at one end.
func parseRange(item string) (Range, error) {
	first, last, isRange := strings.Cut(item, "-")
	if !isRange {
		last = first
	}
	if first == "" {
		first = "1"
	}
	if last == "" {
		last = strconv.Itoa(lastPort)
	}
	kind := "bad port"
	if isRange {
		kind = "bad range"
	}
	a, okFirst := parsePort(first)
	b, okLast := parsePort(last)
	switch {
	case strings.HasPrefix(item, ":") && digits(item[1:]):
		return Range{}, &PortError{Kind: kind, Msg: "write " + item[1:] + ", without the colon"}
	case !digits(first) || !digits(last):
		return Range{}, &PortError{Kind: kind, Msg: "want ports such as 22 or 8000-9000, separated by commas"}
	case !okFirst || !okLast:
		return Range{}, &PortError{Kind: kind, Msg: "the highest port is 65535"}
	case a > b:
		return Range{}, &PortError{Kind: kind, Msg: "the first port is above the last"}
	}
	return Range{a, b}, nil
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// parseSet reads a set that differs by protocol; empty is the complaint when it
// is empty for all protocols in force.
func parseSet(active protocolSet, empty string, ranges func(protocol) []Range) (Ports, error) {
	var b portsBuilder
	for p := range protocols {
		if active.has(p) {
			b.ranges[p] = ranges(p)
		}
	}
	ports := b.ports()
	if ports.Empty() {
		return Ports{}, &PortError{Kind: "empty set", Msg: fmt.Sprintf(empty, active.words())}
	}
	return ports, nil
}

func (r *Registry) parseGlob(glob string, active protocolSet) (Ports, error) {
	if _, err := path.Match(glob, ""); err != nil {
		return Ports{}, &PortError{Kind: "bad pattern", Msg: "want *, ? or a closed [a-z] in a service name"}
	}
	found := r.matching(glob)
	if found.Empty() {
		return Ports{}, &PortError{Kind: "bad pattern", Msg: "no service matches"}
	}
	return inForce(glob, found, active)
}

func (r *Registry) parseName(name string, active protocolSet) (Ports, error) {
	found := r.matching(name)
	if found.Empty() {
		return Ports{}, &PortError{Kind: "unknown service", Msg: r.advise(name)}
	}
	return inForce(name, found, active)
}

// inForce keeps what was found for the protocols in force and says which
// others there are when nothing is left.
func inForce(name string, found Ports, active protocolSet) (Ports, error) {
	ports := found.only(active)
	if !ports.Empty() {
		return ports, nil
	}
	var items []string
	for p := range protocols {
		if found.protos().has(p) {
			items = append(items, letters[p:p+1]+":"+unquoted(name))
		}
	}
	return Ports{}, &PortError{
		Kind: "no " + active.words() + " service",
		Msg:  fmt.Sprintf("only %s: write %s", found.protos().words(), strings.Join(items, ",")),
	}
}

// unquoted escapes what a terminal must not get, as quoting does.
func unquoted(s string) string {
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}

// advise says what to write instead of a name that nothing has.
func (r *Registry) advise(name string) string {
	port, proto, ok := strings.Cut(name, "/")
	if !ok {
		proto, port, ok = strings.Cut(name, ":")
	}
	if p, known := parseProtocol(strings.ToLower(proto)); ok && known && digits(port) {
		return fmt.Sprintf("write %c:%s", letters[p], port)
	}
	if near := r.suggestWord(name); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "no service has this name; try part of it, as in *sql*"
}
