package sockets

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// watchFake makes a watcher of a fake machine on which rows and holders are two
// questions.
func watchFake(f *fake) (w *Watcher, now *time.Time) {
	now, f.isApart = new(time.Now()), true
	return &Watcher{Lister: *f.lister(true), clock: func() time.Time { return *now }}, now
}

func watched(cookie uint64, local string, pids ...int) row {
	r := socketRow("tcp", local, StateListen, pids...)
	r.Cookie = cookie
	return r
}

// refresh spells what happened.
func refresh(t *testing.T, w *Watcher) []string {
	t.Helper()
	u, err := w.Refresh(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{}
	for _, e := range u.Events {
		line := fmt.Sprintf("%d %s %s", e.Number, e.Kind, e.Socket.Local)
		for _, p := range e.Socket.Processes {
			line += " " + p.Name
		}
		if e.Socket.Hidden != HiddenNone {
			line += " " + e.Socket.Hidden.String()
		}
		for _, field := range e.Fields {
			line += " !" + field
		}
		lines = append(lines, line)
	}
	return lines
}

// TestWatcher goes through what can happen between two refreshes.
func TestWatcher(t *testing.T) {
	f := &fake{first: 1024, people: people("sshd", "nginx", "worker"), table: []row{
		watched(11, "0.0.0.0:22", 1),
		watched(12, "0.0.0.0:80", 2, 3),
	}}
	w, now := watchFake(f)
	expect := func(what string, searches int, want ...string) {
		t.Helper()
		f.sought = 0
		if diff := cmp.Diff(append([]string{}, want...), refresh(t, w)); diff != "" {
			t.Errorf("%s: -want +got\n%s", what, diff)
		}
		if f.sought != searches {
			t.Errorf("%s: holders were sought %d times, want %d", what, f.sought, searches)
		}
		*now = now.Add(time.Second)
	}
	expect("the first", 0, "1 present 0.0.0.0:22 sshd", "2 present 0.0.0.0:80 nginx worker")
	expect("nothing", 0)

	f.table = append(f.table, watched(13, "127.0.0.1:8080", 3))
	expect("a listener", 1, "3 opened 127.0.0.1:8080 worker")

	f.table[0] = watched(14, "0.0.0.0:22", 1)
	expect("a restart", 1, "1 closed 0.0.0.0:22 sshd", "4 opened 0.0.0.0:22 sshd")

	f.table[0].RecvQ = 5
	expect("a queue", 0)

	f.table[1].State = StateClosing
	expect("a state", 1, "2 changed 0.0.0.0:80 nginx worker !state !privileged")

	delete(f.people, 2)
	f.table[1].pids = []int{3}
	*now = now.Add(-4 * time.Second) // within 5 s of the last full listing
	expect("a holder ended", 0, "2 changed 0.0.0.0:80 worker !processes")
	*now = now.Add(5 * time.Second)

	f.people[2] = Process{PID: 2, Name: "other", UID: -1}
	f.table[1].pids = []int{2, 3}
	expect("an heir", 0)
	*now = now.Add(fullEvery)
	expect("the full listing", 0, "2 changed 0.0.0.0:80 other worker !processes")

	delete(f.people, 3)
	f.table[1].pids, f.table[2].pids = []int{2}, []int{2}
	expect("the last holder ended", 1, "2 changed 0.0.0.0:80 other !processes", "3 changed 127.0.0.1:8080 other !processes")
	*now = now.Add(fullAtMost)
	delete(f.people, 2)
	f.people[4] = Process{PID: 4, Name: "heir", UID: -1}
	f.table[1].pids, f.table[2].pids = []int{4}, []int{4}
	expect("a full listing for an ended holder", 0, "2 changed 0.0.0.0:80 heir !processes", "3 changed 127.0.0.1:8080 heir !processes")
}

// TestWatcherError holds that a failed refresh is no change.
func TestWatcherError(t *testing.T) {
	f := &fake{first: 1024, people: people("sshd"), table: []row{watched(11, "0.0.0.0:22", 1)}}
	w, _ := watchFake(f)
	refresh(t, w)
	f.err, f.table = errors.New("no table"), nil
	if _, err := w.Refresh(t.Context()); !errors.Is(err, f.err) {
		t.Errorf("error %v", err)
	}
	f.err, f.table = nil, []row{watched(11, "0.0.0.0:22", 1)}
	if events := refresh(t, w); len(events) > 0 {
		t.Errorf("after the error: %q", events)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Refresh(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestWatcherTwins holds that sockets which look the same are not one.
func TestWatcherTwins(t *testing.T) {
	twin := socketRow("udp", "0.0.0.0:5353", StateBound, 1)
	f := &fake{first: 1024, people: people("mdns"), table: []row{twin, twin}}
	w := &Watcher{Lister: *f.lister(false)}
	if got := refresh(t, w); len(got) != 2 {
		t.Errorf("first: %q", got)
	}
	f.table = f.table[:1]
	if got := refresh(t, w); !slices.Equal(got, []string{"2 closed 0.0.0.0:5353 mdns"}) {
		t.Errorf("one less: %q", got)
	}
}

// TestInherit: a row that the kernel tells the same of again has all that was known
// of its socket.
func TestInherit(t *testing.T) {
	known := Socket{
		Proto: "tcp", Local: netip.MustParseAddrPort("[fe80::1%eth0]:80"), Remote: netip.MustParseAddrPort("[fe80::2%eth0]:5000"),
		State: StateEstablished, Processes: []Process{{PID: 1}}, Hidden: HiddenPermission, Kernel: "nfsd", Privileged: true, Flags: FlagNonRoot,
		UID: 1000, User: "mallory", Inode: 4711, Cookie: 5, NetNS: 6, NetNSName: "red", Isolated: true, MPTCP: true,
		V6Only: TristateYes, Device: "eth0", DeviceExposure: ExposureLocal, Backlog: 7, RecvQ: 8, SendQ: 9, ReuseportGroup: 10, Cgroup: "/x", Unit: "x.service",
		Container: &Container{Name: "web"}, Published: &Published{To: netip.MustParseAddrPort("198.18.0.2:80")},
		PublishedAt: []PublishedAt{{First: 8080, Last: 8080}},
	}
	v := reflect.ValueOf(known)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("%s is missing from this test", v.Type().Field(i).Name)
		}
	}
	// What rows tell without their holders.
	told := row{Socket: Socket{
		Proto: known.Proto, Local: known.Local, Remote: known.Remote, State: known.State, UID: known.UID, Inode: known.Inode,
		Cookie: known.Cookie, NetNS: known.NetNS, NetNSName: known.NetNSName, Isolated: known.Isolated, V6Only: known.V6Only,
		Device: known.Device, DeviceExposure: known.DeviceExposure, Backlog: known.Backlog, RecvQ: known.RecvQ, SendQ: known.SendQ, ReuseportGroup: known.ReuseportGroup,
	}}
	if !told.inherit(&known, nil) || !reflect.DeepEqual(told.Socket, known) {
		t.Errorf("kept\n%+v of\n%+v", told.Socket, known)
	}
}
