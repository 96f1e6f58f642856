package spill

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// inMemory is a file that counts how often it is made.
type inMemory struct {
	text   []byte
	full   bool
	made   int
	closed int
}

func (f *inMemory) Write(p []byte) (int, error) {
	if f.full {
		return 0, errors.New("full")
	}
	f.text = append(f.text, p...)
	return len(p), nil
}

func (f *inMemory) ReadAt(p []byte, at int64) (int, error) {
	n := copy(p, f.text[min(at, int64(len(f.text))):])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *inMemory) Close() error { f.closed++; return nil }

func (f *inMemory) open() (File, error) { f.made++; return f, nil }

// TestSorted holds the order of entries, with runs and without: as a stable sort of
// all of them.
func TestSorted(t *testing.T) {
	for _, memory := range []int{1, 100, 1000, Memory} {
		for _, n := range []int{0, 1, 2, 500} {
			var f inMemory
			s := New(f.open)
			s.memory = memory
			var want []string
			for i := range n {
				key := strings.Repeat("k", rand.IntN(3)) + fmt.Sprint(rand.IntN(50))
				want = append(want, key+"\x00"+fmt.Sprintf("%04d", i))
				if err := s.Add([]byte(key), fmt.Appendf(nil, "%04d", i)); err != nil {
					t.Fatal(err)
				}
			}
			slices.Sort(want) // the values ascend
			var got []string
			c := s.Sorted()
			for c.Next() {
				got = append(got, string(c.Key())+"\x00"+string(c.Value()))
			}
			if !slices.Equal(got, want) || c.Err() != nil {
				t.Errorf("memory %d, %d entries: %q, %v, want %q", memory, n, got, c.Err(), want)
			}
			if spilled := n == 500 && memory < Memory; spilled && f.made != 1 || memory == Memory && f.made > 0 {
				t.Errorf("memory %d, %d entries: %d temporary files", memory, n, f.made)
			}
			if err := s.Close(); err != nil || f.closed != f.made {
				t.Errorf("%d of %d files are closed, %v", f.closed, f.made, err)
			}
		}
	}
}

// TestErrors holds that a full disk, a file that changes and a long entry are errors.
func TestErrors(t *testing.T) {
	f := inMemory{full: true}
	s := New(f.open)
	s.memory = 1
	err := s.Add([]byte("a"), nil)
	if err == nil {
		err = s.Add([]byte("b"), nil)
	}
	if err == nil || err.Error() != "full" {
		t.Error(err)
	}
	s = New(func() (File, error) { return nil, os.ErrPermission })
	s.memory = 1
	if err := s.Add(nil, make([]byte, MaxEntry)); err != nil {
		t.Error(err)
	}
	if err := s.Add(nil, nil); err != os.ErrPermission {
		t.Error(err)
	}
	if err := s.Add([]byte("k"), make([]byte, MaxEntry)); err == nil {
		t.Error("a long entry is taken")
	}
	for _, text := range []string{"\xff\xff\xff\x7f", "\xff", "\x01\x01a", "\x01", strings.Repeat("\xff", 20)} {
		f := inMemory{}
		s := New(f.open)
		s.memory = 1
		for _, key := range []string{"a", "b"} {
			if err := s.Add([]byte(key), nil); err != nil {
				t.Fatal(err)
			}
		}
		f.text = []byte(text)
		s.runs[0].size = int64(len(text))
		c := s.Sorted()
		for c.Next() {
		}
		if c.Err() == nil {
			t.Errorf("%q: no error", text)
		}
	}
}
