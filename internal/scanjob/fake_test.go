package scanjob

import (
	"context"
	"errors"
	"iter"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"porthole/internal/hosts"
	"porthole/internal/record"
	"porthole/registry"
	"porthole/scanner"
	"porthole/scanner/verify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeNetwork is an engine without a network: an address is alive if its last
// byte is even, and a port is open if it is even.
type fakeNetwork struct {
	asked   map[scanner.Target]int // how often
	answers int
	stop    func() // called at the answer of that number
	stopAt  int
	silent  func(scanner.Target) bool // targets that do not answer; may be nil
	unable  func(scanner.Target) bool // targets that cannot be asked; may be nil
	open    atomic.Int64              // connections that were kept, see offer
	late    []netip.Addr              // that are down, and answer once all have a status
	gap     time.Duration             // before each of these answers
	rest    time.Duration             // in which they were said to be due
	link    []netip.Addr              // that answer ARP
	recent  map[netip.Addr]bool       // those of them that were asked lately; nil for all
}

// fakeNeighbours is the neighbour table of a fake network.
type fakeNeighbours struct{ *fakeNetwork }

func (f fakeNeighbours) Answered(_ context.Context, a netip.Addr) (scanner.Reason, error) {
	if slices.Contains(f.link, a) && (f.recent == nil || f.recent[a]) {
		return scanner.ReasonARP, nil
	}
	return scanner.ReasonNone, nil
}

func (fakeNeighbours) Close() {}

func newFakeNetwork() *fakeNetwork { return &fakeNetwork{asked: make(map[scanner.Target]int)} }

// answer counts an answer, and reports whether the scan goes on.
func (f *fakeNetwork) answer(ctx context.Context) bool {
	if f.answers++; f.stop != nil && f.answers == f.stopAt {
		f.stop()
	}
	return ctx.Err() == nil
}

func (f fakeScanner) Discover(ctx context.Context, how scanner.Discovery, addresses iter.Seq2[string, netip.Addr]) iter.Seq2[scanner.HostStatus, error] {
	return func(yield func(scanner.HostStatus, error) bool) {
		attempts := int64(0)
		defer func() { f.settings.Stats(scanner.Stats{Attempts: attempts}) }()
		for name, addr := range addresses {
			h := scanner.HostStatus{Host: name, Addr: addr, Alive: addr.AsSlice()[3]%2 == 0, Asked: len(how.TCP) + len(how.UDP)}
			h.Evidence.Reason = scanner.ReasonSynAck
			attempts++
			if !h.Alive {
				h.Evidence.Reason = scanner.ReasonNoResponse
			}
			f.asked[scanner.Target{Proto: "host", Addr: netip.AddrPortFrom(addr, 0)}]++
			if !yield(h, nil) {
				return
			}
			if !f.answer(ctx) {
				yield(scanner.HostStatus{}, ctx.Err())
				return
			}
		}
		if how.AllAsked == nil {
			return
		}
		how.AllAsked(f.rest)
		for _, addr := range f.late {
			time.Sleep(f.gap)
			h := scanner.HostStatus{Addr: addr, Alive: true, Asked: len(how.TCP) + len(how.UDP)}
			h.Evidence.Reason = scanner.ReasonEchoReply
			if !yield(h, nil) {
				return
			}
		}
	}
}

// fakeScanner is a fake network with the settings of one scan.
type fakeScanner struct {
	*fakeNetwork
	settings scanner.Scanner
}

func (f fakeScanner) Scan(ctx context.Context, targets iter.Seq[scanner.Target]) iter.Seq2[scanner.Result, error] {
	return func(yield func(scanner.Result, error) bool) {
		attempts := int64(0)
		defer func() { f.settings.Stats(scanner.Stats{Attempts: attempts}) }()
		for t := range targets {
			if f.silent != nil && f.silent(t) {
				if f.recent != nil {
					f.recent[t.Addr.Addr()] = true
				}
				attempts++
				f.asked[t]++
				state := scanner.StateFiltered
				if t.Proto == "udp" {
					state = scanner.StateOpenFiltered
				}
				if !yield(scanner.Result{Target: t, State: state, Reason: scanner.ReasonNoResponse, Attempts: 2, At: time.Now()}, nil) {
					return
				}
				continue
			}
			if f.unable != nil && f.unable(t) {
				if !yield(scanner.Result{Target: t, State: scanner.StateUnknown, Reason: scanner.ReasonLocalDenied, Attempts: 1, At: time.Now()}, nil) {
					return
				}
				continue
			}
			res := scanner.Result{Target: t, State: scanner.StateClosed, Reason: scanner.ReasonConnRefused, Attempts: 1, At: time.Now(), RTT: time.Millisecond}
			if t.Addr.Port()%2 == 0 {
				res.State, res.Reason = scanner.StateOpen, scanner.ReasonSynAck
				f.offer(f.settings.Keep, t.Addr)
			}
			attempts++
			f.asked[t]++
			if !yield(res, nil) {
				return
			}
			if !f.answer(ctx) {
				yield(scanner.Result{}, ctx.Err())
				return
			}
		}
	}
}

// fakeLink has the addresses of a fake network on a link that answer ARP there.
type fakeLink struct{ *fakeNetwork }

func (f fakeLink) OnLink(a netip.Addr) bool { return slices.Contains(f.link, a) }
func (fakeLink) Dead(uint64) time.Duration  { return 0 }

// noNames is a resolver that knows no name.
type noNames struct{}

func (noNames) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func (noNames) LookupAddr(_ context.Context, addr string) ([]string, error) {
	return nil, &net.DNSError{Err: "no such host", Name: addr, IsNotFound: true}
}

// deafNames is a resolver whose name server does not answer.
type deafNames struct{ noNames }

func (deafNames) LookupAddr(context.Context, string) ([]string, error) {
	return nil, &net.DNSError{Err: "timeout", IsTimeout: true}
}

// machine has a network of its own, so that no range that a test asks depends on the
// machine it runs on.
func machine() ([]hosts.Interface, error) {
	return []hosts.Interface{{Name: "lan0", Index: 7, Prefixes: []netip.Prefix{netip.MustParsePrefix("203.0.113.9/24"), netip.MustParsePrefix("fd00:9::9/64")}}}, nil
}

// config asks ports of targets.
func config(t *testing.T, targets, ports string) Config {
	t.Helper()
	services := new(registry.Registry)
	c := Config{Registry: services, Resolver: noNames{}, Interfaces: machine, Seed: new(uint64(7)), Show: []scanner.State{scanner.StateOpen}}
	var err error
	if c.Targets, err = hosts.Parse(targets); err != nil {
		t.Fatal(err)
	}
	if c.Ports, err = services.ParsePorts(ports, "tcp"); err != nil {
		t.Fatal(err)
	}
	return c
}

// prepare prepares a scan of a fake network.
func prepare(t *testing.T, c Config, f *fakeNetwork) *Job {
	t.Helper()
	j, err := Prepare(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	j.newEngine = func(s scanner.Scanner) engine { return fakeScanner{f, s} }
	j.newNeighbours = func() neighbourTable { return fakeNeighbours{f} }
	j.newLinkPace = func() linkPace { return fakeLink{f} }
	return j
}

// fakeVerifier finds ssh on every port, and nothing on those that end with 4.
type fakeVerifier struct {
	settings verify.Verifier
	asked    map[verify.Target]int
	reused   int           // of them, with the connection of the scan
	handed   chan struct{} // receives one for each answer that was handed on; may be nil
}

func (f *fakeVerifier) VerifyAll(ctx context.Context, targets iter.Seq[verify.Target]) iter.Seq2[verify.Service, error] {
	return func(yield func(verify.Service, error) bool) {
		for t := range targets {
			if t.Conn != nil {
				t.Conn.Close()
				t.Conn = nil
				f.reused++
			}
			f.asked[t]++
			s := verify.Service{Target: t, Outcome: verify.OutcomeIdentified, Protocol: "ssh", Product: "OpenSSH", Connections: 1}
			if t.Addr.Port()%10 == 4 {
				s = verify.Service{Target: t, Connections: 6}
			}
			if !yield(s, nil) {
				return
			}
			if f.handed != nil {
				f.handed <- struct{}{}
			}
		}
		if ctx.Err() != nil {
			yield(verify.Service{}, ctx.Err())
		}
	}
}

// outcomes is an Output that keeps records and counted verdicts by target.
type outcomes map[string]string

func (o outcomes) Write(r *record.Record) error {
	o[r.Endpoint()] = "shown " + r.State
	if r.Verified != nil {
		o[r.Endpoint()] += " " + r.Verified.Outcome
	}
	return nil
}

func (o outcomes) Count(v record.Verdict) {
	o[v.Proto+"/"+v.Addr.String()] = "counted " + v.State
}

var errFull = errors.New("no space left")

// fullOutput is an Output on a full disk.
type fullOutput struct{ record.List }

func (fullOutput) Write(*record.Record) error { return errFull }
