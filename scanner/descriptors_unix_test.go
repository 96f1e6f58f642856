//go:build unix

package scanner

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"testing"
)

// The environment of this test binary, started again, when it is to scan with
// few descriptors instead of running tests.
const (
	childEnv     = "PORTHOLE_TEST_FEW_DESCRIPTORS" // the name of the engine
	childCrowded = childEnv + "_CROWDED"           // "true" for more in flight than fit
	childMute    = childEnv + "_MUTE"              // a UDP address that never answers
)

const (
	fewDescriptors = 64  // RLIMIT_NOFILE of the child
	muteAsked      = 200 // times the child asks the mute address, each with a socket for a while
)

// childVerdicts is what the child found.
type childVerdicts struct {
	Open     []uint16       // TCP ports
	TCP, UDP map[string]int // verdicts by state
	Requeued int            // UDP attempts beyond the first and its retries
}

// TestDescriptorsRunOut scans every port that a listener on port 0 can get
// with 64 descriptors, once with as many probes in flight as fit and once with
// far more: every open port is found all the same, and no verdict comes from
// the lack.
func TestDescriptorsRunOut(t *testing.T) {
	if testing.Short() {
		t.Skip("scans half the ports of loopback twice for each engine")
	}
	first, last := ephemeralPorts()
	asked := int(last) - int(first) + 1
	addr := netip.MustParseAddr("127.0.0.1")
	open := make(map[uint16]bool)
	for range 30 {
		open[openTCP(t, addr).Port()] = true
	}
	mute := openUDP(t, addr, func([]byte) []byte { return nil })
	for name := range engines() {
		for _, crowded := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/crowded %v", name, crowded), func(t *testing.T) {
				got := scanInChild(t, childEnv+"="+name, childCrowded+"="+strconv.FormatBool(crowded), childMute+"="+mute.String())
				for port := range open {
					if !slices.Contains(got.Open, port) {
						t.Errorf("open port %d was missed", port)
					}
				}
				if n := got.TCP["open"] + got.TCP["closed"]; n != asked {
					t.Errorf("%d of %d ports are open or closed: %v", n, asked, got.TCP)
				}
				if got.UDP["open|filtered"] != muteAsked {
					t.Errorf("%d times silence on UDP became %v", muteAsked, got.UDP)
				}
				if crowded && got.Requeued == 0 {
					t.Error("the limit was never met: this proves nothing")
				}
			})
		}
	}
}

// scanInChild runs scanWithFewDescriptors in a process of its own.
func scanInChild(t *testing.T, env ...string) childVerdicts {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the child: %v", err)
	}
	var got childVerdicts
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("the child wrote %q: %v", out, err)
	}
	return got
}

// scanWithFewDescriptors is the child: it writes what it found to stdout.
func scanWithFewDescriptors() error {
	limit := syscall.Rlimit{Cur: fewDescriptors, Max: fewDescriptors}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	e, ok := engines()[os.Getenv(childEnv)]
	if !ok {
		return fmt.Errorf("no engine %q", os.Getenv(childEnv))
	}
	if os.Getenv(childCrowded) == "true" {
		e = crowded{e}
	}
	mute, err := netip.ParseAddrPort(os.Getenv(childMute))
	if err != nil {
		return err
	}

	got := childVerdicts{TCP: make(map[string]int), UDP: make(map[string]int)}
	tcp := &Scanner{Timeout: longTimeout, engine: e}
	first, last := ephemeralPorts()
	for r, err := range tcp.Scan(context.Background(), portRange(mute.Addr(), "tcp", int(first), int(last))) {
		if err != nil {
			return err
		}
		got.TCP[r.State.String()]++
		if r.State == StateOpen {
			got.Open = append(got.Open, r.Addr.Port())
		}
	}
	udp := &Scanner{Timeout: shortTimeout, Attempts: 1, engine: e}
	for r, err := range udp.Scan(context.Background(), targets("udp", slices.Repeat([]netip.AddrPort{mute}, muteAsked)...)) {
		if err != nil {
			return err
		}
		got.UDP[r.State.String()]++
		got.Requeued += r.Attempts - 1
	}
	return json.NewEncoder(os.Stdout).Encode(got)
}

// crowded is an engine that was given more in flight than fits.
type crowded struct{ engine }

func (e crowded) start(sc *scan) (session, error) {
	sc.cfg.concurrency = 8 * fewDescriptors
	return e.engine.start(sc)
}
