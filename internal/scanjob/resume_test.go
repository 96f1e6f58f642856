package scanjob

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/checkpoint"
	"porthole/internal/hosts"
	"porthole/internal/record"
	"porthole/scanner"
)

func open(t *testing.T, path string) *Checkpoint {
	t.Helper()
	c, err := OpenCheckpoint(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// TestResume holds that a scan that ends after any number of answers, and again
// and again, finds what an uninterrupted one finds and asks nothing twice.
func TestResume(t *testing.T) {
	c := config(t, "192.0.2.0/29,192.0.2.18:9", "1-3")
	c.Discover = DiscoverAlways
	whole := newFakeNetwork()
	want := make(outcomes)
	wantSum, err := prepare(t, c, whole).Run(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	for stopAt := 1; stopAt < whole.answers; stopAt++ {
		f := newFakeNetwork()
		path := filepath.Join(t.TempDir(), "scan.ckpt")
		for runs := 0; ; runs++ {
			ctx, cancel := context.WithCancel(t.Context())
			f.stop, f.stopAt = cancel, f.answers+stopAt
			var s seen
			c.Hooks = s.hooks()
			c.Checkpoint = open(t, path)
			before := f.answers
			got := make(outcomes)
			sum, err := prepare(t, c, f).Run(ctx, got)
			cancel()
			if s.replayed != before {
				t.Fatalf("stopped every %d, run %d: %d replayed, want %d", stopAt, runs, s.replayed, before)
			}
			if errors.Is(err, context.Canceled) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("stopped every %d: (-uninterrupted +resumed)\n%s", stopAt, diff)
			}
			wantSum.Elapsed = sum.Elapsed
			if diff := cmp.Diff(wantSum, sum); diff != "" {
				t.Fatalf("stopped every %d: summary (-uninterrupted +resumed)\n%s", stopAt, diff)
			}
			break
		}
		for target, times := range f.asked {
			if times > 1 {
				t.Fatalf("stopped every %d: %v asked %d times", stopAt, target, times)
			}
		}
	}
}

// interrupted makes the checkpoint of a scan of c that ended after some answers.
func interrupted(t *testing.T, c Config, answers int) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "scan.ckpt")
	ctx, cancel := context.WithCancel(t.Context())
	f := newFakeNetwork()
	f.stop, f.stopAt = cancel, answers
	c.Checkpoint = open(t, path)
	if _, err := prepare(t, c, f).Run(ctx, new(record.List)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return path
}

// TestResumeDefaults holds what a resumed scan takes from its checkpoint, and what
// the caller may ask the checkpoint for.
func TestResumeDefaults(t *testing.T) {
	c := config(t, "192.0.2.2,nosuch.test", "1-100")
	c.Seed, c.Shard, c.Shards, c.Flags = nil, 2, 3, map[string][]string{"rate": {"5"}}
	path := interrupted(t, c, 5)
	again := config(t, "192.0.2.2,nosuch.test", "1-100")
	again.Seed, again.Checkpoint = nil, open(t, path)
	again.Targets = hosts.Targets{} // they are those of the checkpoint
	if diff := cmp.Diff(c.Flags, again.Checkpoint.Flags()); diff != "" {
		t.Errorf("flags (-want +got):\n%s", diff)
	}
	var s seen
	again.Hooks = s.hooks()
	again.Resolver = nil // asks nobody
	sum, err := prepare(t, again, newFakeNetwork()).Run(t.Context(), new(record.List))
	if err != nil {
		t.Fatal(err)
	}
	if sum.Shard != 2 || sum.Shards != 3 || sum.Unresolved != 1 || len(s.unresolved) != 1 || s.replayed != 5 {
		t.Errorf("%+v, %+v", sum, s)
	}
}

// TestDifference holds that a checkpoint is not resumed with another scan.
func TestDifference(t *testing.T) {
	path := interrupted(t, config(t, "192.0.2.2", "1-100"), 5)
	for want, change := range map[string]func(*Config){
		"ports: the file has T:1-100, not T:1-99":        func(c *Config) { c.Ports = config(t, "192.0.2.2", "1-99").Ports },
		"targets: the file has 192.0.2.2, not 192.0.2.4": func(c *Config) { c.Targets = config(t, "192.0.2.4", "1").Targets },
		"seed: the file has 7, not 8":                    func(c *Config) { c.Seed = new(uint64(8)) },
		"show: the file has open, not open,all":          func(c *Config) { c.ShowAll = true },
		"discover: the file has auto, not never":         func(c *Config) { c.Discover = DiscoverNever },
		"shard: the file has 1/1, not 1/2":               func(c *Config) { c.Shard, c.Shards = 1, 2 },
	} {
		c := config(t, "192.0.2.2", "1-100")
		c.Checkpoint = open(t, path)
		change(&c)
		_, err := Prepare(t.Context(), c)
		difference, ok := errors.AsType[*DifferenceError](err)
		if !ok || difference.Path != path || len(difference.Differences) != 1 || difference.Differences[0] != want {
			t.Errorf("want %q: %v", want, err)
		}
		if _, ok := errors.AsType[*CheckpointError](err); !ok {
			t.Errorf("%v is no CheckpointError", err)
		}
		c.Checkpoint.Close()
	}
}

// TestBadCheckpoint holds that a file that cannot be read, or holds what no scan
// wrote, is an error about the checkpoint.
func TestBadCheckpoint(t *testing.T) {
	notes := filepath.Join(t.TempDir(), "notes")
	if err := os.WriteFile(notes, []byte("milk\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := OpenCheckpoint(t.Context(), notes)
	if _, ok := errors.AsType[*CheckpointError](err); !ok || !strings.HasPrefix(err.Error(), notes) {
		t.Errorf("no checkpoint: %v", err)
	}
	for _, outcome := range []string{"", "ajar syn-ack", "open says-who", "alive syn-ack many"} {
		if res, err := parseOutcome(outcome); err == nil {
			t.Errorf("%q is %v", outcome, res)
		}
		if h, err := parseHost(outcome); err == nil {
			t.Errorf("%q is %v", outcome, h)
		}
	}
}

// TestForged holds that a file with right checksums that this scan cannot have
// written is an error about the checkpoint.
func TestForged(t *testing.T) {
	for want, forge := range map[string]func(*checkpoint.Writer) error{
		`there is no verdict "ajar syn-ack"`: func(w *checkpoint.Writer) error { return w.Count(50, "ajar syn-ack") },
		`there is no verdict "open says-who"`: func(w *checkpoint.Writer) error {
			return w.Add(checkpoint.Verdict{Position: 50, State: "open", Reason: "says-who"})
		},
		"position 100 is not below 100": func(w *checkpoint.Writer) error { return w.Count(100, "closed conn-refused") },
	} {
		c := config(t, "192.0.2.2", "1-100")
		path := interrupted(t, c, 1)
		_, w, err := checkpoint.Open(t.Context(), path, func(*checkpoint.Config, int, string) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Begin(checkpoint.PortsPart(0)); err != nil {
			t.Fatal(err)
		}
		w.Reached(101)
		if err := forge(w); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(checkpoint.Run{}); err != nil {
			t.Fatal(err)
		}
		c.Checkpoint = open(t, path)
		_, err = prepare(t, c, newFakeNetwork()).Run(t.Context(), new(record.List))
		if _, ok := errors.AsType[*CheckpointError](err); !ok || !strings.Contains(err.Error(), path+": "+want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}

// TestOutcome holds that what a checkpoint has of a verdict is read as it was
// written.
func TestOutcome(t *testing.T) {
	for _, want := range []scanner.Result{
		{State: scanner.StateClosed, Reason: scanner.ReasonConnRefused},
		{State: scanner.StateUnknown, Reason: scanner.ReasonNone},
		{State: scanner.StateOpen, Reason: scanner.ReasonSynAck, Middlebox: true},
	} {
		if got, err := parseOutcome(outcome(want)); err != nil || got != want {
			t.Errorf("%+v is read as %+v, %v", want, got, err)
		}
	}
	for _, want := range []scanner.HostStatus{
		{Alive: true, Evidence: scanner.Result{Reason: scanner.ReasonEchoReply}, Asked: 7},
		{Evidence: scanner.Result{Reason: scanner.ReasonHostUnreach}, Asked: 7},
		{Evidence: scanner.Result{Reason: scanner.ReasonNone}},
	} {
		if got, err := parseHost(hostOutcome(want)); err != nil || got != want {
			t.Errorf("%+v is read as %+v, %v", want, got, err)
		}
	}
}

// TestResumeStats holds that the statistics of all runs are added up.
func TestResumeStats(t *testing.T) {
	c := config(t, "192.0.2.2", "1-100")
	path := interrupted(t, c, 40)
	c.Checkpoint = open(t, path)
	sum, err := prepare(t, c, newFakeNetwork()).Run(t.Context(), new(record.List))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&record.ScanStats{Attempts: 100}, sum.ScanStats); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
