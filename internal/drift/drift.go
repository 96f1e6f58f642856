// Package drift tells what changed between two lists or two scans.
//
// The one call to start with is [Compare], on two answers that [report.ReadSaved]
// took from files:
//
//	changes, err := drift.Compare(old, new)
//
// What it promises: identity survives restarts. A socket is the same if its
// network namespace's name, protocol, address, port, and unit or executable
// are; a verdict is the same if its host, protocol, address and port are.
// Process numbers, inodes and times are never compared. What one of the two
// could not see (hidden holders, a port without a verdict) is no change.
// The package reads no clock, file or socket.
package drift

import (
	"cmp"
	"fmt"
	"net/netip"
	"sort"

	"porthole/internal/record"
)

// Compare returns the changes from old to new, ordered by host, port, protocol
// and address. It fails unless both are lists or both are scans.
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

// changed is the record of a change to r.
func changed(r record.Record, what, before, after string) record.Record {
	r.Kind = record.KindChange
	r.Change = &record.Change{What: what, Before: before, After: after}
	return r
}

// address sorts what is no address first.
func address(s string) netip.Addr {
	a, _ := netip.ParseAddr(s)
	return a
}
