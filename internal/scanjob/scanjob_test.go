package scanjob

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/hosts"
	"porthole/internal/record"
	"porthole/scanner"
)

// seen is what the hooks were called with.
type seen struct {
	unresolved, stages []string
	asked              int
	down               []string
	verdicts, replayed int
	unnamed            int
	silent             int
}

func (s *seen) hooks() Hooks {
	return Hooks{
		Unresolved: func(err error) { s.unresolved = append(s.unresolved, err.Error()) },
		Stage:      func(st Stage) { s.stages = append(s.stages, fmt.Sprint(st.Kind, " ", st.Total, " ", st.Attempts)) },
		Asked:      func() { s.asked++ },
		Host: func(h scanner.HostStatus, replayed bool) {
			if !h.Alive {
				s.down = append(s.down, fmt.Sprint(h.Addr, " ", h.Evidence.Reason))
			}
			s.count(replayed)
		},
		Verdict: func(_ scanner.Result, replayed bool) { s.count(replayed) },
		Unnamed: func(n int) { s.unnamed += n },
		Silent:  func(string, netip.Addr, int) { s.silent++ },
	}
}

func (s *seen) count(replayed bool) {
	s.verdicts++
	if replayed {
		s.replayed++
	}
}

// TestRun holds what a scan with discovery, of a target without an address and of
// one with a port of its own, tells its output, its hooks and its summary.
func TestRun(t *testing.T) {
	c := config(t, "192.0.2.1-3,192.0.2.2:4,nosuch.test", "1-2")
	c.Discover = DiscoverAlways
	var s seen
	c.Hooks = s.hooks()
	out := make(outcomes)
	sum, err := prepare(t, c, newFakeNetwork()).Run(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	want := outcomes{"tcp/192.0.2.2:1": "counted closed", "tcp/192.0.2.2:2": "shown open", "tcp/192.0.2.2:4": "shown open"}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
	slices.Sort(s.down)
	wantSeen := seen{
		unresolved: []string{"nosuch.test: no such host; check the spelling"},
		stages:     []string{"0 3 1", "1 2 2", "0 1 1", "1 1 2"},
		asked:      7, verdicts: 7,
		down: []string{"192.0.2.1 no-response", "192.0.2.3 no-response"},
	}
	if diff := cmp.Diff(wantSeen, s, cmp.AllowUnexported(seen{})); diff != "" {
		t.Errorf("hooks (-want +got):\n%s", diff)
	}
	wantSum := &record.Summary{
		Kind: "summary", Command: "scan", Seed: new(uint64(7)), Config: sum.Config, Elapsed: sum.Elapsed,
		ScanCounts: &record.ScanCounts{Targets: 4, Alive: 2, Down: 2, Silent: 16, Probes: 3, Open: 2, Closed: 1, Unresolved: 1},
		ScanStats:  &record.ScanStats{Attempts: 7},
	}
	if diff := cmp.Diff(wantSum, sum); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	if len(sum.Config) != 32 || sum.Elapsed <= 0 {
		t.Errorf("config %q, elapsed %v", sum.Config, sum.Elapsed)
	}
}

// TestInterruptedDiscovery holds that a scan that ends while it looks for addresses
// counts what it did not get to.
func TestInterruptedDiscovery(t *testing.T) {
	c := config(t, "192.0.2.0-9,192.0.2.0-15:4", "1-3")
	c.Discover = DiscoverAlways
	ctx, cancel := context.WithCancel(t.Context())
	f := newFakeNetwork()
	f.stop, f.stopAt = cancel, 4
	sum, err := prepare(t, c, f).Run(ctx, new(record.List))
	if !errors.Is(err, context.Canceled) || sum.Complete {
		t.Fatal(err, sum.Complete)
	}
	alive := 4 - sum.Down
	want := &record.ScanCounts{Targets: 26, Alive: alive, Down: sum.Down, Silent: 8 * sum.Down, Probes: 3 * alive, NotLookedFor: 22}
	if diff := cmp.Diff(want, sum.ScanCounts); diff != "" || alive == 0 {
		t.Errorf("%d alive (-want +got):\n%s", alive, diff)
	}
	if sum.Attempts != 4 {
		t.Errorf("%d attempts", sum.Attempts)
	}
}

// TestInterruptedPorts holds that a scan that ends among the ports counts the probes
// of all its sets.
func TestInterruptedPorts(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := newFakeNetwork()
	f.stop, f.stopAt = cancel, 4
	c := config(t, "192.0.2.0-9,192.0.2.0-15:4", "1-3")
	c.Discover = DiscoverNever
	sum, err := prepare(t, c, f).Run(ctx, new(record.List))
	if !errors.Is(err, context.Canceled) || sum.Probes != 30+16 || sum.NotLookedFor != 0 {
		t.Errorf("%v, %d probes", err, sum.Probes)
	}
}

// TestComplete holds that a scan is complete if it has all verdicts.
func TestComplete(t *testing.T) {
	var found record.List
	sum, err := prepare(t, config(t, "192.0.2.2", "1-9"), newFakeNetwork()).Run(t.Context(), &found)
	if err != nil || !sum.Complete || len(found) != 4 {
		t.Errorf("complete %v, %d records, %v", sum.Complete, len(found), err)
	}
}

// TestDiscover holds when addresses are looked for.
func TestDiscover(t *testing.T) {
	for _, test := range []struct {
		when      Discover
		addresses uint64
		want      bool
	}{
		{DiscoverAuto, 16, false}, {DiscoverAuto, 17, true},
		{DiscoverAlways, 1, false}, {DiscoverAlways, 2, true},
		{DiscoverNever, 1 << 24, false},
	} {
		if got := test.when.pays(test.addresses); got != test.want {
			t.Errorf("%s, %d addresses: %v", test.when, test.addresses, got)
		}
	}
}

// TestQuestions holds by which ports addresses are looked for.
func TestQuestions(t *testing.T) {
	for _, test := range []struct {
		name, targets, ports, exclude, proto string
		discover                             Discover
		atOnce                               bool
		tcp, udp                             []uint16
	}{
		{"few", "198.18.0.0/24", "8080", "", "tcp", DiscoverAuto, true, []uint16{8080, 443, 80, 22, 3389, 445, 25}, nil},
		{"few, but to be looked for", "198.18.0.0/24", "8080", "", "tcp", DiscoverAlways, false, []uint16{8080, 443, 80, 22, 3389, 445, 25}, nil},
		{"excluded", "198.18.0.0/24", "8080", "443,25", "tcp", DiscoverOnly, false, []uint16{8080, 80, 22, 3389, 445}, nil},
		{"unlikely", "198.18.0.0/24", "50001-50020", "", "tcp", DiscoverAuto, false, []uint16{50001, 50002, 50003, 50004, 50005, 50006, 443, 80}, nil},
		{"UDP", "198.18.0.0/24", "53", "", "udp", DiscoverAuto, false, []uint16{443, 80, 22, 3389, 445, 25}, []uint16{53}},
		{"a port of a target", "198.18.0.0-255:8080", "1-1000", "", "tcp", DiscoverAuto, true, []uint16{8080, 443, 80, 22, 3389, 445, 25}, nil},
	} {
		c := config(t, test.targets, "1")
		c.PortProto, c.Discover = test.proto, test.discover
		var err error
		if c.Ports, err = c.Registry.ParsePorts(test.ports, test.proto); err != nil {
			t.Fatal(err)
		}
		if test.exclude != "" {
			if c.ExcludePorts, err = c.Registry.ParsePorts(test.exclude, "tcp", "udp"); err != nil {
				t.Fatal(err)
			}
		}
		j := prepare(t, c, newFakeNetwork())
		tcp, udp := j.discoveryPorts(j.sets[0])
		if j.atOnce(j.sets[0]) != test.atOnce || !slices.Equal(tcp, test.tcp) || !slices.Equal(udp, test.udp) {
			t.Errorf("%s: at once %v, %v, %v", test.name, j.atOnce(j.sets[0]), tcp, udp)
		}
	}
	c := config(t, "198.18.0.0/24", "1-65535")
	j := prepare(t, c, newFakeNetwork())
	if tcp, _ := j.discoveryPorts(j.sets[0]); len(tcp) < fewPorts || len(tcp) > mostProbes || !slices.Contains(tcp, 443) || !slices.Contains(tcp, 22) {
		t.Errorf("of all ports: %v", tcp)
	}
}

// TestShow holds which verdicts become records.
func TestShow(t *testing.T) {
	open := scanner.Result{State: scanner.StateOpen}
	middlebox := scanner.Result{State: scanner.StateOpen, Middlebox: true}
	filtered := scanner.Result{State: scanner.StateFiltered}
	for _, test := range []struct {
		config Config
		want   []bool
	}{
		{Config{}, []bool{false, false, false}},
		{Config{Show: []scanner.State{scanner.StateOpen}}, []bool{true, false, false}},
		{Config{Show: []scanner.State{scanner.StateFiltered}}, []bool{false, false, true}},
		{Config{ShowAll: true}, []bool{true, true, true}},
	} {
		r := run{Job: &Job{Config: test.config}}
		if got := []bool{r.shows(open), r.shows(middlebox), r.shows(filtered)}; !slices.Equal(got, test.want) {
			t.Errorf("%v %v: %v", test.config.Show, test.config.ShowAll, got)
		}
	}
}

// TestShards holds that shards are disjoint and together complete, with and
// without discovery, and have one seed and one name.
func TestShards(t *testing.T) {
	for _, discover := range []Discover{DiscoverAlways, DiscoverNever} {
		const shards = 3
		together := make(outcomes)
		total, names := 0, make(map[string]bool)
		var down uint64
		for shard := range uint64(shards) {
			c := config(t, "192.0.2.0/28", "1-10")
			c.Seed, c.Discover, c.Shard, c.Shards = nil, discover, shard+1, shards
			out := make(outcomes)
			sum, err := prepare(t, c, newFakeNetwork()).Run(t.Context(), out)
			if err != nil {
				t.Fatal(err)
			}
			maps.Copy(together, out)
			total += len(out)
			down += sum.Down
			names[fmt.Sprint(sum.Config, *sum.Seed)] = true
		}
		c := config(t, "192.0.2.0/28", "1-10")
		c.Discover = discover
		whole := make(outcomes)
		sum, err := prepare(t, c, newFakeNetwork()).Run(t.Context(), whole)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(whole, together); diff != "" || total != len(whole) || down != sum.Down {
			t.Errorf("%s: %d verdicts, want %d; %d down, want %d; (-whole +shards):\n%s", discover, total, len(whole), down, sum.Down, diff)
		}
		if len(names) != 1 {
			t.Errorf("%s: the shards are of different scans: %v", discover, names)
		}
	}
}

// TestCancel holds that a scan that is cancelled returns the error of its context
// and a summary of what it did.
func TestCancel(t *testing.T) {
	f := newFakeNetwork()
	ctx, cancel := context.WithCancel(t.Context())
	f.stop, f.stopAt = cancel, 10
	out := make(outcomes)
	sum, err := prepare(t, config(t, "192.0.2.2", "1-100"), f).Run(ctx, out)
	if !errors.Is(err, context.Canceled) || sum.Complete || sum.ScanCounts.Open+sum.ScanCounts.Closed != 10 || sum.Probes != 100 || len(out) != 10 {
		t.Errorf("%v, %+v, %d verdicts", err, sum.ScanCounts, len(out))
	}
}

// TestOutputError holds that an error of the output ends the scan and is returned
// as it is.
func TestOutputError(t *testing.T) {
	f := newFakeNetwork()
	_, err := prepare(t, config(t, "192.0.2.2", "1-100"), f).Run(t.Context(), &fullOutput{})
	if err != errFull || f.answers > 10 {
		t.Errorf("%v after %d answers", err, f.answers)
	}
}

// TestUnnamed holds that addresses without a reverse name keep their records, and
// that those without an answer are counted.
func TestUnnamed(t *testing.T) {
	for _, test := range []struct {
		resolver Resolver
		unnamed  int
	}{{noNames{}, 0}, {deafNames{}, 2}} {
		c := config(t, "192.0.2.2,192.0.2.4", "1-4")
		var s seen
		c.Resolver, c.ReverseNames, c.Hooks = test.resolver, true, s.hooks()
		var found record.List
		if _, err := prepare(t, c, newFakeNetwork()).Run(t.Context(), &found); err != nil || len(found) != 4 || s.unnamed != test.unnamed {
			t.Errorf("%T: %d records, %d addresses without an answer, %v", test.resolver, len(found), s.unnamed, err)
		}
	}
}

// TestPrepare holds the errors of what cannot be scanned.
func TestPrepare(t *testing.T) {
	mistake := func(err error) bool { _, is := errors.AsType[*ConfigError](err); return is }
	for name, test := range map[string]struct {
		targets, ports string
		change         func(*Config)
		want           string
		mistake        bool
	}{
		"no port":        {"192.0.2.1", "0", nil, `no ports are left to ask in "T:0"`, true},
		"excluded port":  {"192.0.2.1", "80", func(c *Config) { c.ExcludePorts = c.Ports }, `no ports are left to ask in "T:80"`, true},
		"SCTP":           {"192.0.2.1", "S:80", nil, "sctp cannot be scanned; only TCP and UDP can", true},
		"no target":      {"192.0.2.1", "80", func(c *Config) { c.Targets = hosts.Targets{} }, "no targets", true},
		"no such shard":  {"192.0.2.1", "80", func(c *Config) { c.Shard, c.Shards = 3, 2 }, "there is no shard 3 of 2", true},
		"no shard":       {"192.0.2.1", "80", func(c *Config) { c.Shards = 2 }, "there is no shard 0 of 2", true},
		"unknown word":   {"192.0.2.1", "80", func(c *Config) { c.Discover = "perhaps" }, `discover: unknown value "perhaps"`, true},
		"no address":     {"nosuch.test", "80", nil, "no target has an address that can be asked; nothing was scanned", false},
		"excluded":       {"192.0.2.1", "80", func(c *Config) { c.Exclude = c.Targets }, "every target is excluded; nothing was scanned", false},
		"unknown to all": {"192.0.2.1", "80", func(c *Config) { c.Exclude = config(t, "nosuch.test", "80").Targets }, "exclude: nosuch.test: no such host; check the spelling", false},
		"no folder": {"192.0.2.1", "80", func(c *Config) { c.Checkpoint = open(t, filepath.Join(t.TempDir(), "none", "scan.ckpt")) },
			filepath.Join("none", "scan.ckpt"), false},
	} {
		c := config(t, test.targets, test.ports)
		if test.change != nil {
			test.change(&c)
		}
		_, err := Prepare(t.Context(), c)
		if err == nil || !strings.Contains(err.Error(), test.want) || mistake(err) != test.mistake {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Prepare(ctx, config(t, "nosuch.test", "80")); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

// TestTargetPort holds that the port of a target replaces the others, in its
// protocol, and that it can be excluded.
func TestTargetPort(t *testing.T) {
	c := config(t, "192.0.2.2:8443,192.0.2.4:8444", "1-100")
	c.PortProto = "udp"
	c.ExcludePorts = config(t, "192.0.2.1", "U:8444").Ports
	f := newFakeNetwork()
	if _, err := prepare(t, c, f).Run(t.Context(), new(record.List)); err != nil {
		t.Fatal(err)
	}
	want := map[scanner.Target]int{{Proto: "udp", Addr: netip.MustParseAddrPort("192.0.2.2:8443")}: 1}
	if diff := cmp.Diff(want, f.asked, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}
