package checkpoint

import (
	"bufio"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"porthole/internal/userfile"
)

// ErrInUse is a file that another process is writing.
var ErrInUse = errors.New("another scan is writing this file; give each its own")

// FlushEvery is the time between two writes.
const FlushEvery = 500 * time.Millisecond

// Writer appends to a file, from a goroutine of its own. Its methods may be
// called from any goroutine.
type Writer struct {
	file file
	stop chan struct{}
	done sync.WaitGroup

	mu      sync.Mutex
	pending pending
	err     error // of the first write that failed: the scan must not go on
}

// file is what a Writer needs of an *os.File.
type file interface {
	io.WriteCloser
	Sync() error
}

// pending is what the next line will hold.
type pending struct {
	part    int
	next    uint64
	written uint64 // next in the line before
	counted map[string][]uint64
	shown   []Verdict
}

// Create begins the file of a scan, and fills in how many items the sets have. The
// error is fs.ErrExist if there is such a file already.
func Create(path string, c Config, items Items) (*Writer, error) {
	for i := range c.Sets {
		c.Sets[i].Items = 0
		for range items(i) {
			c.Sets[i].Items++
		}
	}
	sum, err := hash(c)
	if err != nil {
		return nil, err
	}
	f, err := userfile.CreateNew(path, 0o600) // it has a command line
	if err != nil {
		return nil, err
	}
	if err = lock(f); err == nil {
		err = writeHead(f, header{Kind: "checkpoint", Schema: Schema, Hash: sum, Config: c}, items)
	}
	if err != nil {
		f.Close()
		os.Remove(path)
		return nil, err
	}
	return newWriter(f), nil
}

// writeHead writes the lines before the first verdict.
func writeHead(f file, h header, items Items) error {
	buf := bufio.NewWriter(f)
	err := appendLine(buf, h)
	for i := range h.Config.Sets {
		line := addresses{Kind: "addresses", Set: i}
		var list strings.Builder
		for item := range items(i) {
			if list.Len() > 0 {
				list.WriteByte(',')
			}
			list.WriteString(item)
			if list.Len() < itemsLength {
				continue
			}
			line.Items = list.String()
			list.Reset()
			if err == nil {
				err = appendLine(buf, line)
			}
		}
		if line.Items = list.String(); err == nil && line.Items != "" {
			err = appendLine(buf, line)
		}
	}
	if err == nil {
		err = buf.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	return err
}

func newWriter(f file) *Writer {
	w := &Writer{file: f, stop: make(chan struct{})}
	w.done.Go(w.run)
	return w
}

// run flushes from time to time.
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

// Begin says which part the calls that follow are about. As with Count and Add
// the error is that of the first write that failed.
func (w *Writer) Begin(part int) error {
	w.flush()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending = pending{part: part}
	return w.err
}

// Reached says that all positions below next are in flight or have a verdict.
func (w *Writer) Reached(next uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending.next = next
}

// Count adds a verdict that is only counted.
func (w *Writer) Count(position uint64, outcome string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pending.counted == nil {
		w.pending.counted = make(map[string][]uint64)
	}
	w.pending.counted[outcome] = append(w.pending.counted[outcome], position)
	return w.err
}

// Add adds a verdict that is shown.
func (w *Writer) Add(v Verdict) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(v.Error) > longestError {
		v.Error = strings.ToValidUTF8(v.Error[:longestError], "")
	}
	w.pending.shown = append(w.pending.shown, v)
	return w.err
}

// flush writes a line if there is anything new. Further verdicts wait for it: the
// engine has room for those that come while a disk syncs.
func (w *Writer) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := &w.pending
	if w.err != nil || p.next == p.written && p.counted == nil && p.shown == nil {
		return
	}
	var lines []any
	for _, b := range p.batches() {
		lines = append(lines, b)
	}
	p.written, p.counted, p.shown = p.next, nil, nil
	w.err = write(w.file, lines...)
}

// What a line has at most, so that a reader can tell it from something else.
const (
	itemsLength  = 1 << 16 // bytes, but for the last item
	mostCounted  = 1 << 17 // positions
	mostShown    = 1 << 10 // verdicts
	longestError = 1 << 10 // bytes
)

// batches are the lines of what is pending: one, if that is not too long.
func (p *pending) batches() (list []Batch) {
	now := time.Now().UTC()
	for outcome, positions := range p.counted {
		slices.Sort(positions)
		for some := range slices.Chunk(positions, mostCounted) {
			if len(list) == 0 || len(positions) > mostCounted {
				list = append(list, Batch{Kind: "batch", Part: p.part, At: now, Next: p.next, Counted: make(map[string]string)})
			}
			list[len(list)-1].Counted[outcome] = ranges(some)
		}
	}
	for some := range slices.Chunk(p.shown, mostShown) {
		if len(list) == 0 || list[len(list)-1].Shown != nil {
			list = append(list, Batch{Kind: "batch", Part: p.part, At: now, Next: p.next})
		}
		list[len(list)-1].Shown = some
	}
	if list == nil {
		list = append(list, Batch{Kind: "batch", Part: p.part, At: now, Next: p.next})
	}
	return list
}

// write appends lines and syncs the file.
func write(f file, lines ...any) error {
	buf := bufio.NewWriter(f)
	for _, v := range lines {
		if err := appendLine(buf, v); err != nil {
			return err
		}
	}
	if err := buf.Flush(); err != nil {
		return err
	}
	return f.Sync()
}

func appendLine(buf *bufio.Writer, v any) error {
	line, err := encode(v)
	if err == nil {
		_, err = buf.Write(line)
	}
	return err
}

// Close writes what is left and the run, and closes the file. The error is that
// of the first write that failed.
func (w *Writer) Close(r Run) error {
	close(w.stop)
	w.done.Wait()
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

// Abandon closes the file as it is, without a [Run].
func (w *Writer) Abandon() {
	close(w.stop)
	w.done.Wait()
	w.file.Close()
}
