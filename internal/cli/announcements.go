package cli

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// holdAnnouncements is how long open ports are held back: a scan that ends before
// shows them in its table anyway.
const holdAnnouncements = time.Second

// announcements are lines that are shown while a scan runs, but not in its first
// moment. The zero value shows nothing.
type announcements struct {
	to    io.Writer
	timer *time.Timer

	mu   sync.Mutex
	held []string
	open bool // lines are no longer held
}

func announce(to io.Writer) *announcements {
	a := &announcements{to: to}
	a.timer = time.AfterFunc(holdAnnouncements, a.release)
	return a
}

// say shows the line, at once or when the moment is over.
func (a *announcements) say(line string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open {
		fmt.Fprintln(a.to, line)
		return
	}
	a.held = append(a.held, line)
}

// release shows what was held.
func (a *announcements) release() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, line := range a.held {
		fmt.Fprintln(a.to, line)
	}
	a.held, a.open = nil, true
}

// drop forgets what is held: it is about to be shown in another way.
func (a *announcements) drop() {
	a.timer.Stop()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.held = nil
}
