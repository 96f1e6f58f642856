package natrules

import (
	"bytes"
	"slices"
	"sort"

	"porthole/internal/netlink"
)

// leads tells whether a rule has an expression that can lead elsewhere.
func leads(expressions []byte) bool {
	found := false
	netlink.Attributes(expressions, func(_ uint16, value []byte) error {
		if e, err := readFields(value); err == nil {
			name := e.text(1)
			found = found || name == "nat" || name == "target"
		}
		return nil
	})
	return found
}

// boundary is the value that marks the end of a range in a set whose elements
// are ranges: the element itself is no longer in it.
var boundary = []byte{}

// readElements adds those in the value of NFTA_SET_ELEM_LIST_ELEMENTS.
func readElements(b []byte, all []element) ([]element, error) {
	const key, value, flags, keyEnd = 1, 2, 3, 10 // enum nft_set_elem_attributes
	const intervalEnd = 1
	err := netlink.Attributes(b, func(_ uint16, item []byte) error {
		f, err := readFields(item)
		if err != nil {
			return err
		}
		e := element{key: bytes.Clone(f.value(key)), value: bytes.Clone(f.value(value))}
		if f[keyEnd] != nil {
			e.last = bytes.Clone(f.value(keyEnd))
		} else if n, _ := f.number(flags); n&intervalEnd != 0 {
			e.last = boundary
		}
		if e.key != nil {
			all = append(all, e)
		}
		return nil
	})
	return all, err
}

// joinIntervals makes ranges of the elements of a set of ranges, which has one
// for each beginning and one for each end.
func joinIntervals(all []element) []element {
	isEnd := func(e element) bool { return e.last != nil && len(e.last) == 0 }
	if !slices.ContainsFunc(all, isEnd) {
		return all
	}
	sort.SliceStable(all, func(i, j int) bool {
		a, b := all[i], all[j]
		order := bytes.Compare(a.key, b.key)
		if order == 0 && isEnd(a) != isEnd(b) { // one ends where the next begins
			return isEnd(a)
		}
		return order < 0
	})
	var joined []element
	for i, e := range all {
		if isEnd(e) {
			continue
		}
		e.last = bytes.Repeat([]byte{0xff}, len(e.key))
		if i+1 < len(all) {
			e.last = before(all[i+1].key)
		}
		joined = append(joined, e)
	}
	return joined
}

// before is the number just below one in network order.
func before(n []byte) []byte {
	n = bytes.Clone(n)
	for i := len(n) - 1; i >= 0; i-- {
		n[i]--
		if n[i] != 0xff {
			break
		}
	}
	return n
}
