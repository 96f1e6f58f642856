package ruleset

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/bits"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// form is how a value is printed.
type form uint8

const (
	formHex form = iota
	formAddress4
	formAddress6
	formPort
	formNumber  // in network order
	formProto   // of the transport layer
	formNFProto // of the network layer
	formEther   // type of an Ethernet frame
	formName    // of an interface
	formNative  // a number in the machine's order
	formMark
	formState
	formStatus
	formDirection
	formTCPFlags
	formPktType
	formAddrType
	formExists
	formByte
)

func (f form) isAddress() bool { return f == formAddress4 || f == formAddress6 }

func (f form) isFlags() bool { return f == formState || f == formStatus || f == formTCPFlags }

// turned is the form of a value whose bytes were turned around.
func (f form) turned() form { return formNumber }

// size is how many bytes a value has; 0 if that is not known.
func (f form) size() int {
	switch f {
	case formAddress4, formNative, formMark, formState, formStatus, formAddrType:
		return 4
	case formAddress6, formName:
		return 16
	case formPort, formEther:
		return 2
	case formProto, formNFProto, formDirection, formTCPFlags, formPktType, formByte:
		return 1
	}
	return 0
}

// show prints a value.
func (f form) show(b []byte) string {
	switch f {
	case formAddress4, formAddress6:
		return showAddress(b, f == formAddress6)
	case formName:
		return showName(b)
	case formMark:
		if len(b) == 4 {
			return fmt.Sprintf("0x%08x", native(b))
		}
	case formNative:
		if len(b) == 4 {
			return strconv.Itoa(int(native(b)))
		}
	case formState:
		return showFlags(uint64(native(b)), "invalid", "established", "related", "new", "", "", "untracked")
	case formStatus:
		return showFlags(uint64(native(b)), "expected", "seen-reply", "assured", "confirmed", "snat", "dnat")
	case formAddrType:
		names := [...]string{"unspec", "unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit"}
		if n := native(b); len(b) == 4 && int(n) < len(names) {
			return names[n]
		}
	}
	return f.showNumber(b)
}

// showNumber prints what is a number in network order, or a name for it.
func (f form) showNumber(b []byte) string {
	if len(b) == 0 || len(b) > 8 {
		return "0x" + hex.EncodeToString(b)
	}
	n := uint64(0)
	for _, one := range b {
		n = n<<8 | uint64(one)
	}
	name := ""
	switch f {
	case formProto:
		name = protoName(byte(n))
	case formNFProto:
		name = map[byte]string{2: "ipv4", 10: "ipv6"}[byte(n)]
	case formEther:
		name = map[uint16]string{0x0800: "ip", 0x86dd: "ip6", 0x0806: "arp", 0x8100: "vlan"}[uint16(n)]
	case formTCPFlags:
		return showFlags(n, "fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr")
	case formDirection:
		name = [...]string{"original", "reply"}[n&1]
	case formPktType:
		if names := [...]string{"host", "broadcast", "multicast", "other"}; int(n) < len(names) {
			name = names[n]
		}
	case formExists:
		name = [...]string{"missing", "exists"}[b[0]&1]
	case formHex:
		return "0x" + hex.EncodeToString(b)
	}
	if name != "" {
		return name
	}
	return strconv.FormatUint(n, 10)
}

// showAddress prints one, or the beginning of one as a prefix.
func showAddress(b []byte, v6 bool) string {
	size := 4
	if v6 {
		size = 16
	}
	whole := make([]byte, size)
	copy(whole, b)
	a, _ := netip.AddrFromSlice(whole)
	if len(b) < size {
		return fmt.Sprintf("%s/%d", a, len(b)*8)
	}
	return a.String()
}

// showName prints the name of an interface; one without an end is the beginning
// of names.
func showName(b []byte) string {
	text := string(b)
	if i := strings.IndexByte(text, 0); i >= 0 {
		return strconv.Quote(text[:i])
	}
	if len(b) < 16 {
		text += "*"
	}
	return strconv.Quote(text)
}

// protoName is a transport protocol by its number; "" if it has no name here.
func protoName(n byte) string {
	return map[byte]string{1: "icmp", 6: "tcp", 17: "udp", 33: "dccp", 50: "esp", 51: "ah", 58: "ipv6-icmp", 132: "sctp", 136: "udplite"}[n]
}

// showFlags lists the names of the bits that are set, and those without a name as a
// number.
func showFlags(n uint64, names ...string) string {
	var list []string
	for i, name := range names {
		if n&(1<<i) != 0 && name != "" {
			list = append(list, name)
			n &^= 1 << i
		}
	}
	if n != 0 || len(list) == 0 {
		list = append(list, fmt.Sprintf("0x%x", n))
	}
	return strings.Join(list, ",")
}

// prefixBits tells how long the prefix is that a mask leaves.
func prefixBits(mask []byte) (n int, ok bool) {
	for i, b := range mask {
		ones := bits.LeadingZeros8(^b)
		n += ones
		if ones == 8 {
			continue
		}
		return n, b<<ones == 0 && isZero(mask[i+1:])
	}
	return n, true
}

// showElement prints a key of a set, with the forms of its parts.
func showElement(e *Element, forms []form) string {
	if e.CatchAll {
		return "*"
	}
	if len(forms) == 0 {
		return showRange(formHex, e.Key, e.Last)
	}
	if len(forms) == 1 {
		return showRange(forms[0], e.Key, e.Last)
	}
	var parts []string
	at := 0
	for _, f := range forms {
		size := f.size()
		if size == 0 || at+size > len(e.Key) {
			size = max(len(e.Key)-at, 0)
		}
		last := []byte(nil)
		if at+size <= len(e.Last) {
			last = e.Last[at : at+size]
		}
		parts = append(parts, showRange(f, e.Key[at:at+size], last))
		at += (size + 3) / 4 * 4
		if at > len(e.Key) {
			at = len(e.Key)
		}
	}
	return strings.Join(parts, " . ")
}

// showRange prints a key or a range, as a prefix where it is one.
func showRange(f form, first, last []byte) string {
	if last == nil || string(first) == string(last) {
		return f.show(first)
	}
	if f == formName {
		n := 0
		for n < len(first) && n < len(last) && first[n] == last[n] {
			n++
		}
		return strconv.Quote(string(first[:n]) + "*")
	}
	if f.isAddress() && len(first) == len(last) {
		mask := make([]byte, len(first))
		for i := range first {
			mask[i] = ^(first[i] ^ last[i])
		}
		prefix := isZero(and(first, invert(mask))) && isZero(invert(or(last, mask)))
		if n, ok := prefixBits(mask); ok && prefix {
			return fmt.Sprintf("%s/%d", f.show(first), n)
		}
	}
	return f.show(first) + "-" + f.show(last)
}

func and(a, b []byte) []byte {
	out := make([]byte, len(a))
	for i := range a {
		out[i] = a[i] & b[i]
	}
	return out
}

func or(a, b []byte) []byte {
	out := make([]byte, len(a))
	for i := range a {
		out[i] = a[i] | b[i]
	}
	return out
}

// setText is a set by its name, or its elements if it has none.
func setText(e *Lookup, forms []form) string {
	if e.Set == nil || !e.Set.Anonymous() {
		return "@" + e.Name
	}
	const most = 64 // elements in a text for people
	var list []string
	elements := slices.Clone(e.Set.Elements)
	slices.SortStableFunc(elements, func(a, b Element) int { return bytes.Compare(a.Key, b.Key) })
	for i := range elements {
		if i == most {
			list = append(list, "...")
			break
		}
		one := &elements[i]
		text := showElement(one, forms)
		switch {
		case one.Verdict != nil:
			text += " : " + one.Verdict.String()
		case e.Set.IsMap():
			text += " : " + dataForm(e.Set).show(one.Data)
		}
		list = append(list, text)
	}
	return "{ " + strings.Join(list, ", ") + " }"
}

// dataForm is the form of a map's values, by nft's number of their type.
func dataForm(s *Set) form {
	switch s.DataType {
	case 7:
		return formAddress4
	case 8:
		return formAddress6
	case 13:
		return formPort
	case 19:
		return formMark
	}
	return formHex
}
