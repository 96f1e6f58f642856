// Package live is a full-screen view of this machine's sockets, as they come and
// go.
//
// [Run] shows it. The functions of [Options] provide everything from outside: what
// happened, explanations, signals. What a key does to the model and how a frame is
// drawn are pure functions. Only loop.go knows the terminal, and the library that
// drives it.
package live

import (
	"context"
	"errors"
	"os"
	"time"

	"porthole/internal/kill"
	"porthole/internal/record"
)

// Options configures a view. Its functions may be called from any goroutine;
// Refresh is never called twice at the same time.
type Options struct {
	Output   *os.File      // a terminal
	Input    *os.File      // a terminal, or nil for the controlling one
	Interval time.Duration // between two refreshes
	Style    Style
	Scope    Scope
	Filters  string // those of the command line, as typed; only shown
	Rows     Arrangement

	// Refresh returns what happened since the last call, or all sockets if the scope
	// is another.
	Refresh func(ctx context.Context, scope Scope) (Batch, error)
	// Explain returns records of the kind "explanation" about the port of a socket.
	Explain func(ctx context.Context, of *record.Record) ([]record.Record, error)
	// Hold opens a process for signals. It fails if the PID belongs to another one now.
	Hold func(ctx context.Context, p record.Process) (Process, error)

	Protected kill.Protected // the processes that are never signalled
	// Export writes sockets to a file and returns its name.
	Export func(rows []*record.Record) (name string, err error)
	// Attached reports whether the terminal is still there. It may be nil.
	Attached func() bool
}

// Process is a process that can be signalled. It stays the same process, even if
// its PID is reused.
type Process interface {
	Terminate() error // as SIGTERM does
	Kill() error      // as SIGKILL does
	Ended() bool
	Close() error
}

// ErrHangup is the error of [Run] if the terminal is gone.
var ErrHangup = errors.New("the terminal is gone")

// Scope is what is read from the kernel.
type Scope struct {
	All      bool // sockets in every state, not only those that wait
	OwnNetNS bool // only this network namespace
}

// Event is something that happened to a socket.
type Event struct {
	Kind   EventKind
	Number uint64 // identifies the socket while the scope stays the same
	Socket *record.Record
}

// EventKind is what happened to a socket.
type EventKind uint8

const (
	EventKindPresent EventKind = iota
	EventKindOpened
	EventKindClosed
	EventKindChanged
	EventKindFiltered // changed, and no longer matches the filters of the command line
)

// Batch is the result of one refresh.
type Batch struct {
	At     time.Time
	Scope  Scope
	Full   bool // the events are all sockets, not only what changed
	Events []Event
	Notice string // what could not be read; may be ""
	// Since is when the sockets were read before, if readings were left out since then
	// and what came and went is not in the events; else it is zero.
	Since time.Time
}
