package sockets

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fake is a machine made of tables.
type fake struct {
	table    []row
	warnings []error
	err      error
	people   map[int]Process // absent: the process has ended
	blind    Hidden          // what unreadable says
	first    uint16
	firstErr error
	onRead   func(pid int)
	onRows   func()
	isApart  bool // rows and holders are two questions
	sought   int  // how often the latter was asked
	closed   int  // how often it was closed

	mu    sync.Mutex  // of people and reads
	reads map[int]int // how often each process was described
}

func (f *fake) lister(all bool) *Lister {
	f.reads = make(map[int]int)
	return &Lister{All: all, open: func() source { return f }}
}

func (f *fake) rows(_ context.Context, want want) ([]row, []error, error) {
	if f.onRows != nil {
		f.onRows()
	}
	rows := slices.Clone(f.table)
	rows = slices.DeleteFunc(rows, func(r row) bool { return !want.all && !r.State.Waits() })
	for i := range rows {
		if !want.holders {
			rows[i].pids = nil
		}
	}
	return rows, f.warnings, f.err
}

func (f *fake) describe(ctx context.Context, pids []int) (map[int]Process, error) {
	return describeAll(ctx, pids, f.describeOne)
}

func (f *fake) describeOne(_ context.Context, pid int) (Process, error) {
	f.mu.Lock()
	f.reads[pid]++
	f.mu.Unlock()
	if f.onRead != nil {
		f.onRead(pid)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	p, ok := f.people[pid]
	if !ok {
		return Process{}, fmt.Errorf("process %d: %w", pid, os.ErrProcessDone)
	}
	return p, nil
}

// holders finds them by the cookie.
func (f *fake) holders(_ context.Context, rows []row) error {
	f.sought++
	for i := range rows {
		for _, r := range f.table {
			if r.Cookie == rows[i].Cookie {
				rows[i].pids = slices.Clone(r.pids)
			}
		}
	}
	return nil
}

func (f *fake) alive(pid int) bool {
	_, is := f.people[pid]
	return is
}

func (f *fake) separate() bool                              { return f.isApart }
func (f *fake) unreadable() Hidden                          { return f.blind }
func (f *fake) firstUnprivileged() (uint16, error)          { return f.first, f.firstErr }
func (f *fake) userName(int) string                         { return "" }
func (f *fake) finish(context.Context, want, []row) []error { return nil }
func (f *fake) close()                                      { f.closed++ }
func (f *fake) namespaces() []Namespace                     { return nil }

func socketRow(proto, local string, s State, pids ...int) row {
	return row{Socket: Socket{Proto: proto, Local: netip.MustParseAddrPort(local), State: s, UID: -1}, pids: pids}
}

// show spells a snapshot as lines that a failing test can be read by.
func show(snap Snapshot) []string {
	var lines []string
	for _, s := range snap.Sockets {
		var holders []string
		for _, p := range s.Processes {
			holders = append(holders, fmt.Sprintf("%s/%d", p.Name, p.PID))
		}
		l := fmt.Sprintf("%s %s %s %v", s.Proto, s.Local, s.State, holders)
		if s.Hidden != HiddenNone {
			l += " " + s.Hidden.String()
		}
		if s.Privileged {
			l += " privileged"
		}
		lines = append(lines, l)
	}
	return lines
}

func people(names ...string) map[int]Process {
	m := make(map[int]Process)
	for i, name := range names {
		m[i+1] = Process{PID: i + 1, Name: name, UID: -1}
	}
	return m
}

func TestList(t *testing.T) {
	f := &fake{first: 1024, people: people("sshd", "nginx", "nginx"), table: []row{
		socketRow("udp", "0.0.0.0:53", StateBound, 1),
		socketRow("tcp", "[::]:443", StateListen, 2, 3),
		socketRow("tcp", "127.0.0.1:40000", StateEstablished, 1),
		socketRow("tcp", "0.0.0.0:443", StateListen, 2, 3),
		socketRow("tcp", "0.0.0.0:53", StateListen, 1),
		socketRow("tcp", "0.0.0.0:1024", StateListen, 1),
		socketRow("udp", "0.0.0.0:0", StateBound, 1),
		socketRow("tcp", "127.0.0.1:22", StateEstablished, 1),
	}}
	for _, test := range []struct {
		all  bool
		want []string
	}{
		{false, []string{
			"udp 0.0.0.0:0 bound [sshd/1]",
			"tcp 0.0.0.0:53 listen [sshd/1] privileged",
			"udp 0.0.0.0:53 bound [sshd/1] privileged",
			"tcp 0.0.0.0:443 listen [nginx/2 nginx/3] privileged",
			"tcp [::]:443 listen [nginx/2 nginx/3] privileged",
			"tcp 0.0.0.0:1024 listen [sshd/1]",
		}},
		{true, []string{
			"udp 0.0.0.0:0 bound [sshd/1]",
			"tcp 127.0.0.1:22 established [sshd/1]",
			"tcp 0.0.0.0:53 listen [sshd/1] privileged",
			"udp 0.0.0.0:53 bound [sshd/1] privileged",
			"tcp 0.0.0.0:443 listen [nginx/2 nginx/3] privileged",
			"tcp [::]:443 listen [nginx/2 nginx/3] privileged",
			"tcp 0.0.0.0:1024 listen [sshd/1]",
			"tcp 127.0.0.1:40000 established [sshd/1]",
		}},
	} {
		before := time.Now()
		snap, err := f.lister(test.all).List(t.Context())
		if err != nil || snap.Warnings != nil {
			t.Fatal(err, snap.Warnings)
		}
		if diff := cmp.Diff(test.want, show(snap)); diff != "" {
			t.Errorf("all=%v (-want +got):\n%s", test.all, diff)
		}
		if snap.At.Before(before) || snap.At.After(time.Now()) {
			t.Errorf("At is %v, not when the reading began", snap.At)
		}
	}
}

// TestVanished: a process that ends meanwhile takes no other row with it.
func TestVanished(t *testing.T) {
	f := &fake{people: people("a", "b"), table: []row{
		socketRow("tcp", "0.0.0.0:1", StateListen, 1),
		socketRow("tcp", "0.0.0.0:2", StateListen, 99),
		socketRow("tcp", "0.0.0.0:3", StateListen, 2, 99),
		socketRow("tcp", "0.0.0.0:4", StateListen, 2),
	}}
	snap, err := f.lister(false).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"tcp 0.0.0.0:1 listen [a/1]",
		"tcp 0.0.0.0:2 listen [] no-owner",
		"tcp 0.0.0.0:3 listen [b/2]",
		"tcp 0.0.0.0:4 listen [b/2]",
	}
	if diff := cmp.Diff(want, show(snap)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if f.reads[99] != 1 {
		t.Errorf("the process that ended was looked for %d times, want once", f.reads[99])
	}
}

// TestReusedPID: a process that began after the rows were read cannot hold
// them, whatever its PID.
func TestReusedPID(t *testing.T) {
	f := &fake{people: people("late", "old"), table: []row{
		socketRow("tcp", "0.0.0.0:1", StateListen, 1),
		socketRow("tcp", "0.0.0.0:2", StateListen, 2),
	}}
	late, old := f.people[1], f.people[2]
	late.Started, old.Started = time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	f.people[1], f.people[2] = late, old
	snap, err := f.lister(false).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"tcp 0.0.0.0:1 listen [] no-owner", "tcp 0.0.0.0:2 listen [old/2]"}
	if diff := cmp.Diff(want, show(snap)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHidden(t *testing.T) {
	rows := []row{
		socketRow("tcp", "0.0.0.0:1", StateListen),
		socketRow("tcp", "0.0.0.0:2", StateTimeWait),
		socketRow("tcp", "0.0.0.0:3", StateSynRecv),
		socketRow("tcp", "0.0.0.0:4", StateListen, 1),
	}
	for blind, want := range map[Hidden]Hidden{
		HiddenNone:              HiddenNoOwner,
		HiddenPermission:        HiddenPermission,
		HiddenOtherPIDNamespace: HiddenOtherPIDNamespace,
	} {
		snap, err := (&fake{people: people("a"), table: rows, blind: blind}).lister(true).List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []Hidden
		for _, s := range snap.Sockets {
			got = append(got, s.Hidden)
		}
		if diff := cmp.Diff([]Hidden{want, HiddenNoOwner, HiddenNoOwner, HiddenNone}, got); diff != "" {
			t.Errorf("unseen %v (-want +got):\n%s", blind, diff)
		}
	}
}

// TestUnreadableProcess: a holder that lets nothing be read is still named.
func TestUnreadableProcess(t *testing.T) {
	f := &fake{people: map[int]Process{7: {PID: 7, UID: -1}}, blind: HiddenPermission,
		table: []row{socketRow("tcp", "0.0.0.0:1", StateListen, 7)}}
	snap, err := f.lister(false).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"tcp 0.0.0.0:1 listen [/7]"}, show(snap)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestHostileNames: names go through whole and never move a row.
func TestHostileNames(t *testing.T) {
	names := []string{"\x1b[2Jx", "a\nb", `x",pid=1,fd=3))`, ") R 1 1 1 1 (", "\u202egnp.exe", "\xff\xfe"}
	f := &fake{people: people(names...)}
	for i := range names {
		f.table = append(f.table, socketRow("tcp", fmt.Sprintf("0.0.0.0:%d", i+1), StateListen, i+1))
	}
	snap, err := f.lister(false).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range snap.Sockets {
		if len(s.Processes) != 1 || s.Processes[0].Name != names[i] {
			t.Errorf("port %d: %+v, want the name %q", s.Local.Port(), s.Processes, names[i])
		}
	}
}

// TestReadOnce: thousands of sockets, few processes, one reading of each.
func TestReadOnce(t *testing.T) {
	f := &fake{people: people("a", "b", "c")}
	for i := range 9000 {
		f.table = append(f.table, socketRow("tcp", fmt.Sprintf("0.0.0.0:%d", i+1), StateListen, i%3+1))
	}
	snap, err := f.lister(false).List(t.Context())
	if err != nil || len(snap.Sockets) != 9000 {
		t.Fatalf("%d sockets, %v", len(snap.Sockets), err)
	}
	if diff := cmp.Diff(map[int]int{1: 1, 2: 1, 3: 1}, f.reads); diff != "" {
		t.Errorf("readings by PID (-want +got):\n%s", diff)
	}
}

func TestNoProcess(t *testing.T) {
	f := &fake{people: people("a"), blind: HiddenPermission, table: []row{
		socketRow("tcp", "0.0.0.0:1", StateListen, 1), socketRow("tcp", "0.0.0.0:2", StateListen)}}
	l := f.lister(false)
	l.NoProcess = true
	snap, err := l.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"tcp 0.0.0.0:1 listen []", "tcp 0.0.0.0:2 listen []"}
	if diff := cmp.Diff(want, show(snap)); diff != "" {
		t.Errorf("what was not asked for is not hidden (-want +got):\n%s", diff)
	}
	if len(f.reads) != 0 {
		t.Errorf("processes were read: %v", f.reads)
	}
}

func TestSourceFails(t *testing.T) {
	cause := errors.New("no table here")
	_, err := (&fake{err: cause}).lister(false).List(t.Context())
	if !errors.Is(err, cause) || !strings.HasPrefix(err.Error(), "sockets: ") {
		t.Errorf("got %v, want the cause with its place", err)
	}
}

func TestWarnings(t *testing.T) {
	first, second := errors.New("half a table"), errors.New("no sysctl")
	f := &fake{warnings: []error{first}, first: 1024, firstErr: second, people: people("a"),
		table: []row{socketRow("tcp", "0.0.0.0:80", StateListen, 1)}}
	snap, err := f.lister(false).List(t.Context())
	if err != nil || len(snap.Warnings) != 2 || !errors.Is(snap.Warnings[0], first) || !errors.Is(snap.Warnings[1], second) {
		t.Fatalf("warnings %v, error %v", snap.Warnings, err)
	}
	if diff := cmp.Diff([]string{"tcp 0.0.0.0:80 listen [a/1] privileged"}, show(snap)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCancelled(t *testing.T) {
	t.Run("before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := new(Lister).List(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("table", func(t *testing.T) {
		// A reading that was cut off must not pass for a short table.
		ctx, cancel := context.WithCancel(t.Context())
		l := (&fake{onRows: cancel}).lister(false)
		if snap, err := l.List(ctx); !errors.Is(err, context.Canceled) || snap.Sockets != nil {
			t.Errorf("got %v, %v", snap, err)
		}
	})
	t.Run("processes", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		f := &fake{people: make(map[int]Process)}
		for i := range 1000 {
			f.people[i+1] = Process{PID: i + 1}
			f.table = append(f.table, socketRow("tcp", "0.0.0.0:1", StateListen, i+1))
		}
		f.onRead = func(int) { cancel() }
		l := f.lister(false)
		if _, err := l.List(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if len(f.reads) > 8 {
			t.Errorf("%d processes were read after the cancel", len(f.reads))
		}
	})
}
