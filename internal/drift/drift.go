// Package drift finds what changed between two lists or two scans.
//
// [Compare] is a pure function of two outputs, as report.ReadSaved reads them:
//
//	changes, err := drift.Compare(old, new)
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

// Compare returns the changes from old to new, sorted by host, network namespace,
// port, protocol and address. It is an error if they are not two lists or two
// scans.
func Compare(old, new record.Saved) ([]record.Record, error) {
	for _, s := range []record.Saved{old, new} {
		if s.Command != "scan" && s.Command != "list" {
			return nil, fmt.Errorf("a %s cannot be compared; want two lists or two scans", s.Command)
		}
	}
	if old.Command != new.Command {
		return nil, fmt.Errorf("a %s and a %s cannot be compared", old.Command, new.Command)
	}
	var changes []record.Record
	if old.Command == "scan" {
		changes = compareScans(old.Records, new.Records)
	} else {
		changes = compareLists(old.Records, new.Records)
	}
	sort.SliceStable(changes, func(i, j int) bool {
		a, b := &changes[i], &changes[j]
		return cmp.Or(
			cmp.Compare(a.Host, b.Host),
			cmp.Compare(a.NetNSName, b.NetNSName),
			cmp.Compare(a.Port, b.Port),
			cmp.Compare(a.Proto, b.Proto),
			address(a.Addr).Compare(address(b.Addr)),
			cmp.Compare(a.What, b.What)) < 0
	})
	return changes, nil
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
