package sockets

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	psnet "github.com/shirou/gopsutil/v3/net"
	"github.com/shirou/gopsutil/v3/process"
)

// BenchmarkList lists this machine with 40 more processes and 400 more
// listeners.
func BenchmarkList(b *testing.B) {
	startHolders(b)
	for name, l := range map[string]*Lister{
		"listeners": {}, "all": {All: true}, "rows only": {NoProcess: true},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				list(b, l)
			}
		})
	}
}

// BenchmarkBesideGopsutil takes the same from gopsutil the plain way, in turns
// with List, and reports the median of the ratios: single times mean little on
// a busy machine.
func BenchmarkBesideGopsutil(b *testing.B) {
	startHolders(b)
	timed := func(work func()) float64 {
		start := time.Now()
		work()
		return time.Since(start).Seconds()
	}
	ours := func() { list(b, &Lister{}) }
	plain := func() { plainGopsutil(b) }
	var ratios []float64
	for b.Loop() {
		first := timed(ours)
		ratios = append(ratios, first/timed(plain))
		second := timed(plain)
		ratios = append(ratios, timed(ours)/second)
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "x-gopsutil")
}

func startHolders(b *testing.B) {
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	for range 40 {
		startHelper(b, self, "hold")
	}
}

// plainGopsutil reads the table, then the details of each process once.
func plainGopsutil(b *testing.B) {
	conns, err := psnet.ConnectionsWithoutUidsWithContext(b.Context(), "inet")
	if err != nil {
		b.Fatal(err)
	}
	known := make(map[int32]bool)
	for _, c := range conns {
		if known[c.Pid] || c.Pid == 0 {
			continue
		}
		known[c.Pid] = true
		p, err := process.NewProcessWithContext(b.Context(), c.Pid)
		if err != nil {
			continue
		}
		p.NameWithContext(b.Context())
		p.ExeWithContext(b.Context())
		p.CmdlineSliceWithContext(b.Context())
		p.UsernameWithContext(b.Context())
		p.CreateTimeWithContext(b.Context())
	}
}

// BenchmarkRows is the work above gopsutil's: 50,000 connections, 1,000
// listeners, one holder each of 500 processes.
func BenchmarkRows(b *testing.B) {
	var lines []psnet.ConnectionStat
	for i := range 50000 {
		lines = append(lines, line(tcp, false, addr("198.18.0.1", 443), addr("198.18.0.2", uint32(i+1)), "ESTABLISHED", int32(i%500+1)))
	}
	for i := range 1000 {
		lines = append(lines, line(tcp, true, addr("::", uint32(i+1)), addr("::", 0), "LISTEN", int32(i%500+1)))
	}
	for _, all := range []bool{false, true} {
		b.Run(fmt.Sprintf("all=%v", all), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := (gopsutil{connections: table(lines...)}).rows(b.Context(), want{all: all, holders: true}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
