package sockets

import (
	"context"
	"errors"
	"fmt"

	"porthole/internal/firewall"
)

// Source is where sockets and their holders come from.
type Source uint8

const (
	SourceDefault  Source = iota // SourceKernel on Linux, lsof on macOS, sockstat on FreeBSD, its own tables on Windows, else SourceGopsutil
	SourceKernel                 // the kernel's own tables, by sock_diag, /proc and BPF iterators: Linux only
	SourceGopsutil               // gopsutil: /proc/net on Linux, the system's tables on Windows, lsof elsewhere
)

// String is the source as the command line spells it.
func (s Source) String() string {
	switch s {
	case SourceKernel:
		return "kernel"
	case SourceGopsutil:
		return "gopsutil"
	default:
		return "default"
	}
}

// ErrNoSource says that this system does not have a source.
var ErrNoSource = errors.New("this system does not have it")

// source is what a listing asks of the machine. One is opened for each listing and
// closed after it. There are two: kernelSource and gopsutilSource.
type source interface {
	// rows gives the sockets, with holders by PID only where want.holders. The
	// errors in the slice are warnings.
	rows(ctx context.Context, want want) ([]row, []error, error)
	// separate reports whether rows can be read first and their holders later. Then a
	// watch looks for the holders of new sockets alone.
	separate() bool
	// holders finds the holders of rows that were read without. It is called only if
	// separate reports true.
	holders(ctx context.Context, rows []row) error
	// describe reads processes. One that has ended is left out; what may not be
	// read stays unknown. The only error is the context's.
	describe(ctx context.Context, pids []int) (map[int]Process, error)
	// unreadable is what keeps this process from seeing every holder.
	unreadable() Hidden
	// firstUnprivileged is the lowest port that anyone may bind.
	firstUnprivileged() (uint16, error)
	// userName is the name of a user, "" without one.
	userName(uid int) string
	// finish adds what follows from the holders. The errors are warnings, some of them
	// from describe.
	finish(ctx context.Context, want want, rows []row) []error
	// alive reports whether a process is still there, where that is cheap to ask;
	// else it says yes.
	alive(pid int) bool
	// namespaces are those that rows read; nil where none is known.
	namespaces() []Namespace
	// close gives back what rows opened.
	close()
}

// want is how much of the machine's table to read.
type want struct {
	all, holders, self bool
	// changing leaves out what never changes in a socket and costs extra: MPTCP.
	changing bool
	// firewall reads the firewall of the calling thread's namespace; nil if it is not
	// wanted. With links it reads interfaces and routes also where there are no rules.
	firewall func(ctx context.Context, namespace uint64, links bool) (*firewall.Host, error)
	links    bool
}

// row is a socket as the kernel's table has it: holders by PID only.
type row struct {
	Socket
	pids     []int
	fd       uint32    // of pids[0], where the table tells
	cgroup   uint64    // id of the cgroup v2 where it was made; 0 unknown
	binding  *lowPorts // what is known of binding in its network namespace; nil nothing
	netns    int       // that namespace, as its reader numbers them from 1; 0 unknown
	passing  bool      // it was in one dump of the table and not in the last
	viaFiles bool      // that namespace was found by a descriptor: rows alone lack it
}

func (l *Lister) openSource() (source, error) {
	if l.open != nil {
		return l.open(), nil
	}
	src, err := openSource(l.Source, l.NoBPF)
	if err != nil {
		return nil, fmt.Errorf("sockets: source %s: %w", l.Source, err)
	}
	return src, nil
}
