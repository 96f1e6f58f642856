package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Mode is how a [Display] tells of the progress.
type Mode uint8

const (
	ModeSilent Mode = iota // only when asked
	ModeLines              // a line now and then
	ModeBar                // a bar that stays at the foot of a terminal
)

const (
	barEvery  = 200 * time.Millisecond
	firstLine = time.Second
	lineEvery = 10 * time.Second
)

// Display tells of a scan's progress until it is closed. It is an [io.Writer]:
// what is written to it goes to its stream above the bar.
type Display struct {
	Meter

	to      io.Writer
	mode    Mode
	columns func() int // of the terminal

	draw  sync.Mutex
	drawn bool
	over  bool

	stop chan struct{}
	done sync.WaitGroup
}

// eraseLine goes to the start of the line and clears it (ECMA-48 EL).
const eraseLine = "\r\x1b[K"

// Start shows the progress on a stream. Columns is the width of the terminal
// that a bar is for. Each value from asked makes it print the status.
func Start(to io.Writer, mode Mode, columns func() int, asked <-chan os.Signal) *Display {
	d := &Display{to: to, mode: mode, columns: columns, stop: make(chan struct{})}
	d.done.Go(func() { d.run(asked) })
	return d
}

func (d *Display) run(asked <-chan os.Signal) {
	every, next := lineEvery, firstLine
	if d.mode == ModeBar {
		every, next = barEvery, barEvery
	}
	clock := time.NewTimer(next)
	defer clock.Stop()
	for {
		select {
		case <-d.stop:
			return
		case <-asked:
			fmt.Fprintf(d, "porthole: %s\n", d.Status())
		case <-clock.C:
			clock.Reset(every)
			d.tell()
		}
	}
}

// tell shows the status in the way of the mode; a Silent one only looks, for
// the rate.
func (d *Display) tell() {
	s := d.Status()
	d.draw.Lock()
	defer d.draw.Unlock()
	switch {
	case d.mode == ModeLines && s.Total > 0:
		fmt.Fprintf(d.to, "porthole: %s\n", s)
	case d.mode == ModeBar && s.Total > 0 && !d.over:
		fmt.Fprint(d.to, eraseLine, s.bar(max(d.columns()-1, 1)))
		d.drawn = true
	}
}

// Write writes whole lines above the bar.
func (d *Display) Write(p []byte) (int, error) { return d.Above(d.to).Write(p) }

// Above makes a writer for another stream to the same terminal, which the bar
// makes way for.
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

// erase takes the bar away until the clock draws it again.
func (d *Display) erase() {
	if d.drawn {
		fmt.Fprint(d.to, eraseLine)
		d.drawn = false
	}
}

// Hide takes the bar away for good; what is written goes on as before.
func (d *Display) Hide() {
	d.draw.Lock()
	defer d.draw.Unlock()
	d.over = true
	d.erase()
}

// Close hides the bar and ends the clock.
func (d *Display) Close() {
	d.Hide()
	close(d.stop)
	d.done.Wait()
}
