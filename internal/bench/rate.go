//go:build linux

package main

import (
	"flag"
	"fmt"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"porthole/internal/netlab"
)

// rateSpan is for how long a rate is held. What a scan takes to begin and to end
// is a few parts in a thousand of it.
const rateSpan = 3 * time.Second

// timedScan is a scan whose duration was asked for: by a rate or by a host's
// timeout.
type timedScan struct {
	scanCase
	flag, value string
	rate        float64       // attempts per second asked for, or
	host        time.Duration // the time for the host
}

// timedScans holds every rate and a host's timeout, here and across a network.
func timedScans() []timedScan {
	loopback := scanCase{name: "loopback", setup: nothingOpen, targets: "127.0.0.1", inside: true}
	across := scanCase{name: "20 ms RTT", config: netlab.Config{Delay: wan}, setup: nothingOpen, targets: "198.18.0.1"}
	silent := scanCase{name: "20 ms RTT, all dropped", config: netlab.Config{Delay: wan}, setup: dropEverything, targets: "198.18.0.1", ports: "1-10000"}
	var all []timedScan
	for _, c := range []scanCase{loopback, across} {
		for _, rate := range []int{100, 1000, 20000} {
			c.ports = fmt.Sprintf("1-%d", rate*int(rateSpan.Seconds()))
			all = append(all, timedScan{scanCase: c, flag: "--rate", value: fmt.Sprint(rate), rate: float64(rate)})
		}
	}
	const host = 2 * time.Second
	return append(all, timedScan{scanCase: silent, flag: "--host-timeout", value: host.String(), host: host})
}

func benchRate(args []string) error {
	flags := flag.NewFlagSet("rate", flag.ContinueOnError)
	write := flags.Bool("write", false, "write the table into docs/performance.md")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "porthole-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := buildBoth(dir); err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString(machine() + "| network | engine | asked | attempts | s | reached | off by |\n|---|---|---|---|---|---|---|\n")
	for _, t := range timedScans() {
		for _, engine := range []string{"porthole", "portable"} {
			fmt.Fprintf(os.Stderr, "%s, %s %s, %s\n", t.name, t.flag, t.value, engine)
			line, err := t.measure(filepath.Join(dir, engine))
			if err != nil {
				return fmt.Errorf("%s, %s %s: %w", t.name, t.flag, t.value, err)
			}
			fmt.Fprintf(&b, "| %s | %s | `%s %s` | %s |\n", t.name, engine, t.flag, t.value, line)
		}
	}
	fmt.Print(b.String())
	if *write {
		return writeSection("rate", b.String())
	}
	return nil
}

// measure runs the scan and says what it took, beside what was asked for. The
// first attempt leaves at once, and the last is waited for after it has left.
func (t timedScan) measure(binary string) (string, error) {
	argv := append(t.porthole(binary, 1), t.flag, t.value)
	_, out, _, _, err := once(t.scanCase, portholeLimit, argv)
	if err != nil {
		return "", err
	}
	for r := range records(out) {
		if r.Kind != "summary" {
			continue
		}
		took := time.Duration(r.Elapsed * float64(time.Millisecond))
		if t.rate == 0 {
			return fmt.Sprintf("%d | %.3f | %.3f s | %+.1f%%", r.Attempts, took.Seconds(), took.Seconds(), off(took.Seconds(), t.host.Seconds())), nil
		}
		reached := float64(r.Attempts-1) / (took - 2*t.config.Delay).Seconds()
		return fmt.Sprintf("%d | %.3f | %.*f/s | %+.1f%%", r.Attempts, took.Seconds(), max(0, 3-int(math.Log10(reached))), reached, off(reached, t.rate)), nil
	}
	return "", fmt.Errorf("no summary in %q", out)
}

// off is by how many percent got is off want.
func off(got, want float64) float64 { return 100 * (got/want - 1) }

func dropEverything(lab *netlab.Lab) ([]netip.AddrPort, error) {
	return nil, lab.Target().Nft(netlab.FilterExcept("tcp", netlab.Drop))
}
