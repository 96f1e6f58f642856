package record

import "testing"

func TestEndpoint(t *testing.T) {
	for want, r := range map[string]Record{
		"tcp/0.0.0.0:5432":     {Proto: "tcp", Addr: "0.0.0.0", Port: 5432},
		"tcp/[::1]:80":         {Proto: "tcp", Addr: "::1", Port: 80},
		"udp/[fe80::1%eth0]:5": {Proto: "udp", Addr: "fe80::1%eth0", Port: 5},
		"tcp/80":               {Proto: "tcp", Port: 80},
	} {
		if got := r.Endpoint(); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

func TestWaits(t *testing.T) {
	for state, want := range map[string]bool{"listen": true, "bound": true, "established": false, "bound-inactive": false, "open": false, "": false} {
		if r := (Record{State: state}); r.Waits() != want {
			t.Errorf("%q: %v", state, !want)
		}
	}
}

// TestHolders: holders that are hidden and holders that were not asked for are
// both none.
func TestHolders(t *testing.T) {
	for _, r := range []Record{{}, {Processes: new([]Process)}, {Processes: &[]Process{}}} {
		if got := r.Holders(); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	}
	r := Record{Processes: &[]Process{{PID: 7}}}
	if got := r.Holders(); len(got) != 1 || got[0].PID != 7 {
		t.Errorf("%+v", got)
	}
}

// TestInNetNS: what is not known is no proof of another namespace.
func TestInNetNS(t *testing.T) {
	for _, test := range []struct {
		of, asked uint64
		want      bool
	}{{1, 1, true}, {1, 2, false}, {0, 2, true}, {1, 0, true}, {0, 0, true}} {
		if r := (Record{NetNS: test.of}); r.InNetNS(test.asked) != test.want {
			t.Errorf("%+v", test)
		}
	}
}

func TestStartedByAny(t *testing.T) {
	shell, other := Process{PID: 2}, Process{PID: 9}
	worker := Process{PID: 5, Parents: []Parent{{PID: 3}, {PID: 2}, {PID: 1}}}
	if !worker.StartedByAny([]Process{other, shell}) {
		t.Error("a grandparent is not among those that started it")
	}
	if worker.StartedByAny([]Process{other, worker}) || worker.StartedByAny(nil) {
		t.Error("started by itself, or by another")
	}
}

// TestAdd checks how the summaries of two shards of one scan become one.
func TestAdd(t *testing.T) {
	counts := ScanCounts{Targets: 4, Probes: 10, Open: 1, Closed: 2, Filtered: 3, OpenFiltered: 4, ClosedFiltered: 7, Middlebox: 5, Unknown: 6, Down: 1, Unresolved: 1}
	counts.Add(counts)
	if want := (ScanCounts{Targets: 4, Probes: 20, Open: 2, Closed: 4, Filtered: 6, OpenFiltered: 8, ClosedFiltered: 14, Middlebox: 10, Unknown: 12, Down: 2, Unresolved: 1}); counts != want {
		t.Errorf("%+v", counts)
	}
	stats := ScanStats{Attempts: 10, Loss: 0.5, SlowestRate: 3}
	stats.Add(ScanStats{Attempts: 30, Retries: 1, Late: 2, LocalErrors: 3, TimedOut: 4, Slowed: 5, Loss: 0.1, PathRate: 1800, SlowestRate: 2})
	if want := (ScanStats{Attempts: 40, Retries: 1, Late: 2, LocalErrors: 3, TimedOut: 4, Slowed: 5, Loss: 0.2, PathRate: 1800, SlowestRate: 2}); stats != want {
		t.Errorf("%+v", stats)
	}
}

// TestDiffCount checks that every change is counted once.
func TestDiffCount(t *testing.T) {
	var n DiffCounts
	for i, what := range []string{ChangeOpened, ChangeClosed, ChangeOwner, ChangeExposure, ChangeReach, ChangeState, ChangeService} {
		n.Count(Record{Change: &Change{What: what}})
		if n.Changes() != i+1 {
			t.Errorf("%s is not counted: %+v", what, n)
		}
	}
}

// TestNetNSText checks that a network namespace is never without a name if anything is
// known of it, and that an inode is no name that survives a restart.
func TestNetNSText(t *testing.T) {
	for _, test := range []struct {
		of           Record
		text, stable string
	}{
		{Record{NetNS: 9, NetNSName: "blue"}, "blue", "blue"},
		{Record{NetNS: 9}, "net:9", ""},
		{Record{NetNS: 9, NetNSName: "net:9"}, "net:9", ""},
		{Record{NetNS: 9, NetNSName: "pid:812", Container: "docker:web"}, "pid:812", "docker:web"},
		{Record{}, "", ""},
	} {
		if text, stable := test.of.NetNSText(), test.of.StableNetNS(); text != test.text || stable != test.stable {
			t.Errorf("%q and %q, want %q and %q", text, stable, test.text, test.stable)
		}
	}
}

// TestReachWords says who gets through in the words of changes.
func TestReachWords(t *testing.T) {
	many := []string{"10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16", "10.4.0.0/16"}
	for want, r := range map[string]*Reach{
		"":          {Verdict: ReachUnknown, Why: "a queue to a program"},
		"everyone":  {Verdict: ReachAccept},
		"nobody":    {Verdict: ReachReject},
		"some":      {Verdict: ReachPartly},
		"IPv6 only": {Verdict: ReachPartly, From: []string{"::/0"}},
		"only 10.0.0.0/16, 10.1.0.0/16, 10.2.0.0/16, 10.3.0.0/16 and 3 more by eth0": {Verdict: ReachPartly, From: many, More: 2, Interfaces: []string{"eth0"}},
		"all but 192.0.2.1 to 198.18.0.1":                                            {Verdict: ReachPartly, Except: []string{"192.0.2.1"}, To: []string{"198.18.0.1"}},
	} {
		if got := r.Words(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := (*Reach)(nil).Words(); got != "" {
		t.Errorf("of nothing: %q", got)
	}
}

// TestInNetNSNamed checks which sockets are taken for those of a network namespace.
func TestInNetNSNamed(t *testing.T) {
	for _, test := range []struct {
		of   Record
		in   uint64
		want bool
	}{
		{Record{NetNS: 4}, 4, true}, {Record{NetNS: 4}, 5, false}, {Record{NetNS: 4}, 0, true}, {Record{}, 4, true},
		{Record{NetNSName: "pid:812"}, 4, false}, {Record{NetNSName: "pid:812"}, 0, false}, {Record{NetNS: 4, NetNSName: "blue"}, 4, true},
	} {
		if got := test.of.InNetNS(test.in); got != test.want {
			t.Errorf("%+v in %d: %v", test.of, test.in, got)
		}
	}
}
