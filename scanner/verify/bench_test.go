package verify

import (
	"context"
	"io"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// BenchmarkMany is what it takes to verify ports that answer at once: one that
// greets, one that is asked for a page and one that is asked for a word.
func BenchmarkMany(b *testing.B) {
	v := Verifier{LateMailOnly: true}
	v.Dial = func(_ context.Context, _, address string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			switch netip.MustParseAddrPort(address).Port() {
			case 22:
				io.WriteString(theirs, "SSH-2.0-OpenSSH_9.2p1\r\n")
			case 80:
				theirs.Read(make([]byte, 512))
				io.WriteString(theirs, "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi")
			default:
				theirs.Read(make([]byte, 512))
				io.WriteString(theirs, "-NOAUTH Authentication required.\r\n")
			}
		}()
		return ours, nil
	}
	targets := manyTargets(22, 80, 6379)
	for i := range targets {
		targets[i].RTT = time.Millisecond
	}
	b.ReportAllocs()
	for b.Loop() {
		for s, err := range v.VerifyAll(b.Context(), slices.Values(targets)) {
			if err != nil || s.Outcome != OutcomeIdentified {
				b.Fatalf("%v is %v: %v", s.Target.Addr, s.Outcome, err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(targets)), "ns/port")
}
