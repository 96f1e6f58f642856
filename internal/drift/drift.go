// Package drift finds what changed between two lists or two scans.
//
// A [Comparison] takes the records of both, and reads those again that changed. It
// keeps little of each record and sorts that, if need be in a temporary file, so that
// it compares outputs of any size in the same memory.
//
// A restart is not a change. Sockets are compared by the name of their network
// namespace, protocol, address and port, and then by exposure and owner, which is a
// unit, a container or an executable. Verdicts are compared by host, protocol,
// address and port. PIDs, inodes and times are never compared. What one of the two
// outputs could not show, such as hidden holders or a port without a verdict, is
// not a change.
package drift

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"

	"porthole/internal/record"
	"porthole/internal/spill"
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

// MaxRows is the number of verdicts, or of sockets that wait, that are compared at
// most of each side.
const MaxRows = 1 << 24

// Comparison compares two outputs of one command. It takes all records of the older
// one by Old and all of the newer one by New, in any order, also at the same time.
type Comparison struct {
	seed     maphash.Seed
	old, new side
}

// Reread returns the record that was found at a place.
type Reread func(at int64) (record.Record, error)

// side is one of the two outputs.
type side struct {
	rows    *spill.Sorter
	n       int
	at      Reread
	words   record.OwnerWords // of a list: those that it has
	holders bool              // of a list: there is one
	scan    bool              // it has a verdict
	key     []byte            // to make one in, as is value
	value   []byte
}

// New returns a comparison of two outputs, whose records can be read again. It calls
// temp for a temporary file, if memory is not enough.
func New(oldAt, newAt Reread, temp func() (spill.File, error)) *Comparison {
	return &Comparison{
		seed: maphash.MakeSeed(),
		old:  side{rows: spill.New(temp), at: oldAt},
		new:  side{rows: spill.New(temp), at: newAt},
	}
}

// Old adds a record of the older output, which was found at a place from 0 up.
func (c *Comparison) Old(r *record.Record, at int64) error { return c.add(&c.old, r, at) }

// New adds a record of the newer output.
func (c *Comparison) New(r *record.Record, at int64) error { return c.add(&c.new, r, at) }

func (c *Comparison) add(s *side, r *record.Record, at int64) error {
	var e entry
	switch {
	case r.Kind == record.KindPort:
		s.scan = true
		s.key = verdictKey(s.key[:0], r)
		e = c.verdictEntry(r)
	case r.Kind == record.KindSocket && r.Waits(): // connections come and go
		s.note(r)
		s.key, e.group = socketKey(s.key[:0], r)
		e = c.socketEntry(e, r)
	default:
		return nil
	}
	if s.n++; s.n > MaxRows {
		return fmt.Errorf("it has more than %d verdicts or sockets that wait", MaxRows)
	}
	e.at = at
	s.value = e.append(s.value[:0])
	return s.rows.Add(s.key, s.value)
}

// Changes calls do with every change: those of a scan sorted by host, port, protocol
// and address, those of a list by network namespace, port, protocol and address. It
// may be called once, and ends with ctx.
func (c *Comparison) Changes(ctx context.Context, do func(*record.Record) error) error {
	j := c.join(ctx)
	if c.old.scan || c.new.scan {
		return c.scans(j, do)
	}
	l := lists{Comparison: c, yield: do, words: commonWords(&c.old, &c.new)}
	return l.run(j)
}

// Close removes the temporary files.
func (c *Comparison) Close() error { return errors.Join(c.old.rows.Close(), c.new.rows.Close()) }

// changed makes the record of a change to r.
func changed(r record.Record, what, before, after string) record.Record {
	r.Kind = record.KindChange
	r.Change = &record.Change{What: what, Before: before, After: after}
	return r
}
