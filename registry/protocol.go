package registry

import (
	"fmt"
	"strings"
)

// protocol is an index into the transport protocols that have port numbers,
// in the order in which they are always listed.
type protocol uint8

const (
	tcp protocol = iota
	udp
	sctp
	dccp
	protocols // their number
)

// letters are the prefixes of port expressions and the second column of the
// tables, by protocol.
const letters = "TUSD"

// String returns the name that records carry.
func (p protocol) String() string {
	switch p {
	case tcp:
		return "tcp"
	case udp:
		return "udp"
	case sctp:
		return "sctp"
	default:
		return "dccp"
	}
}

// parseProtocol is the inverse of String.
func parseProtocol(name string) (protocol, bool) {
	for p := range protocols {
		if p.String() == name {
			return p, true
		}
	}
	return 0, false
}

// parseProtocols reads the protocols that a caller asks for; none mean tcp and
// udp.
func parseProtocols(names []string) (protocolSet, error) {
	if len(names) == 0 {
		return setOf(tcp, udp), nil
	}
	var s protocolSet
	for _, name := range names {
		p, ok := parseProtocol(name)
		if !ok {
			return 0, fmt.Errorf("ports: unknown protocol %q: want tcp, udp, sctp or dccp", name)
		}
		s |= setOf(p)
	}
	return s, nil
}

// protocolOf maps a letter of either case to its protocol.
func protocolOf(letter byte) (protocol, bool) {
	if letter >= 'a' && letter <= 'z' {
		letter -= 'a' - 'A'
	}
	i := strings.IndexByte(letters, letter)
	return protocol(max(i, 0)), i >= 0
}

// protocolSet has bit p set for each protocol p in it.
type protocolSet uint8

func setOf(ps ...protocol) protocolSet {
	var s protocolSet
	for _, p := range ps {
		s |= 1 << p
	}
	return s
}

func (s protocolSet) has(p protocol) bool { return s&(1<<p) != 0 }

// letters writes the set as the tables do: "TU".
func (s protocolSet) letters() string {
	var b []byte
	for p := range protocols {
		if s.has(p) {
			b = append(b, letters[p])
		}
	}
	return string(b)
}

// words writes the set for a person: "tcp and udp".
func (s protocolSet) words() string {
	var names []string
	for p := range protocols {
		if s.has(p) {
			names = append(names, p.String())
		}
	}
	return strings.Join(names, " and ")
}
