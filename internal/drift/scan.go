package drift

import (
	"hash/maphash"

	"porthole/internal/record"
)

// verdictEntry is what is kept of a verdict.
func (c *Comparison) verdictEntry(r *record.Record) entry {
	return entry{same: maphash.Comparable(c.seed, [3]string{verdict(r), r.Service, proved(r)}), open: isOpen(r)}
}

// scans compares two scans. By default a scan shows open ports only, so a port without
// a record is taken to be not open.
func (c *Comparison) scans(j *join, do func(*record.Record) error) error {
	for j.next() {
		var was *entry // the last one, if it is there twice
		if n := len(j.was); n > 0 {
			was = &j.was[n-1]
		}
		if len(j.is) == 0 && was.open {
			if err := c.closed(*was, do); err != nil {
				return err
			}
		}
		for _, is := range j.is {
			if was == nil && !is.open || was != nil && was.same == is.same {
				continue
			}
			if err := c.compareAgain(was, is, do); err != nil {
				return err
			}
		}
	}
	return j.err
}

// closed is the change of a port that the newer scan does not show.
func (c *Comparison) closed(at entry, do func(*record.Record) error) error {
	was, err := c.old.at(at.at)
	if err != nil {
		return err
	}
	change := changed(was, record.ChangeClosed, verdict(&was), "")
	return do(&change)
}

// compareAgain reads the records of a port again. It has no change if one of the
// verdicts is unknown.
func (c *Comparison) compareAgain(old *entry, new entry, do func(*record.Record) error) (err error) {
	var was record.Record
	if old != nil {
		if was, err = c.old.at(old.at); err != nil {
			return err
		}
	}
	is, err := c.new.at(new.at)
	if err != nil {
		return err
	}
	if change, ok := compareVerdicts(&was, old != nil, &is); ok {
		if err := do(&change); err != nil {
			return err
		}
	}
	if !isOpen(&was) || !isOpen(&is) {
		return nil
	}
	changes := compareVerified(&was, &is)
	for i := range changes {
		if err := do(&changes[i]); err != nil {
			return err
		}
	}
	return nil
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
