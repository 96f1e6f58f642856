package netlab

import (
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkRelay floods the target with small datagrams and reports how many
// packets the relay carries each second, both ways together: to a dead address
// (one way, nothing but the relay) and to a port that echoes.
func BenchmarkRelay(b *testing.B) {
	for _, c := range []struct {
		name string
		cfg  Config
		to   string
	}{
		{"one way", Config{Alive: []netip.Addr{netip.MustParseAddr("198.18.0.1")}}, "198.18.0.2:9"},
		{"one way, 10 ms", Config{Delay: 10 * time.Millisecond, Alive: []netip.Addr{netip.MustParseAddr("198.18.0.1")}}, "198.18.0.2:9"},
		{"echo, 10 ms", Config{Delay: 10 * time.Millisecond}, "198.18.0.1:7"},
		{"echo, 25 ms, 3% loss, 10% held back", Config{Delay: 25 * time.Millisecond, Loss: .03, Reorder: .1}, "198.18.0.1:7"},
	} {
		b.Run(c.name, func(b *testing.B) {
			lab := Require(b, c.cfg)
			if err := lab.Target().Respond(nil, netip.MustParseAddrPort("198.18.0.1:7")); err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			if err := lab.Scanner().Do(func() error { return flood(netip.MustParseAddrPort(c.to), b.N) }); err != nil {
				b.Fatal(err)
			}
			stats := drained(b, lab, uint64(b.N))
			carried := stats.ToTarget.Delivered + stats.ToScanner.Delivered
			b.ReportMetric(float64(carried)/b.Elapsed().Seconds(), "packets/s")
			b.ReportMetric(float64(stats.ToTarget.Missed+stats.ToScanner.Missed)/float64(b.N), "missed/op")
			b.ReportMetric(float64(stats.ToTarget.MeanLate.Microseconds()), "us-late/op")
		})
	}
}

// flood sends count datagrams as fast as one thread can.
func flood(to netip.AddrPort, count int) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}); err != nil {
		return err
	}
	probe := make([]byte, 12) // with its headers as long as a RST
	for range count {
		if _, err := unix.Write(fd, probe); err != nil {
			return err
		}
	}
	return nil
}

// drained waits until the relay has met all packets that were sent to the
// target and none is on the way, and returns the counters.
func drained(tb testing.TB, lab *Lab, sent uint64) Stats {
	tb.Helper()
	for {
		stats, err := lab.Stats()
		if err != nil {
			tb.Fatal(err)
		}
		if stats.ToTarget.Packets+stats.ToTarget.Missed >= sent && stats.ToTarget.Waiting() == 0 && stats.ToScanner.Waiting() == 0 {
			return stats
		}
		time.Sleep(time.Millisecond)
	}
}
