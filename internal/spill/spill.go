// Package spill sorts more than is kept in memory. What does not fit goes to a
// temporary file in sorted runs, which are merged when they are read.
package spill

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

const (
	// Memory is what a Sorter keeps of its entries, in bytes, before it writes a run.
	Memory = 8 << 20
	// MaxEntry is the size of a key with its value at most, in bytes.
	MaxEntry = 64 << 10
)

// File is a temporary file.
type File interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// Sorter sorts entries by their keys.
type Sorter struct {
	temp   func() (File, error)
	memory int

	text   []byte   // the entries that are in memory, as put writes them
	starts []uint32 // of each of them
	file   File     // nil until memory was full
	size   int64    // of file
	runs   []run
}

// run is a sorted part of the file.
type run struct{ at, size int64 }

// New returns a Sorter without entries. It calls temp once, if they do not fit in
// memory.
func New(temp func() (File, error)) *Sorter { return &Sorter{temp: temp, memory: Memory} }

// Add adds an entry. It keeps neither key nor value.
func (s *Sorter) Add(key, value []byte) error {
	if len(key)+len(value) > MaxEntry {
		return fmt.Errorf("an entry of %d bytes is too long to be sorted", len(key)+len(value))
	}
	if len(s.text) > 0 && len(s.text)+len(key)+len(value)+2*binary.MaxVarintLen32 > s.memory {
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.starts = append(s.starts, uint32(len(s.text)))
	s.text = put(s.text, key, value)
	return nil
}

// put appends an entry: the lengths of key and value, and these.
func put(text, key, value []byte) []byte {
	text = binary.AppendUvarint(text, uint64(len(key)))
	text = binary.AppendUvarint(text, uint64(len(value)))
	return append(append(text, key...), value...)
}

// cut takes apart what put wrote; end is where the next entry begins.
func cut(text []byte) (key, value []byte, end int) {
	k, n := binary.Uvarint(text)
	v, m := binary.Uvarint(text[n:])
	from := n + m
	return text[from : from+int(k)], text[from+int(k) : from+int(k+v)], from + int(k+v)
}

// order sorts what is in memory; equal keys stay in the order of adding.
func (s *Sorter) order() {
	slices.SortFunc(s.starts, func(a, b uint32) int {
		x, _, _ := cut(s.text[a:])
		y, _, _ := cut(s.text[b:])
		if c := bytes.Compare(x, y); c != 0 {
			return c
		}
		return int(a) - int(b)
	})
}

// spill writes what is in memory as a run.
func (s *Sorter) spill() (err error) {
	if s.file == nil {
		if s.file, err = s.temp(); err != nil {
			return err
		}
	}
	s.order()
	at := s.size
	w := bufio.NewWriterSize(s.file, 1<<16)
	for _, start := range s.starts {
		_, _, end := cut(s.text[start:])
		n, err := w.Write(s.text[start : int(start)+end])
		if s.size += int64(n); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	s.runs = append(s.runs, run{at, s.size - at})
	s.text, s.starts = s.text[:0], s.starts[:0]
	return nil
}

// Sorted returns the entries in the order of their keys; those of equal keys in the
// order of adding. Nothing may be added after that.
func (s *Sorter) Sorted() *Cursor {
	s.order()
	c := &Cursor{}
	for i, r := range s.runs {
		section := io.NewSectionReader(s.file, r.at, r.size)
		c.add(&source{run: i, file: bufio.NewReaderSize(section, 32<<10)})
	}
	c.add(&source{run: len(s.runs), memory: s})
	return c
}

// Close removes the temporary file.
func (s *Sorter) Close() error {
	s.text, s.starts, s.runs = nil, nil, nil
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

// Cursor goes over sorted entries.
type Cursor struct {
	sources []*source // those with an entry, as a heap: the next one is first
	begun   bool
	err     error
}

// Next goes to the next entry, and reports whether there is one.
func (c *Cursor) Next() bool {
	if c.begun && len(c.sources) > 0 {
		c.advance()
	}
	c.begun = true
	return c.err == nil && len(c.sources) > 0
}

// Key is the key of the entry, until Next is called.
func (c *Cursor) Key() []byte { return c.sources[0].key }

// Value is the value of the entry, until Next is called.
func (c *Cursor) Value() []byte { return c.sources[0].value }

// Err is why Next returned false; nil at the end.
func (c *Cursor) Err() error { return c.err }

// add adds a source, which has not begun.
func (c *Cursor) add(s *source) {
	more, err := s.next()
	if err != nil {
		c.err = err
	}
	if !more {
		return
	}
	c.sources = append(c.sources, s)
	for i := len(c.sources) - 1; i > 0; {
		parent := (i - 1) / 2
		if !c.sources[i].before(c.sources[parent]) {
			return
		}
		c.sources[i], c.sources[parent] = c.sources[parent], c.sources[i]
		i = parent
	}
}

// advance takes the next entry of the first source, and puts it in its place.
func (c *Cursor) advance() {
	more, err := c.sources[0].next()
	if err != nil {
		c.err = err
		return
	}
	if !more {
		last := len(c.sources) - 1
		c.sources[0], c.sources = c.sources[last], c.sources[:last]
	}
	for i := 0; ; {
		first := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(c.sources); child++ {
			if c.sources[child].before(c.sources[first]) {
				first = child
			}
		}
		if first == i {
			return
		}
		c.sources[i], c.sources[first] = c.sources[first], c.sources[i]
		i = first
	}
}

// source is a run, or what is in memory.
type source struct {
	run    int
	file   *bufio.Reader
	memory *Sorter
	n      int    // entries of memory that were taken
	buf    []byte // of the entry of a run

	key, value []byte
}

func (s *source) before(t *source) bool {
	if c := bytes.Compare(s.key, t.key); c != 0 {
		return c < 0
	}
	return s.run < t.run
}

// next takes the next entry, and reports whether there is one.
func (s *source) next() (bool, error) {
	if s.memory != nil {
		if s.n == len(s.memory.starts) {
			return false, nil
		}
		s.key, s.value, _ = cut(s.memory.text[s.memory.starts[s.n]:])
		s.n++
		return true, nil
	}
	k, err := binary.ReadUvarint(s.file)
	if err == io.EOF {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	v, err := binary.ReadUvarint(s.file)
	if err == nil && (k > MaxEntry || v > MaxEntry-k) {
		err = errors.New("a temporary file has changed")
	}
	if err != nil {
		return false, err
	}
	s.buf = slices.Grow(s.buf[:0], int(k+v))[:k+v]
	if _, err := io.ReadFull(s.file, s.buf); err != nil {
		return false, err
	}
	s.key, s.value = s.buf[:k], s.buf[k:]
	return true, nil
}
