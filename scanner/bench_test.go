package scanner

import (
	"context"
	"net/netip"
	"testing"
)

// BenchmarkScanLoopback asks every TCP port of loopback, of which nearly all
// refuse: the cost per probe of the engine itself.
func BenchmarkScanLoopback(b *testing.B) {
	for name, e := range engines() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s := Scanner{engine: e}
				for r, err := range s.Scan(context.Background(), everyPort(netip.MustParseAddr("127.0.0.1"), "tcp")) {
					if err != nil || r.State == StateUnknown {
						b.Fatal(r, err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/65535, "ns/probe")
		})
	}
}

// BenchmarkScanOverhead is what Scan itself adds to each probe: pulling the
// target and carrying the verdict to the loop.
func BenchmarkScanOverhead(b *testing.B) {
	b.ReportAllocs()
	n := 0
	endless := func(yield func(Target) bool) {
		for n = 0; n < b.N && yield(Target{Proto: "tcp", Addr: netip.AddrPortFrom(netip.IPv6Loopback(), 1)}); n++ {
		}
	}
	s := Scanner{engine: recorder{new(config)}}
	for range s.Scan(context.Background(), endless) {
	}
}
