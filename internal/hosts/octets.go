package hosts

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"go4.org/netipx"
)

// mostPieces is the most ranges that one octet list may stand for. What is larger
// (*.*.*.1 has 16 million) is more likely a slip than meant.
const mostPieces = 1 << 18

// itemLength is how many of the items between commas are the first target: more
// than one for an octet list such as 10.0.0,1.3-7 or 10.0.0.1-3,7,9.
func itemLength(items []string) int {
	if !isOctets(items[0]) {
		return 1
	}
	n, dots := 1, strings.Count(items[0], ".")
	if _, to, found := cutRange(items[0]); found && strings.Contains(to, ".") {
		return 1 // a range of two whole addresses
	}
	for n < len(items) && dots < 3 && isOctets(items[n]) {
		dots += strings.Count(items[n], ".")
		n++
	}
	for n < len(items) && dots == 3 && isOctets(items[n]) && !strings.Contains(items[n], ".") {
		n++
	}
	if dots == 3 && n < len(items) && hasOctetPort(items[n]) {
		n++
	}
	return n
}

// isOctets reports whether an item may be a part of an octet list.
func isOctets(item string) bool {
	return item != "" && strings.Trim(item, "0123456789-*.") == ""
}

// hasOctetPort reports whether an item is the end of an octet list with a port: as
// 9:22 in 10.0.0.1,9:22.
func hasOctetPort(item string) bool {
	octet, port, found := strings.Cut(item, ":")
	return found && isOctets(octet) && !strings.Contains(octet, ".") && strings.Trim(port, "0123456789") == ""
}

// parseOctets reads an IPv4 address each of whose octets may be a list of numbers
// and ranges.
func parseOctets(s string) (t Target, msg string) {
	parts := strings.Split(s, ".")
	if len(parts) != 4 {
		return t, notAddress(s)
	}
	if t, msg = parseLiteral(s); msg == "" {
		return t, ""
	}
	var octets [4][]span8
	for i, part := range parts {
		if octets[i], msg = parseOctet(s, part); msg != "" {
			return t, msg
		}
	}
	pieces := 1
	for i := range octets {
		pieces *= pieceCount(octets[:], i)
	}
	if pieces > mostPieces {
		return t, fmt.Sprintf("it stands for %d separate ranges, of %d at most; write fewer, or whole networks as 10.0.0.0/8", pieces, mostPieces)
	}
	product(octets, 0, [4]byte{}, func(first, last [4]byte) {
		t.Ranges = append(t.Ranges, netipx.IPRangeFrom(netip.AddrFrom4(first), netip.AddrFrom4(last)))
	})
	return t, ""
}

// span8 is a range of octets, both ends included.
type span8 struct{ first, last byte }

// parseOctet reads one octet of s: 7, 1-3, 250-, -5, *, -, or several with commas.
func parseOctet(s, part string) (list []span8, msg string) {
	for item := range strings.SplitSeq(part, ",") {
		if item == "*" {
			item = "-"
		}
		from, to, isRange := strings.Cut(item, "-")
		if !isRange {
			to = from
		} else {
			from, to = withDefault(from, "0"), withDefault(to, "255")
		}
		first, err1 := strconv.ParseUint(from, 10, 8)
		last, err2 := strconv.ParseUint(to, 10, 8)
		switch {
		case err1 != nil || err2 != nil || len(from) > 1 && from[0] == '0' || len(to) > 1 && to[0] == '0':
			return nil, notAddress(s)
		case first > last:
			return nil, "the first address is above the last"
		}
		list = append(list, span8{byte(first), byte(last)})
	}
	return list, ""
}

func withDefault(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// whole reports that an octet takes every value, so that its neighbours join.
func whole(list []span8) bool { return len(list) == 1 && list[0] == span8{0, 255} }

// pieceCount is by how much the i-th octet multiplies the ranges: one for each of
// its values, but one for each of its ranges if all octets behind it are whole.
func pieceCount(octets [][]span8, i int) int {
	if allWhole(octets[i+1:]) {
		return len(octets[i])
	}
	n := 0
	for _, r := range octets[i] {
		n += int(r.last) - int(r.first) + 1
	}
	return n
}

func allWhole(octets [][]span8) bool {
	for _, list := range octets {
		if !whole(list) {
			return false
		}
	}
	return true
}

// product calls each with the ranges of all octets from the i-th on, those before
// being chosen.
func product(octets [4][]span8, i int, chosen [4]byte, each func(first, last [4]byte)) {
	for _, r := range octets[i] {
		if allWhole(octets[i+1:]) {
			first, last := chosen, chosen
			first[i], last[i] = r.first, r.last
			for k := i + 1; k < 4; k++ {
				first[k], last[k] = 0, 255
			}
			each(first, last)
			continue
		}
		for v := int(r.first); v <= int(r.last); v++ {
			chosen[i] = byte(v)
			product(octets, i+1, chosen, each)
		}
	}
}
