package checkpoint

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"porthole/internal/userfile"
)

// DamageError is a file that is damaged elsewhere than at its end.
type DamageError struct {
	Line int // from 1
	Err  error
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("line %d is damaged: %v; the scan has to start anew, with another file", e.Line, e.Err)
}

func (e *DamageError) Unwrap() error { return e.Err }

// ErrNotCheckpoint is a file that never was a checkpoint.
var ErrNotCheckpoint = errors.New("this is not a checkpoint of porthole; give --resume a file of its own")

// ErrVersion is a checkpoint in another schema than this version's.
var ErrVersion = errors.New("another version of porthole wrote this checkpoint; resume it with that one, or begin again with another file")

// ErrUnbegun is the file of a scan that was killed before it asked anything.
var ErrUnbegun = errors.New("the scan was killed while it made this file, before it asked anything; remove it and scan again")

// errLong is a line that no scan wrote.
var errLong = fmt.Errorf("it is longer than %d bytes", longestLine)

// longestLine is more than the writer's limits allow.
const longestLine = 1 << 23

// State is what a file has of a scan.
type State struct {
	Config Config
	Runs   []Run
	Parts  map[int]*Positions // with verdicts
	file   io.ReaderAt        // for Replay
	end    int64              // of the file, or where its damaged last line begins

	add   AddItem
	items []uint64 // that were read of each set
}

// AddItem takes an item of the addresses of c.Sets[set].
type AddItem func(c *Config, set int, item string) error

// Done is the positions of a part that have verdicts. The caller may add to it.
func (s *State) Done(part int) *Positions {
	if s.Parts[part] == nil {
		s.Parts[part] = new(Positions)
	}
	return s.Parts[part]
}

// Read reads a whole file, and passes the addresses on. It takes memory for what
// was in flight, not for what was done. A damaged last line is left out.
func Read(r io.Reader, add AddItem) (*State, error) {
	s := &State{Parts: make(map[int]*Positions), add: add}
	n, err := eachLine(r, func(n int, line []byte) error {
		if n == 1 {
			return s.readHeader(line)
		}
		return s.readLine(line)
	})
	s.end = n
	bad, ok := errors.AsType[*lineError](err)
	switch {
	case ok && bad.last && bad.line > 1 && errors.Is(err, errTorn):
		return s, s.checkItems()
	case ok && (errors.Is(err, ErrNotCheckpoint) || errors.Is(err, ErrVersion)):
		return nil, bad.err
	case ok:
		return nil, &DamageError{bad.line, bad.err}
	case err != nil:
		return nil, err
	}
	return s, s.checkItems()
}

// checkItems fails if addresses are missing.
func (s *State) checkItems() error {
	for i, set := range s.Config.Sets {
		if s.items[i] != set.Items {
			return ErrUnbegun
		}
	}
	return nil
}

// lineError is an error about one line.
type lineError struct {
	line int
	last bool
	err  error
}

func (e *lineError) Error() string { return e.err.Error() }
func (e *lineError) Unwrap() error { return e.err }

// eachLine calls read with each line and its number, from 1, up to read's first
// error, which becomes a [lineError]. It returns where the lines before end.
func eachLine(r io.Reader, read func(n int, line []byte) error) (end int64, err error) {
	lines := bufio.NewReaderSize(r, 1<<16)
	for n := 1; ; n++ {
		line, err := readLine(lines)
		if err == errLong {
			return end, &lineError{n, false, err}
		}
		if err == io.EOF && len(line) == 0 && n > 1 {
			return end, nil
		}
		if err != nil && err != io.EOF {
			return end, err
		}
		if err := read(n, line); err != nil {
			_, more := lines.Peek(1)
			return end, &lineError{n, more != nil, err}
		}
		end += int64(len(line))
	}
}

// readLine reads up to the end of a line, or of the file with io.EOF. A line that is
// too long is errLong.
func readLine(r *bufio.Reader) (line []byte, err error) {
	for {
		piece, err := r.ReadSlice('\n')
		if len(line)+len(piece) > longestLine {
			return nil, errLong
		}
		line = append(line, piece...)
		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}

func (s *State) readHeader(line []byte) error {
	var kind struct{ Kind, Schema string }
	if json.Unmarshal(line, &kind) != nil || kind.Kind != "checkpoint" {
		return ErrNotCheckpoint
	}
	switch {
	case kind.Schema == Schema:
	case strings.HasPrefix(kind.Schema, schemaPrefix):
		return fmt.Errorf("%w (its schema is %q, not %q)", ErrVersion, kind.Schema, Schema)
	default:
		return fmt.Errorf("%w: its schema is %q, not %q", ErrNotCheckpoint, kind.Schema, Schema)
	}
	var h header
	if err := decode(line, &h); err != nil {
		return err
	}
	want, err := hash(h.Config)
	if err == nil && h.Hash != want {
		err = errors.New("its hash is not that of its configuration")
	}
	s.Config, s.items = h.Config, make([]uint64, len(h.Config.Sets))
	return err
}

func (s *State) readAddresses(line []byte) error {
	var a addresses
	if err := json.Unmarshal(line, &a); err != nil {
		return err
	}
	if a.Set < 0 || a.Set >= len(s.items) {
		return fmt.Errorf("there is no set %d", a.Set)
	}
	for item := range strings.SplitSeq(a.Items, ",") {
		if s.items[a.Set]++; s.items[a.Set] > s.Config.Sets[a.Set].Items {
			return fmt.Errorf("set %d has more than %d items", a.Set, s.Config.Sets[a.Set].Items)
		}
		if err := s.add(&s.Config, a.Set, item); err != nil {
			return err
		}
	}
	return nil
}

// readLine takes in one line after the first. A line that makes no sense is an
// error even if its checksum is right.
func (s *State) readLine(line []byte) error {
	if err := check(line); err != nil {
		return err
	}
	var kind struct{ Kind string }
	if err := json.Unmarshal(line, &kind); err != nil {
		return err
	}
	switch kind.Kind {
	case "addresses":
		return s.readAddresses(line)
	case "run":
		var r Run
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		s.Runs = append(s.Runs, r)
		return nil
	case "batch":
		var b Batch
		if err := json.Unmarshal(line, &b); err != nil {
			return err
		}
		return s.readBatch(b)
	default:
		return fmt.Errorf("unknown kind %q", kind.Kind)
	}
}

func (s *State) readBatch(b Batch) error {
	if b.Part < 0 || b.Part >= 2*len(s.Config.Sets) {
		return fmt.Errorf("there is no part %d", b.Part)
	}
	done := s.Done(b.Part)
	return b.each(func(p uint64, _ string, _ *Verdict) error {
		if p >= b.Next {
			return fmt.Errorf("position %d is not below %d", p, b.Next)
		}
		if !done.Add(p) {
			return fmt.Errorf("position %d has its verdict twice", p)
		}
		return nil
	})
}

// each calls do with every verdict of a batch: its outcome if it is only counted,
// all of it if it is shown.
func (b *Batch) each(do func(position uint64, outcome string, v *Verdict) error) error {
	for outcome, text := range b.Counted {
		spans, err := parseRanges(text, b.Next)
		if err != nil {
			return err
		}
		for _, r := range spans {
			for p := r.first; p <= r.last; p++ {
				if err := do(p, outcome, nil); err != nil {
					return err
				}
			}
		}
	}
	for i := range b.Shown {
		if err := do(b.Shown[i].Position, "", &b.Shown[i]); err != nil {
			return err
		}
	}
	return nil
}

// Replay reads the file again and calls do with every verdict that s has of a part:
// its outcome and the time it was written if it is only counted, all of it if it is
// shown. It ends with the first error that do returns.
func (s *State) Replay(part int, do func(position uint64, outcome string, at time.Time, v *Verdict) error) error {
	_, err := eachLine(io.NewSectionReader(s.file, 0, s.end), func(_ int, line []byte) error {
		var b Batch
		if err := json.Unmarshal(line, &b); err != nil || b.Kind != "batch" || b.Part != part {
			return err
		}
		return b.each(func(p uint64, outcome string, v *Verdict) error { return do(p, outcome, b.At, v) })
	})
	return err
}

// lockTimeout is how long a file may be locked by a scan that is ending: a killed
// one has thousands of sockets to close.
const lockTimeout = 5 * time.Second

// Open reads the file at path and locks it for appending, until the Writer is
// closed. It waits a few seconds for another scan to end, or until ctx does. The
// error is fs.ErrNotExist if there is no such file.
func Open(ctx context.Context, path string, add AddItem) (*State, *Writer, error) {
	f, err := userfile.OpenRegular(path, os.O_RDWR)
	if err != nil {
		return nil, nil, err
	}
	if err := waitLock(ctx, f); err != nil {
		f.Close()
		return nil, nil, err
	}
	s, err := Read(f, add)
	if err == nil {
		s.file = f
		err = f.Truncate(s.end)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekEnd)
	}
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, newWriter(f), nil
}

// waitLock locks f. The error is ErrInUse if another scan keeps it.
func waitLock(ctx context.Context, f *os.File) error {
	const interval = 50 * time.Millisecond
	late := time.NewTimer(lockTimeout)
	defer late.Stop()
	again := time.NewTicker(interval)
	defer again.Stop()
	for {
		err := lock(f)
		if !errors.Is(err, ErrInUse) {
			return err
		}
		select {
		case <-late.C:
			return err
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return err
			}
			return ctx.Err()
		case <-again.C:
		}
	}
}
