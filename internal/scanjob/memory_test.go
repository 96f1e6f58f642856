package scanjob

import (
	"context"
	"iter"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"porthole/internal/record"
	"porthole/scanner"
)

// livingNetwork is an engine whose every address is alive and every port open, and
// that remembers nothing.
type livingNetwork struct{}

func (livingNetwork) Discover(_ context.Context, how scanner.Discovery, addresses iter.Seq2[string, netip.Addr]) iter.Seq2[scanner.HostStatus, error] {
	return func(yield func(scanner.HostStatus, error) bool) {
		for host, addr := range addresses {
			h := scanner.HostStatus{Host: host, Addr: addr, Alive: true, Asked: len(how.TCP)}
			h.Evidence.Reason = scanner.ReasonEchoReply
			if !yield(h, nil) {
				return
			}
		}
		if how.AllAsked != nil {
			how.AllAsked(0)
		}
	}
}

func (livingNetwork) Scan(_ context.Context, targets iter.Seq[scanner.Target]) iter.Seq2[scanner.Result, error] {
	return func(yield func(scanner.Result, error) bool) {
		for t := range targets {
			if !yield(scanner.Result{Target: t, State: scanner.StateOpen, Reason: scanner.ReasonSynAck, Attempts: 1, At: time.Now()}, nil) {
				return
			}
		}
	}
}

// noOutput keeps nothing, and looks at the memory when all but one address have been
// told of.
type noOutput struct {
	shown, last int
	heap        float64
}

func (o *noOutput) Write(*record.Record) error {
	if o.shown++; o.shown == o.last {
		o.heap = heap()
	}
	return nil
}

func (o *noOutput) Count(record.Verdict) {}

// heap is how many bytes are in use.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// TestLivingMemory scans a range of which every address is alive and has an open port.
// What an address of aliveHosts takes, times those of a /8, stays under 300 MB.
func TestLivingMemory(t *testing.T) {
	const addresses, most = 1 << 18, 300e6 / (1 << 24)
	for _, ports := range []string{"22", "20-22"} {
		c := config(t, "10.0.0.0/14", ports)
		c.Discover = DiscoverAlways
		before, found := heap(), 0.0
		c.Hooks.Stage = func(s Stage) {
			if s.Kind == StagePorts {
				found = heap()
			}
		}
		j, err := Prepare(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		j.newEngine = func(scanner.Scanner) engine { return livingNetwork{} }
		out := noOutput{last: addresses - 1}
		sum, err := j.Run(t.Context(), &out)
		after := out.heap
		if err != nil || sum.Alive != addresses || after == 0 {
			t.Fatalf("%v, %+v, %d shown", err, sum.ScanCounts, out.shown)
		}
		t.Logf("ports %s: %.1f bytes for each address when all were found, %.1f at the end", ports, (found-before)/addresses, (after-before)/addresses)
		if (found-before)/addresses > most || (after-before)/addresses > most {
			t.Errorf("more than %.1f bytes", most)
		}
	}
}
