package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Mode is how a [Display] shows the progress.
type Mode uint8

const (
	ModeSilent Mode = iota // not, but for requests
	ModeLines              // a line every 10 seconds
	ModeBar                // a bar on the last line of a terminal
)

const (
	barInterval  = 200 * time.Millisecond
	firstLine    = time.Second
	lineInterval = 10 * time.Second
)

// Display shows the progress of a scan until it is closed. It is an [io.Writer]:
// lines written to it appear above the bar.
type Display struct {
	Meter

	to      io.Writer
	mode    Mode
	columns func() int // of the terminal

	draw   sync.Mutex // held while the stream is written to
	drawn  bool       // the bar is on the screen
	hidden bool       // for good

	stop chan struct{}
	done sync.WaitGroup
}

// eraseLine moves to the start of the line and erases it (ECMA-48 EL).
const eraseLine = "\r\x1b[K"

// Start shows the progress on a stream. The function columns returns the width of
// the terminal, for [ModeBar]. Each value from requests makes it write a status
// line, in every mode.
func Start(to io.Writer, mode Mode, columns func() int, requests <-chan os.Signal) *Display {
	d := &Display{to: to, mode: mode, columns: columns, stop: make(chan struct{})}
	d.done.Go(func() { d.run(requests) })
	return d
}

func (d *Display) run(requests <-chan os.Signal) {
	interval, next := lineInterval, firstLine
	if d.mode == ModeBar {
		interval, next = barInterval, barInterval
	}
	timer := time.NewTimer(next)
	defer timer.Stop()
	for {
		select {
		case <-d.stop:
			return
		case <-requests:
			fmt.Fprintf(d, "porthole: %s\n", d.Status())
		case <-timer.C:
			timer.Reset(interval)
			d.show()
		}
	}
}

// show shows the status as the mode wants it. It always asks for the status, since
// the meter works out the rate from that.
func (d *Display) show() {
	s := d.Status()
	d.draw.Lock()
	defer d.draw.Unlock()
	switch {
	case d.mode == ModeLines && s.Total > 0:
		fmt.Fprintf(d.to, "porthole: %s\n", s)
	case d.mode == ModeBar && s.Total > 0 && !d.hidden:
		fmt.Fprint(d.to, eraseLine, s.bar(max(d.columns()-1, 1)))
		d.drawn = true
	}
}

// Write writes p, which must be whole lines, above the bar.
func (d *Display) Write(p []byte) (int, error) { return d.Above(d.to).Write(p) }

// Above returns a writer for another stream to the same terminal. The bar is erased
// before anything is written to it.
func (d *Display) Above(to io.Writer) io.Writer { return above{d, to} }

type above struct {
	*Display
	stream io.Writer
}

func (a above) Write(p []byte) (int, error) {
	a.draw.Lock()
	defer a.draw.Unlock()
	a.erase()
	return a.stream.Write(p)
}

// erase removes the bar from the screen until it is drawn again.
func (d *Display) erase() {
	if d.drawn {
		fmt.Fprint(d.to, eraseLine)
		d.drawn = false
	}
}

// Hide removes the bar for good. Lines can still be written.
func (d *Display) Hide() {
	d.draw.Lock()
	defer d.draw.Unlock()
	d.hidden = true
	d.erase()
}

// Close hides the bar and stops the display.
func (d *Display) Close() {
	d.Hide()
	close(d.stop)
	d.done.Wait()
}
