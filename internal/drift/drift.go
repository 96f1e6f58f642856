// Package drift finds what changed between two lists or two scans.
//
// [CompareLists] is a pure function of the rows of two lists. [Scans] compares scans
// of any size, verdict by verdict.
//
// A restart is not a change. Sockets are compared by the name of their network
// namespace, protocol, address and port, and then by exposure and owner, which is a
// unit, a container or an executable. Verdicts are compared by host, protocol,
// address and port. PIDs, inodes and times are never compared. What one of the two
// outputs could not show, such as hidden holders or a port without a verdict, is
// not a change.
package drift

import (
	"cmp"
	"fmt"
	"net/netip"
	"sort"

	"porthole/internal/record"
)

// Comparable fails if the outputs of two commands are not two lists or two scans.
func Comparable(old, new string) error {
	for _, command := range []string{old, new} {
		if command != "scan" && command != "list" {
			return fmt.Errorf("a %s cannot be compared; want two lists or two scans", command)
		}
	}
	if old != new {
		return fmt.Errorf("a %s and a %s cannot be compared", old, new)
	}
	return nil
}

// sorted sorts changes by network namespace, port, protocol and address.
func sorted(changes []record.Record) []record.Record {
	sort.SliceStable(changes, func(i, j int) bool {
		a, b := &changes[i], &changes[j]
		return cmp.Or(
			cmp.Compare(a.NetNSName, b.NetNSName),
			cmp.Compare(a.Port, b.Port),
			cmp.Compare(a.Proto, b.Proto),
			address(a.Addr).Compare(address(b.Addr)),
			cmp.Compare(a.What, b.What)) < 0
	})
	return changes
}

// changed makes the record of a change to r.
func changed(r record.Record, what, before, after string) record.Record {
	r.Kind = record.KindChange
	r.Change = &record.Change{What: what, Before: before, After: after}
	return r
}

// address parses an address to sort by. What is not an address comes first.
func address(s string) netip.Addr {
	a, _ := netip.ParseAddr(s)
	return a
}
