package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"testing"
	"time"

	"github.com/urfave/cli/v2"

	"porthole/internal/listing"
	"porthole/internal/live"
	"porthole/internal/record"
	"porthole/registry"
	"porthole/sockets"
)

// TestGaps checks when a gap is told, and since when it is.
func TestGaps(t *testing.T) {
	at := func(seconds int) time.Time { return time.Unix(1_800_000_000+int64(seconds), 0) }
	g := gaps{interval: time.Second}
	g.failed() // before anything was seen there is nothing to miss
	if _, found := g.refreshed(at(0)); found {
		t.Error("a gap before the first look")
	}
	g.wrote(999 * time.Millisecond)
	if _, found := g.refreshed(at(1)); found {
		t.Error("a gap though no look was left out")
	}
	g.wrote(time.Second)
	gap, found := g.refreshed(at(5))
	if !found || gap.Event != record.EventGap || !gap.At.Equal(at(5)) || !gap.Since.Equal(at(1)) {
		t.Errorf("a slow reader: %v, %+v", found, gap)
	}
	g.failed()
	if gap, found := g.refreshed(at(8)); !found || !gap.Since.Equal(at(5)) {
		t.Errorf("a look that failed: %v, %+v", found, gap)
	}
	if _, found := g.refreshed(at(9)); found {
		t.Error("a gap is told twice")
	}
	if gap, found := g.refreshed(at(13)); !found || !gap.Since.Equal(at(9)) {
		t.Errorf("the process was stopped: %v, %+v", found, gap)
	}
}

// slowReader takes its time with the first event, and ends the watch at a gap.
type slowReader struct {
	bytes.Buffer
	once time.Duration
	end  context.CancelFunc
	gap  record.Event
}

func (r *slowReader) Write(line []byte) (int, error) {
	time.Sleep(r.once)
	r.once = 0
	var e record.Event
	if err := json.Unmarshal(line, &e); err != nil {
		return 0, err
	}
	if e.Event == record.EventGap {
		r.gap = e
		r.end()
	}
	return len(line), nil
}

// TestWatchGap holds that a slow reader is told what it missed.
func TestWatchGap(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0") // so that there is an event
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const interval = time.Millisecond
	r := &slowReader{once: 50 * interval, end: cancel}
	w := watching{console: console{out: r, err: &bytes.Buffer{}}, interval: interval,
		Listing: listing.Listing{Registry: new(registry.Registry), Lister: sockets.Lister{NetNS: sockets.ScopeSelf}}}
	if err := w.events(&cli.Context{Context: ctx}); !interrupted(err) {
		t.Fatal(err)
	}
	if r.gap.Since == nil || !r.gap.Since.Before(r.gap.At) {
		t.Errorf("%+v", r.gap)
	}
}

// TestViewGap holds that the view is told of readings that were left out, and of none
// when it is asked for other sockets.
func TestViewGap(t *testing.T) {
	f := &feed{watching: watching{console: console{err: &bytes.Buffer{}}, interval: time.Second,
		Listing: listing.Listing{Registry: new(registry.Registry), Lister: sockets.Lister{NetNS: sockets.ScopeSelf}}}}
	defer f.close()
	scope := live.Scope{OwnNetNS: true}
	since := func() time.Time {
		t.Helper()
		batch, err := f.refresh(t.Context(), scope)
		if err != nil {
			t.Fatal(err)
		}
		return batch.Since
	}
	if at := since(); !at.IsZero() {
		t.Errorf("a gap before the first reading: %v", at)
	}
	stopped := f.gaps.last.Add(-time.Minute)
	f.gaps.last = stopped
	if at := since(); !at.Equal(stopped) {
		t.Errorf("stopped for a minute: a gap since %v, want %v", at, stopped)
	}
	f.gaps.last = stopped
	scope.All = true
	if at := since(); !at.IsZero() {
		t.Errorf("a gap before the first reading of every state: %v", at)
	}
}
