package checkpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"iter"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func config() Config {
	return Config{
		Targets: []string{"192.0.2.0/24", "example.test"},
		Ports:   "T:22,80",
		Family:  "ip",
		Shard:   1,
		Shards:  1,
		Flags:   map[string][]string{"ports": {"22,80"}},
		Scope:   Scope{Sets: []Set{{Ports: "T:22,80", Items: 2}}, Seed: 7},
	}
}

// items are the addresses of config.
func items(int) iter.Seq[string] {
	return slices.Values([]string{"198.51.100.1 example.test", "192.0.2.0-192.0.2.255"})
}

// ignore takes addresses.
func ignore(*Config, int, string) error { return nil }

func at() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 5, time.UTC) }

// scanned makes the file of a scan with verdicts in both parts.
func scanned(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "scan.ckpt")
	w, err := Create(path, config(), items)
	if err != nil {
		t.Fatal(err)
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(w.Begin(0))
	w.Reached(3)
	do(w.Count(2, "down no-response"))
	do(w.Count(0, "alive"))
	do(w.Begin(1))
	w.Reached(200)
	for p := uint64(150); p > 0; p-- {
		do(w.Count(p-1, "closed conn-refused"))
	}
	do(w.Add(Verdict{Position: 170, State: "open", Reason: "syn-ack", RTT: time.Millisecond, Attempts: 1, At: at()}))
	do(w.Close(Run{Elapsed: time.Second, Stats: []byte(`{"attempts":151}`)}))
	return path
}

// verdict is what a file has of a position.
type verdict struct {
	outcome string
	shown   Verdict
}

func replay(t *testing.T, s *State, part int) map[uint64]verdict {
	t.Helper()
	got := make(map[uint64]verdict)
	err := s.Replay(part, func(p uint64, outcome string, _ time.Time, shown *Verdict) error {
		v := verdict{outcome: outcome}
		if shown != nil {
			v.shown = *shown
		}
		got[p] = v
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestFile(t *testing.T) {
	path := scanned(t)
	var got []string
	s, w, err := Open(t.Context(), path, func(c *Config, set int, item string) error {
		got = append(got, fmt.Sprint(c.Sets[set].Ports, " ", item))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abandon()
	if diff := cmp.Diff([]string{"T:22,80 198.51.100.1 example.test", "T:22,80 192.0.2.0-192.0.2.255"}, got); diff != "" {
		t.Errorf("addresses (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(config(), s.Config); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
	if len(s.Runs) != 1 || s.Runs[0].Elapsed != time.Second || string(s.Runs[0].Stats) != `{"attempts":151}` {
		t.Errorf("runs %+v", s.Runs)
	}
	if n := count(s.Done(0)); n != 2 || s.Done(0).Has(1) || !s.Done(0).Has(2) {
		t.Errorf("discovery has %d positions", n)
	}
	scan := replay(t, s, 1)
	if len(scan) != 151 || scan[149].outcome != "closed conn-refused" || scan[170].shown.At != at() || scan[170].shown.RTT != time.Millisecond {
		t.Errorf("scan has %d verdicts, %+v", len(scan), scan[170])
	}
}

// TestCreate holds that no file is overwritten.
func TestCreate(t *testing.T) {
	if _, err := Create(scanned(t), config(), items); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file that is there: %v", err)
	}
}

// TestAppend holds that a file that was cut anywhere after its first line opens
// with the verdicts of the lines before the cut, and takes more.
func TestAppend(t *testing.T) {
	whole, err := os.ReadFile(scanned(t))
	if err != nil {
		t.Fatal(err)
	}
	first := bytes.IndexByte(whole, '\n') + 1
	first += bytes.IndexByte(whole[first:], '\n') + 1 // the addresses
	for cut := first; cut <= len(whole); cut += 7 {
		path := filepath.Join(t.TempDir(), "cut.ckpt")
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		s, w, err := Open(t.Context(), path, ignore)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if want := bytes.LastIndexByte(whole[:cut], '\n') + 1; int(s.end) != want {
			t.Errorf("cut at %d: %d bytes are good, want %d", cut, s.end, want)
		}
		before := count(s.Done(1))
		if err := w.Begin(1); err != nil {
			t.Fatal(err)
		}
		w.Reached(1000)
		if err := w.Count(999, "filtered no-response"); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(Run{}); err != nil {
			t.Fatal(err)
		}
		again, w, err := Open(t.Context(), path, ignore)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		w.Abandon()
		if n := count(again.Done(1)); n != before+1 {
			t.Errorf("cut at %d: %d verdicts, want %d", cut, n, before+1)
		}
	}
}

// TestDamage holds that damage is an error with its line, whichever byte is
// changed, except in the last line, which is dropped.
func TestDamage(t *testing.T) {
	whole, err := os.ReadFile(scanned(t))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	lines = lines[:len(lines)-1]
	last := len(whole) - len(lines[len(lines)-1])
	for i := 20; i < len(whole); i += 3 {
		if whole[i] == '\n' {
			continue // makes one line of two
		}
		bad := bytes.Clone(whole)
		bad[i] ^= 0x02
		line := bytes.Count(whole[:i], []byte("\n")) + 1
		s, err := Read(bytes.NewReader(bad), ignore)
		var damage *DamageError
		switch {
		case i >= last:
			if err != nil || len(s.Runs) != 0 {
				t.Errorf("byte %d of the last line: %v", i, err)
			}
		case (errors.Is(err, ErrNotCheckpoint) || errors.Is(err, ErrVersion)) && line == 1: // its kind or schema
		case !errors.As(err, &damage) || damage.Line != line:
			t.Errorf("byte %d in line %d: %v", i, line, err)
		}
	}
}

// TestForged holds that lines with a right checksum that make no sense are
// refused, also at the end.
func TestForged(t *testing.T) {
	whole, err := os.ReadFile(scanned(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]any{
		"no such part": Batch{Kind: "batch", Part: 9},
		"beyond next":  Batch{Kind: "batch", Part: 1, Next: 160, Counted: map[string]string{"closed": "155-200"}},
		"twice":        Batch{Kind: "batch", Part: 1, Next: 200, Counted: map[string]string{"closed": "3"}},
		"no range":     Batch{Kind: "batch", Part: 1, Next: 200, Counted: map[string]string{"closed": "180-170"}},
		"no kind":      Batch{Kind: "bunch"},
		"endless":      Batch{Kind: "batch", Part: 1, Next: 1 << 63, Counted: map[string]string{"closed": "1000-9000000000000000000"}},
	} {
		line, err := encode(v)
		if err != nil {
			t.Fatal(err)
		}
		var damage *DamageError
		if _, err := Read(bytes.NewReader(append(bytes.Clone(whole), line...)), ignore); !errors.As(err, &damage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestInUse holds that two scans cannot write one file, which others may read
// meanwhile.
func TestInUse(t *testing.T) {
	path := scanned(t)
	_, w, err := Open(t.Context(), path, ignore)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abandon()
	soon, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, second, err := Open(soon, path, ignore)
	if err == nil {
		second.Abandon()
		t.Fatal("the file is opened twice")
	}
	if !errors.Is(err, ErrInUse) {
		t.Error(err)
	}
	if text, err := os.ReadFile(path); err != nil || len(text) == 0 {
		t.Errorf("the file cannot be read while it is written: %d bytes, %v", len(text), err)
	}
}

// TestLockWait holds that a scan waits for one that is about to end.
func TestLockWait(t *testing.T) {
	path := scanned(t)
	_, first, err := Open(t.Context(), path, ignore)
	if err != nil {
		t.Fatal(err)
	}
	opened := make(chan error)
	go func() {
		_, second, err := Open(t.Context(), path, ignore)
		if err == nil {
			second.Abandon()
		}
		opened <- err
	}()
	first.Abandon()
	if err := <-opened; err != nil {
		t.Error(err)
	}
}

// TestUnbegun holds what is said of a file that lacks addresses.
func TestUnbegun(t *testing.T) {
	whole, err := os.ReadFile(scanned(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{bytes.IndexByte(whole, '\n') + 1, bytes.IndexByte(whole, '\n') + 30} {
		if _, err := Read(bytes.NewReader(whole[:cut]), ignore); !errors.Is(err, ErrUnbegun) {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
}

// TestLongLines holds that a reader takes memory for a line up to a bound, and that
// no writer gets there.
func TestLongLines(t *testing.T) {
	head, _, _ := strings.Cut(readFile(t, scanned(t)), "\n")
	endless := io.MultiReader(strings.NewReader(head+"\n"), io.LimitReader(zeros{}, 1<<40))
	if _, err := Read(endless, ignore); !errors.Is(err, errLong) {
		t.Errorf("an endless line: %v", err)
	}
	path := filepath.Join(t.TempDir(), "scan.ckpt")
	w, err := Create(path, config(), items)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Begin(1); err != nil {
		t.Fatal(err)
	}
	const counted, shown = 3 * mostCounted / 2, 3 * mostShown / 2
	w.Reached(1 << 60)
	for i := range uint64(counted) {
		w.Count(1<<59+2*i, "closed conn-refused")
	}
	for i := range uint64(shown) {
		w.Add(Verdict{Position: i, State: "open|filtered", Reason: "admin-prohibited", Error: strings.Repeat("\x01", 2000), At: at()})
	}
	if err := w.Close(Run{}); err != nil {
		t.Fatal(err)
	}
	s, w, err := Open(t.Context(), path, ignore)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abandon()
	if n := count(s.Done(1)); n != counted+shown {
		t.Errorf("%d verdicts, want %d", n, counted+shown)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// zeros is a file without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// fullDisk is a file on a full disk.
type fullDisk struct{}

var errFull = errors.New("full")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }
func (fullDisk) Sync() error               { return nil }
func (fullDisk) Close() error              { return nil }

// TestFullDisk holds that the scan learns of a write that failed.
func TestFullDisk(t *testing.T) {
	w := newWriter(fullDisk{})
	if err := w.Count(0, "alive"); err != nil {
		t.Fatal(err)
	}
	if err := w.Begin(1); !errors.Is(err, errFull) {
		t.Errorf("Begin: %v", err)
	}
	if err := w.Add(Verdict{}); !errors.Is(err, errFull) {
		t.Errorf("Add: %v", err)
	}
	if err := w.Close(Run{}); !errors.Is(err, errFull) {
		t.Errorf("Close: %v", err)
	}
}

// TestVersion holds that the checkpoint of another version and a file that never
// was one are different errors, before anything else of the file is read.
func TestVersion(t *testing.T) {
	for head, want := range map[string]error{
		`{"kind":"checkpoint","schema":"porthole-checkpoint/2","hash":"00"}` + "\n": ErrVersion,
		`{"kind":"checkpoint","schema":"other/2"}` + "\n":                           ErrNotCheckpoint,
		"notes\n": ErrNotCheckpoint,
	} {
		if _, err := Read(strings.NewReader(head), ignore); !errors.Is(err, want) {
			t.Errorf("%q: %v, not %v", head, err, want)
		}
	}
}

func TestDifferences(t *testing.T) {
	other := config()
	other.Targets = []string{"example.test", "192.0.2.0/24"}
	if d := config().Differences(other); d != nil {
		t.Errorf("another order of targets: %q", d)
	}
	other.Ports, other.Exclude, other.Seed = "T:443", []string{strings.Repeat("a", 500)}, 8
	d := strings.Join(config().Differences(other), "\n")
	for _, want := range []string{"ports: the file has T:22,80, not T:443", "excluded targets: the file has none, not aaa", "seed: the file has 7, not 8"} {
		if !strings.Contains(d, want) {
			t.Errorf("no %q in\n%s", want, d)
		}
	}
	if len(d) > 500 {
		t.Errorf("%d bytes of differences", len(d))
	}
}

// TestPositions holds that positions in any order take memory for the gaps.
func TestPositions(t *testing.T) {
	var s Positions
	const n = 64 * 160
	for i := range uint64(n) {
		p := i ^ 63 // within a word from its end
		if !s.Add(p) || s.Add(p) {
			t.Fatalf("adding %d", p)
		}
		if len(s.above) > 2 {
			t.Fatalf("%d words for one gap", len(s.above))
		}
	}
	if count(&s) != n || !s.Has(n-1) || s.Has(1<<40) {
		t.Errorf("%d positions", count(&s))
	}
}

// count is the number of positions in a set.
func count(s *Positions) uint64 {
	n := s.low
	for _, word := range s.above {
		n += uint64(bits.OnesCount64(word))
	}
	return n
}

// FuzzRead holds that no file makes the reader panic, or be wrong about where its
// good part ends.
func FuzzRead(f *testing.F) {
	head, err := encode(header{Kind: "checkpoint", Schema: Schema, Config: config()})
	if err != nil {
		f.Fatal(err)
	}
	empty := config()
	empty.Sets[0].Items = 0
	sum, err := hash(empty)
	if err != nil {
		f.Fatal(err)
	}
	good, err := encode(header{Kind: "checkpoint", Schema: Schema, Hash: sum, Config: empty})
	if err != nil {
		f.Fatal(err)
	}
	batch, err := encode(Batch{Kind: "batch", Part: 1, Next: 9, Counted: map[string]string{"closed": "0-3,5"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{}, false)
	f.Add(head, false)
	f.Add(append(bytes.Clone(good), batch...), false)
	f.Add([]byte(`{"kind":"batch","part":0,"next":5,"done":{"alive":"0-4"}`), true)
	f.Add([]byte(`{"kind":"batch","part":1,"next":5,"shown":[{"position":4}]`), true)
	f.Add([]byte(`{"kind":"run"`), true)
	f.Add([]byte(`{"kind":"addresses","set":0,"items":"192.0.2.1"`), true)
	f.Fuzz(func(t *testing.T, data []byte, signed bool) {
		if signed { // as a line behind a good header, with a right checksum
			data = sign(good, data)
		}
		s, err := Read(bytes.NewReader(data), ignore)
		if err != nil {
			return
		}
		again, err := Read(bytes.NewReader(data[:s.end]), ignore)
		if err != nil || again.end != s.end {
			t.Errorf("the good part of %q reads as %v", data, err)
		}
	})
}

// sign makes a file of a header and a line without its end.
func sign(head, line []byte) []byte {
	line = bytes.ReplaceAll(line, []byte("\n"), nil)
	signed := fmt.Appendf(bytes.Clone(line), "%s%08x\"}\n", crcMark, crc32.ChecksumIEEE(line))
	return append(bytes.Clone(head), signed...)
}
