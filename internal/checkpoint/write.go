package checkpoint

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// ErrInUse is a file that another process is writing.
var ErrInUse = errors.New("another scan is writing this file; give each its own")

// FlushEvery is the time between two writes.
const FlushEvery = 500 * time.Millisecond

// Writer appends to a file from a goroutine of its own. Its methods may be
// called from any goroutine.
type Writer struct {
	file file
	stop chan struct{}
	over sync.WaitGroup

	mu      sync.Mutex
	pending pending
	err     error // the first failed write: the scan must not go on unrecorded
}

// file is what a Writer needs of an *os.File.
type file interface {
	io.WriteCloser
	Sync() error
}

// pending is what the next line will hold.
type pending struct {
	part  int
	next  uint64
	wrote uint64 // next in the line before
	done  map[string][]uint64
	shown []Shown
}

// Create begins a file for a scan; a file that is there already is an error
// that is fs.ErrExist.
func Create(path string, c Config) (*Writer, error) {
	sum, err := hash(c)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	if err = lock(f); err == nil {
		err = write(f, header{Kind: "checkpoint", Schema: Schema, Hash: sum, Config: c})
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		f.Close()
		os.Remove(path)
		return nil, err
	}
	return newWriter(f), nil
}

func newWriter(f file) *Writer {
	w := &Writer{file: f, stop: make(chan struct{})}
	w.over.Go(w.run)
	return w
}

// run writes what there is from time to time.
func (w *Writer) run() {
	tick := time.NewTicker(FlushEvery)
	defer tick.Stop()
	for {
		select {
		case <-w.stop:
			return
		case <-tick.C:
			w.flush()
		}
	}
}

// Begin says which part the following calls are about.
func (w *Writer) Begin(part int) error {
	w.flush()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending = pending{part: part}
	return w.err
}

// Reached says that all positions below next are asked or done.
func (w *Writer) Reached(next uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending.next = next
}

// Count adds a verdict that only counts.
func (w *Writer) Count(position uint64, says string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pending.done == nil {
		w.pending.done = make(map[string][]uint64)
	}
	w.pending.done[says] = append(w.pending.done[says], position)
	return w.err
}

// Show adds a verdict that is a result.
func (w *Writer) Show(v Shown) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending.shown = append(w.pending.shown, v)
	return w.err
}

// flush writes a line if there is something to say. Verdicts wait meanwhile:
// the engine holds more of them than a disk takes milliseconds.
func (w *Writer) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := &w.pending
	if w.err != nil || p.next == p.wrote && p.done == nil && p.shown == nil {
		return
	}
	b := Batch{Kind: "batch", Part: p.part, At: time.Now().UTC(), Next: p.next, Shown: p.shown}
	for says, list := range p.done {
		if b.Done == nil {
			b.Done = make(map[string]string)
		}
		b.Done[says] = ranges(list)
	}
	p.wrote, p.done, p.shown = p.next, nil, nil
	w.err = write(w.file, b)
}

func write(f file, v any) error {
	line, err := encode(v)
	if err == nil {
		_, err = f.Write(line)
	}
	if err == nil {
		err = f.Sync()
	}
	return err
}

// Close writes what is left and the run, and closes the file. It returns the
// first error of all writes.
func (w *Writer) Close(r Run) error {
	close(w.stop)
	w.over.Wait()
	w.flush()
	w.mu.Lock()
	defer w.mu.Unlock()
	r.Kind = "run"
	if w.err == nil {
		w.err = write(w.file, r)
	}
	if err := w.file.Close(); w.err == nil {
		w.err = err
	}
	return w.err
}

// Abandon closes the file as it is, for a scan that came to nothing.
func (w *Writer) Abandon() {
	close(w.stop)
	w.over.Wait()
	w.file.Close()
}
