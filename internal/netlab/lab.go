// Package netlab makes hosts to scan: two network namespaces of its own, a
// scanner side and a target side, joined by a link with a delay, random loss
// and reordering.
//
// Start with [Require] in a test, or with [New] elsewhere:
//
//	lab := netlab.Require(t, netlab.Config{Delay: 10 * time.Millisecond, Loss: 0.03, Seed: 1})
//	open := netlab.PickPorts(200, 1)
//	err := lab.Target().Listen(netlab.OnPorts(netip.MustParseAddr("198.18.0.1"), open...)...)
//	…
//	out, err := lab.Scanner().Command("nmap", "-n", "-Pn", "-sT", "-p-", "198.18.0.1").Output()
//
// Each side has one TUN device, "wan", and a loopback of its own. A relay in
// this process carries packets from the one TUN device to the other, because
// many kernels lack the netem queue discipline. [Lab.Ethernet] makes them
// neighbours as well. The target answers for every
// address of [Config.Targets] as itself: with a plain Config each port of
// 198.18.0.0/16 and of 2001:db8::/64 is closed until [Namespace.Listen],
// [Namespace.Respond] or [Namespace.Nft] says otherwise.
//
// What it promises:
//   - Nothing leaves. Neither side has a default route, nor a link to another
//     namespace than through the relay; an address outside is ENETUNREACH.
//   - Nothing outside changes. Links, routes, rules and sysctls are set only
//     inside the two namespaces.
//   - Nothing stays. The namespaces have no name and live by file descriptors
//     of this process: [Lab.Close], or the end of the process however sudden,
//     removes them with their devices, routes and rules. Only a process that
//     was started inside and still runs keeps its namespace, without a link.
//
// It needs Linux, root, /dev/net/tun, and Debian's iproute2, nftables and
// util-linux; where one is missing [New] fails with an [UnavailableError].
//
// The relay lives in this process: what is measured should run in another, and
// this one wait for it. [Lab.Stats] says by how much the relay was late and
// whether it was too slow, as on a machine that others use too.
//
// A namespace belongs to a thread, not to a goroutine: code that starts
// goroutines of its own, such as a scanner, must run in a process of its own
// ([Namespace.Command], [Namespace.RunTest]) and not in [Namespace.Do].
package netlab

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

// UnavailableError says why this machine, or this user, can have no lab. It is
// an [errors.ErrUnsupported].
type UnavailableError struct {
	Reason string // what is missing and what would provide it
}

func (e *UnavailableError) Error() string { return "no network lab here: " + e.Reason }

// Is reports whether target is [errors.ErrUnsupported].
func (e *UnavailableError) Is(target error) bool { return target == errors.ErrUnsupported }

// Lab is a scanner side and a target side with the link between them.
type Lab struct {
	cfg             Config
	scanner, target *Namespace
	relay           *relay
	close           func() error // runs once
}

// New makes a lab as cfg describes, ready for traffic. It fails with an
// [UnavailableError] where there can be none, and with a plain error if cfg is
// out of its ranges or a step fails; then nothing is left behind.
func New(cfg Config) (*Lab, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, fmt.Errorf("netlab: %w", err)
	}
	if err := available(); err != nil {
		return nil, err
	}
	lab := &Lab{cfg: cfg}
	lab.close = sync.OnceValue(lab.tearDown)
	if err := lab.build(cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("netlab: %w", err), lab.Close())
	}
	return lab, nil
}

// Require returns a lab that is closed when the test ends. Where there can be
// none it skips the test with the reason.
func Require(t testing.TB, cfg Config) *Lab {
	t.Helper()
	lab, err := New(cfg)
	if reason, ok := errors.AsType[*UnavailableError](err); ok {
		t.Skip(reason)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := lab.Close(); err != nil {
			t.Errorf("closing the lab: %v", err)
		}
	})
	return lab
}

// build makes both sides and starts the relay between them.
func (l *Lab) build(cfg Config) (err error) {
	v6 := haveIPv6()
	if l.scanner, err = newNamespace("scanner", scannerAddrs(v6)); err != nil {
		return err
	}
	if l.target, err = newNamespace("target", targetAddrs(v6)); err != nil {
		return err
	}
	if l.relay, err = newRelay(cfg, l.scanner, l.target); err != nil {
		return err
	}
	if err := l.scanner.configure(scannerLinks(cfg, v6), scannerSysctls(v6), nil); err != nil {
		return err
	}
	if err := l.target.configure(targetLinks(cfg, v6), targetSysctls(v6), cfg.Alive); err != nil {
		return err
	}
	l.relay.start()
	return nil
}

// Close ends the relay and the listeners and gives up both namespaces. It
// waits until that is done; packets on the way are lost. Only the first call
// does anything, later ones return its error.
func (l *Lab) Close() error { return l.close() }

func (l *Lab) tearDown() error {
	var errs []error
	if l.relay != nil {
		errs = append(errs, l.relay.close())
	}
	for _, side := range []*Namespace{l.scanner, l.target} {
		if side != nil {
			errs = append(errs, side.close())
		}
	}
	return errors.Join(errs...)
}

// Scanner is the side to scan from.
func (l *Lab) Scanner() *Namespace { return l.scanner }

// Target is the side that holds every address of [Config.Targets].
func (l *Lab) Target() *Namespace { return l.target }

// Stats says what the link has done since [New].
type Stats struct {
	ToTarget, ToScanner Flow
}

// Flow counts one direction of the link.
type Flow struct {
	Packets   uint64 // taken from the sending side
	Bytes     uint64 // their IP length
	Delivered uint64 // handed to the receiving side
	Lost      uint64 // dropped by Config.Loss
	Reordered uint64 // held back by Config.Reorder

	// Overruns and Missed count what no Config asked for: packets that the
	// relay had no room for or could not hand over, and those, not in Packets,
	// that the sending kernel threw away because the relay was too slow to
	// take them. A measurement counts only if both are 0.
	Overruns, Missed uint64

	// MeanLate and WorstLate say by how much deliveries came after their due
	// time, because the relay had no processor.
	MeanLate, WorstLate time.Duration
}

// Waiting is how many of the Packets are still on the way.
func (f Flow) Waiting() uint64 { return f.Packets - f.Delivered - f.Lost - f.Overruns }

// Stats returns the counters of the link, which goes on meanwhile.
func (l *Lab) Stats() (Stats, error) {
	stats := l.relay.stats()
	for _, side := range []struct {
		from *Namespace
		flow *Flow
	}{{l.scanner, &stats.ToTarget}, {l.target, &stats.ToScanner}} {
		drops, err := side.from.sendDrops()
		if err != nil {
			return stats, fmt.Errorf("netlab: counters of the %s side: %w", side.from.name, err)
		}
		side.flow.Missed = drops
	}
	return stats, nil
}
