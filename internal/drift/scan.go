package drift

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"net/netip"
	"slices"

	"porthole/internal/record"
)

// Scans compares two scans of any size. It takes all verdicts of the older one by
// Old, then all of the newer one by New, and keeps some dozens of bytes of each and
// where it was found. Changes reads those that changed again.
//
// By default a scan shows open ports only, so a port without a record is taken to be
// not open.
type Scans struct {
	oldAt, newAt Reread
	seed         maphash.Seed
	before       map[portKey]verdictAt
	changes      []place
}

// Reread returns the record that was found at a place.
type Reread func(at int64) (record.Record, error)

// NewScans returns a comparison of two scans, whose records can be read again.
func NewScans(oldAt, newAt Reread) *Scans {
	return &Scans{oldAt: oldAt, newAt: newAt, seed: maphash.MakeSeed(), before: make(map[portKey]verdictAt)}
}

// MaxVerdicts is the number of verdicts of the older scan at most.
const MaxVerdicts = 1 << 24

// portKey identifies a port of a host: a hash of 128 bits of what names it.
type portKey [2]uint64

// verdictAt is what is kept of a verdict of the older scan.
type verdictAt struct {
	at   int64
	same uint64 // a hash of all that is compared
	open bool
	seen bool // the newer scan has the port
}

// place is a port that may have changed: where its records are, and what it is sorted by.
type place struct {
	host, proto string
	addr        netip.Addr
	port        uint16
	old, new    int64 // -1 if there is none
}

func (s *Scans) keyOf(r *record.Record) (key portKey) {
	type name struct {
		part              int
		host, proto, addr string
		port              uint16
	}
	for i := range key {
		key[i] = maphash.Comparable(s.seed, name{i, r.Host, r.Proto, r.Addr, r.Port})
	}
	return key
}

// compared is a hash of what compareVerdicts looks at.
func (s *Scans) compared(r *record.Record) uint64 {
	return maphash.Comparable(s.seed, [3]string{verdict(r), r.Service, proved(r)})
}

// Old adds a verdict of the older scan, which was found at a place from 0 up.
func (s *Scans) Old(r *record.Record, at int64) error {
	if len(s.before) == MaxVerdicts {
		return fmt.Errorf("it has more than %d verdicts", MaxVerdicts)
	}
	s.before[s.keyOf(r)] = verdictAt{at: at, same: s.compared(r), open: isOpen(r)}
	return nil
}

// New adds a verdict of the newer scan.
func (s *Scans) New(r *record.Record, at int64) error {
	key := s.keyOf(r)
	before, shown := s.before[key]
	switch {
	case shown && !before.seen:
		before.seen = true
		s.before[key] = before
	case !shown:
		before.at = -1
		if _, ok := compareVerdicts(new(record.Record), false, r); !ok {
			return nil
		}
	}
	if shown && before.same == s.compared(r) {
		return nil
	}
	if len(s.changes) == MaxVerdicts {
		return fmt.Errorf("more than %d verdicts have changed", MaxVerdicts)
	}
	s.changes = append(s.changes, placeOf(r, before.at, at))
	return nil
}

func placeOf(r *record.Record, old, new int64) place {
	return place{r.Host, r.Proto, address(r.Addr), r.Port, old, new}
}

// Changes calls do with every change, sorted by host, port, protocol and address.
func (s *Scans) Changes(do func(*record.Record) error) error {
	var gone []int64
	for _, v := range s.before {
		if !v.seen && v.open {
			gone = append(gone, v.at)
		}
	}
	s.before = nil
	slices.Sort(gone) // as they lie in the file
	for _, at := range gone {
		r, err := s.oldAt(at)
		if err != nil {
			return err
		}
		s.changes = append(s.changes, placeOf(&r, at, -1))
	}
	slices.SortFunc(s.changes, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.host, b.host), cmp.Compare(a.port, b.port), cmp.Compare(a.proto, b.proto), a.addr.Compare(b.addr))
	})
	for _, p := range s.changes {
		changes, err := s.changesAt(p)
		if err != nil {
			return err
		}
		for i := range changes {
			if err := do(&changes[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// changesAt reads the records of a port again. It has no change if one of the verdicts
// is unknown.
func (s *Scans) changesAt(p place) (changes []record.Record, err error) {
	var was, is record.Record
	if p.old >= 0 {
		if was, err = s.oldAt(p.old); err != nil {
			return nil, err
		}
	}
	if p.new < 0 {
		return []record.Record{changed(was, record.ChangeClosed, verdict(&was), "")}, nil
	}
	if is, err = s.newAt(p.new); err != nil {
		return nil, err
	}
	if change, ok := compareVerdicts(&was, p.old >= 0, &is); ok {
		changes = append(changes, change)
	}
	if isOpen(&was) && isOpen(&is) {
		changes = append(changes, compareVerified(&was, &is)...)
	}
	return changes, nil
}

// compareVerdicts compares the verdicts on one port. The state unknown is not a
// verdict, and makes no change.
func compareVerdicts(was *record.Record, shown bool, is *record.Record) (record.Record, bool) {
	before, after := verdict(was), verdict(is)
	switch {
	case before == "unknown" || after == "unknown":
	case isOpen(is) && !isOpen(was):
		return changed(*is, record.ChangeOpened, before, after), true
	case isOpen(was) && !isOpen(is):
		return changed(*is, record.ChangeClosed, before, after), true
	case shown && before != after:
		return changed(*is, record.ChangeState, before, after), true
	case shown && was.Service != is.Service && !(was.Verified.Identified() && is.Verified.Identified()):
		return changed(*is, record.ChangeService, was.Service, is.Service), true
	}
	return record.Record{}, false
}

// isOpen reports whether a port is open, or may be. A middlebox answers on every
// port, which does not count.
func isOpen(r *record.Record) bool {
	return !r.Middlebox && (r.State == "open" || r.State == "open|filtered")
}

// verdict is the state of a port, or that a middlebox hides it.
func verdict(r *record.Record) string {
	if r.Middlebox {
		return "middlebox"
	}
	return r.State
}
