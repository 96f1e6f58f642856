package progress

import (
	"bytes"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// buffer may be read while a display writes to it.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// screen is what a terminal of one line's height would keep: each line as it
// was when it scrolled away, and the line that stands.
func screen(text string) (lines []string, last string) {
	for {
		line, rest, whole := strings.Cut(text, "\n")
		if at := strings.LastIndex(line, eraseLine); at >= 0 {
			line = line[at+len(eraseLine):]
		}
		if !whole {
			return lines, line
		}
		lines, text = append(lines, line), rest
	}
}

// TestBar checks that lines appear above the bar, that the bar fits the terminal,
// and that nothing of it is left at the end.
func TestBar(t *testing.T) {
	for _, columns := range []int{40, 80, 200} {
		synctest.Test(t, func(t *testing.T) {
			var out, other buffer
			d := Start(&out, ModeBar, func() int { return columns }, nil)
			d.Begin("probes", 200, Timing{time.Second, 2})
			for range 100 {
				d.Meter.Start()
				d.Done(1, false, false)
			}
			time.Sleep(5 * time.Second)
			synctest.Wait()
			_, bar := screen(out.String())
			if len(bar) == 0 || len(bar) >= columns {
				t.Errorf("%d columns: the bar has %d: %q", columns, len(bar), bar)
			}
			if columns >= 80 && (!strings.HasPrefix(bar, "100/200 probes [==") || !strings.HasSuffix(bar, "0 open, 0/s") && !strings.Contains(bar, "/s, ")) {
				t.Errorf("%d columns: %q", columns, bar)
			}
			d.Write([]byte("192.0.2.1 tcp/443 open\n"))
			time.Sleep(time.Second)
			synctest.Wait()
			d.Above(&other).Write([]byte("{}\n"))
			if lines, bar := screen(out.String()); bar != "" || len(lines) != 1 || lines[0] != "192.0.2.1 tcp/443 open" || other.String() != "{}\n" {
				t.Errorf("%d columns: %q and %q, other stream %q", columns, lines, bar, &other)
			}
			time.Sleep(time.Second)
			d.Close()
			if lines, bar := screen(out.String()); bar != "" || len(lines) != 1 {
				t.Errorf("%d columns: left %q and %q", columns, lines, bar)
			}
		})
	}
}

// TestLines checks that a pipe gets whole lines, the first after one second and then
// one every ten, and no control characters.
func TestLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out buffer
		d := Start(&out, ModeLines, nil, nil)
		d.Begin("probes", 5, Timing{time.Second, 2})
		time.Sleep(25 * time.Second)
		synctest.Wait()
		d.Close()
		want := strings.Repeat("porthole: 0 of 5 probes, 0 open, 0/s\n", 3)
		if out.String() != want {
			t.Errorf("got\n%swant\n%s", &out, want)
		}
	})
}

// TestAsked checks that the status can be requested in every mode.
func TestAsked(t *testing.T) {
	for _, mode := range []Mode{ModeSilent, ModeLines, ModeBar} {
		synctest.Test(t, func(t *testing.T) {
			var out buffer
			asked := make(chan os.Signal)
			d := Start(&out, mode, func() int { return 80 }, asked)
			d.Begin("addresses", 7, Timing{})
			asked <- os.Interrupt
			synctest.Wait()
			d.Close()
			if want := "porthole: 0 of 7 addresses, 0 open, 0/s\n"; out.String() != want {
				t.Errorf("mode %d: %q, want %q", mode, &out, want)
			}
		})
	}
}
