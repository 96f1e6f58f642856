package drift

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/netip"

	"porthole/internal/record"
	"porthole/internal/spill"
)

// entry is what is kept of a record, beside its key.
type entry struct {
	at     int64
	same   uint64 // a hash of all that is compared, but for the owners
	owner  uint64 // of a socket: a hash of its owners by all words; 0 if there are none
	group  uint16 // of a socket: how much of its key names the namespace, port and protocol
	open   bool   // of a verdict
	widest uint8  // of a socket: its exposure, the wider the higher
}

const entrySize = 3*8 + 2 + 1 + 1

func (e entry) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(e.at))
	b = binary.LittleEndian.AppendUint64(b, e.same)
	b = binary.LittleEndian.AppendUint64(b, e.owner)
	b = binary.LittleEndian.AppendUint16(b, e.group)
	open := byte(0)
	if e.open {
		open = 1
	}
	return append(b, open, e.widest)
}

func parseEntry(b []byte) (e entry, err error) {
	if len(b) != entrySize {
		return e, errors.New("a temporary file has changed")
	}
	e.at = int64(binary.LittleEndian.Uint64(b))
	e.same = binary.LittleEndian.Uint64(b[8:])
	e.owner = binary.LittleEndian.Uint64(b[16:])
	e.group = binary.LittleEndian.Uint16(b[24:])
	e.open, e.widest = b[26] == 1, b[27]
	return e, nil
}

// verdictKey appends the key of a verdict, by which it is identified and sorted.
func verdictKey(key []byte, r *record.Record) []byte {
	key = appendText(key, r.Host)
	key = binary.BigEndian.AppendUint16(key, r.Port)
	key = appendText(key, r.Proto)
	return appendAddr(key, r.Addr)
}

// socketKey appends the key of a socket. The beginning of it, whose length is group,
// is equal for all addresses of a port.
func socketKey(key []byte, r *record.Record) (_ []byte, group uint16) {
	key = appendText(key, r.StableNetNS())
	key = binary.BigEndian.AppendUint16(key, r.Port)
	key = appendText(key, r.Proto)
	group = uint16(len(key))
	return appendAddr(key, r.Addr), group
}

// appendText appends a text so that keys are sorted by it and none is the beginning of
// another. A long one is cut, and its hash appended.
func appendText(key []byte, text string) []byte {
	const long = 1 << 10
	var sum []byte
	if len(text) > long {
		hash := sha256.Sum256([]byte(text))
		text, sum = text[:long], hash[:]
	}
	for _, part := range [][]byte{[]byte(text), sum} {
		for _, b := range part {
			if key = append(key, b); b == 0 {
				key = append(key, 0xff)
			}
		}
	}
	return append(key, 0, 0)
}

// appendAddr appends an address: by its family and its number, then as it was written.
// What is not an address comes first.
func appendAddr(key []byte, text string) []byte {
	addr, _ := netip.ParseAddr(text)
	key = append(key, byte(addr.BitLen()))
	key = append(key, addr.AsSlice()...)
	return appendText(key, text)
}

// join goes over the keys of both sides.
type join struct {
	ctx      context.Context
	old, new *spill.Cursor
	oldMore  bool
	newMore  bool

	key     []byte
	was, is []entry // of the key, in the order of adding
	err     error
	begun   bool
}

func (c *Comparison) join(ctx context.Context) *join {
	return &join{ctx: ctx, old: c.old.rows.Sorted(), new: c.new.rows.Sorted()}
}

// next goes to the next key, and reports whether there is one.
func (j *join) next() bool {
	if !j.begun {
		j.begun = true
		j.oldMore, j.newMore = j.old.Next(), j.new.Next()
	}
	if j.err = errors.Join(j.old.Err(), j.new.Err(), j.ctx.Err()); j.err != nil || !j.oldMore && !j.newMore {
		return false
	}
	first := j.new
	if !j.newMore || j.oldMore && bytes.Compare(j.old.Key(), j.new.Key()) < 0 {
		first = j.old
	}
	j.key = append(j.key[:0], first.Key()...)
	j.was = j.take(j.was[:0], j.old, &j.oldMore)
	j.is = j.take(j.is[:0], j.new, &j.newMore)
	return j.err == nil
}

// take takes the entries of the key from one side.
func (j *join) take(entries []entry, from *spill.Cursor, more *bool) []entry {
	for *more && bytes.Equal(from.Key(), j.key) {
		e, err := parseEntry(from.Value())
		if err != nil {
			j.err = err
			return nil
		}
		entries = append(entries, e)
		*more = from.Next()
	}
	j.err = errors.Join(j.err, from.Err())
	return entries
}
