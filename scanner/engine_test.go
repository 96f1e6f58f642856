package scanner

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"

	"porthole/scanner/internal/payload"
)

// longTimeout is reached only if something is broken; shortTimeout is for ports that are
// known to stay silent.
const (
	longTimeout  = time.Minute
	shortTimeout = 50 * time.Millisecond
)

func TestEngines(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) { testEngine(t, e) })
	}
}

// testEngine is what every engine has to get right, on real sockets.
func testEngine(t *testing.T, e engine) {
	for name, addr := range loopbacks(t) {
		t.Run(name, func(t *testing.T) {
			t.Run("TCP", func(t *testing.T) { testTCP(t, e, addr) })
			t.Run("UDP", func(t *testing.T) { testUDP(t, e, addr) })
			t.Run("many ports", func(t *testing.T) { testManyPorts(t, e, addr) })
			t.Run("reset", func(t *testing.T) { testReset(t, e, addr) })
			t.Run("keep", func(t *testing.T) { testKeep(t, e, addr) })
			t.Run("full backlog", func(t *testing.T) { testFullBacklog(t, e, addr) })
		})
	}
	t.Run("mapped address", func(t *testing.T) { testMapped(t, e) })
	t.Run("answers elsewhere", func(t *testing.T) { testAnswersElsewhere(t, e) })
	t.Run("payload", func(t *testing.T) { testPayload(t, e) })
	t.Run("host timeout", func(t *testing.T) { testHostTimeout(t, e) })
	t.Run("stats", func(t *testing.T) { testStats(t, e) })
	t.Run("break", func(t *testing.T) { testBreak(t, e) })
	t.Run("cancel", func(t *testing.T) { testCancel(t, e) })
	t.Run("descriptors", func(t *testing.T) { testDescriptors(t, e) })
	t.Run("deadline", func(t *testing.T) { testDeadline(t, e) })
	t.Run("nothing to ask", func(t *testing.T) { testNothing(t, e) })
	t.Run("takes targets as it goes", func(t *testing.T) { testLazy(t, e) })
	t.Run("two scans at once", func(t *testing.T) { testTwoScans(t, e) })
}

func testTCP(t *testing.T, e engine, addr netip.Addr) {
	s := &Scanner{Timeout: longTimeout, engine: e}
	open, closed := openTCP(t, addr), closedTCP(t, addr)
	got := scanAll(t, s, func(yield func(Target) bool) {
		_ = yield(Target{"tcp", open, "open.test"}) && yield(Target{"tcp", closed, "closed.test"})
	})
	wantVerdict(t, got[open], StateOpen, ReasonSynAck)
	wantVerdict(t, got[closed], StateClosed, ReasonConnRefused)
	if got[open].Host != "open.test" || got[closed].Host != "closed.test" {
		t.Errorf("hosts are %q and %q, want those of the targets", got[open].Host, got[closed].Host)
	}
	if got[open].Attempts != 1 || got[closed].Attempts != 1 {
		t.Errorf("an answer took %d and %d attempts, want 1", got[open].Attempts, got[closed].Attempts)
	}
}

func testUDP(t *testing.T, e engine, addr netip.Addr) {
	echo := openUDP(t, addr, func(request []byte) []byte { return append(request, '!') })
	mute := openUDP(t, addr, func([]byte) []byte { return nil })
	empty := openUDP(t, addr, func([]byte) []byte { return []byte{} })
	long := openUDP(t, addr, func([]byte) []byte { return make([]byte, 3*answerRoom) })
	closed := closedUDP(t, addr)

	s := &Scanner{Timeout: longTimeout, engine: e}
	for _, open := range []netip.AddrPort{echo, empty, long} {
		wantVerdict(t, scanOne(t, s, "udp", open), StateOpen, ReasonUDPResponse)
	}
	wantVerdict(t, scanOne(t, s, "udp", closed), StateClosed, ReasonPortUnreach)

	s = &Scanner{Timeout: shortTimeout, Attempts: 3, engine: e}
	r := scanOne(t, s, "udp", mute)
	wantVerdict(t, r, StateOpenFiltered, ReasonNoResponse)
	if r.Attempts != 3 {
		t.Errorf("silence took %d attempts, want 3", r.Attempts)
	}
}

// testReset checks that an open connection ends with RST: a FIN, which is EOF
// at the far end, would leave TIME_WAIT here.
func testReset(t *testing.T, e engine, addr netip.Addr) {
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(addr, 0)))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ended := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			_, err = c.Read(make([]byte, 1))
			c.Close()
		}
		ended <- err
	}()
	wantVerdict(t, scanOne(t, &Scanner{Timeout: longTimeout, engine: e}, "tcp", l.Addr().(*net.TCPAddr).AddrPort()), StateOpen, ReasonSynAck)
	if err := <-ended; errors.Is(err, io.EOF) {
		t.Error("the connection was closed with FIN")
	}
}

// testKeep has connections kept, which then are the caller's, and refused, which
// end as without Keep.
func testKeep(t *testing.T, e engine, addr netip.Addr) {
	l, err := net.Listen("tcp", netip.AddrPortFrom(addr, 0).String())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	to := l.Addr().(*net.TCPAddr).AddrPort()
	for _, keep := range []bool{true, false} {
		var kept net.Conn
		s := &Scanner{Timeout: longTimeout, engine: e, Keep: func(at netip.AddrPort, conn net.Conn) bool {
			if at != to {
				t.Errorf("the connection offered is to %v, not %v", at, to)
			}
			if keep {
				kept = conn
			}
			return keep
		}}
		wantVerdict(t, scanOne(t, s, "tcp", to), StateOpen, ReasonSynAck)
		server, err := l.Accept()
		if !keep {
			if err == nil {
				_, err = server.Read(make([]byte, 1))
				server.Close()
			}
			if errors.Is(err, io.EOF) {
				t.Error("a connection that was refused was closed with FIN")
			}
			continue
		}
		if err != nil || kept == nil {
			t.Fatalf("kept %v, %v", kept, err)
		}
		testKept(t, kept, server)
	}
}

// testKept has both ends of a connection that was kept talk.
func testKept(t *testing.T, kept, server net.Conn) {
	defer server.Close()
	if got, want := kept.LocalAddr().String(), server.RemoteAddr().String(); got != want {
		t.Errorf("the local address is %v, not %v", got, want)
	}
	if got, want := kept.RemoteAddr().String(), server.LocalAddr().String(); got != want {
		t.Errorf("the remote address is %v, not %v", got, want)
	}
	kept.SetReadDeadline(time.Now().Add(-time.Second))
	_, late := kept.Read(make([]byte, 1))
	if _, ok := errors.AsType[net.Error](late); !ok || !errors.Is(late, os.ErrDeadlineExceeded) {
		t.Errorf("after the deadline: %v, which is a net.Error: %v", late, ok)
	}
	kept.SetReadDeadline(time.Time{})
	in := make([]byte, 2)
	_, err := io.WriteString(server, "hi")
	_, err2 := io.ReadFull(kept, in)
	if _, err3 := kept.Write(in); errors.Join(err, err2, err3) != nil || string(in) != "hi" {
		t.Errorf("read %q: %v", in, errors.Join(err, err2, err3))
	}
	if err := kept.Close(); err != nil {
		t.Error(err)
	}
	if all, err := io.ReadAll(server); string(all) != "hi" || err != nil {
		t.Errorf("the server read %q to the end: %v", all, err)
	}
}

// testManyPorts asks a few thousand ports, among them some that are known to
// be open and to be closed. Others may have a listener of another program.
func testManyPorts(t *testing.T, e engine, addr netip.Addr) {
	known := make(map[netip.AddrPort]verdict)
	first := 65535
	for range 40 {
		known[openTCP(t, addr)] = verdict{StateOpen, ReasonSynAck}
		known[closedTCP(t, addr)] = verdict{StateClosed, ReasonConnRefused}
	}
	for a := range known {
		first = min(first, int(a.Port()))
	}
	last := min(first+4000, 65535)
	asked := func(yield func(Target) bool) {
		for target := range portRange(addr, "tcp", first, last) {
			if _, twice := known[target.Addr]; !twice && !yield(target) {
				return
			}
		}
		for a := range known {
			if !yield(Target{Proto: "tcp", Addr: a}) {
				return
			}
		}
	}
	got := scanAll(t, &Scanner{Timeout: longTimeout, engine: e}, asked)
	for a, want := range known {
		wantVerdict(t, got[a], want.state, want.reason)
	}
	for a, r := range got {
		if r.State != StateOpen && r.State != StateClosed {
			t.Errorf("%v is %v/%v: %v", a, r.State, r.Reason, r.Err)
		}
	}
	for port := first; port <= last; port++ {
		if _, ok := got[netip.AddrPortFrom(addr, uint16(port))]; !ok {
			t.Errorf("port %d has no verdict", port)
		}
	}
}

// testFullBacklog meets real silence: a listener whose queue is full drops
// what comes.
func testFullBacklog(t *testing.T, e engine, addr netip.Addr) {
	silent := fullBacklog(t, addr)
	for _, c := range []struct{ asked, want int }{{1, 1}, {0, DefaultAttempts}, {4, 4}} {
		r := scanOne(t, &Scanner{Timeout: shortTimeout, Attempts: c.asked, engine: e}, "tcp", silent)
		wantVerdict(t, r, StateFiltered, ReasonNoResponse)
		if r.Attempts != c.want {
			t.Errorf("attempts %d: %d were made, want %d", c.asked, r.Attempts, c.want)
		}
	}
}

// testMapped asks an IPv4 address written as an IPv6 one.
func testMapped(t *testing.T, e engine) {
	open := openTCP(t, netip.MustParseAddr("127.0.0.1"))
	mapped := netip.AddrPortFrom(netip.AddrFrom16(open.Addr().As16()), open.Port())
	wantVerdict(t, scanOne(t, &Scanner{Timeout: longTimeout, engine: e}, "tcp", mapped), StateOpen, ReasonSynAck)
}

// testAnswersElsewhere has a server that answers from another port, as TFTP
// does. Only a port that is known to do so is open by that, and only by an
// answer from its own host.
func testAnswersElsewhere(t *testing.T, e engine) {
	for _, c := range []struct {
		name  string
		back  string // where the answer comes from
		known bool
		want  verdict
	}{
		{"known", "127.0.0.1:0", true, verdict{StateOpen, ReasonUDPResponse}},
		{"not known", "127.0.0.1:0", false, verdict{StateOpenFiltered, ReasonNoResponse}},
		{"a stranger", "127.0.0.2:0", true, verdict{StateOpenFiltered, ReasonNoResponse}},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := answerFrom(t, c.back)
			cfg := config{
				concurrency:      1,
				timeout:          time.Second,
				retries:          1,
				payload:          payload.Requests(),
				answersElsewhere: func(port uint16) bool { return c.known && port == server.Port() },
			}
			if c.want.silence() {
				cfg.timeout = shortTimeout
			}
			got := runEngine(t, e, cfg, Target{Proto: "udp", Addr: server})
			wantVerdict(t, got[0], c.want.state, c.want.reason)
		})
	}
}

// testHostTimeout has a host that answers on one port and is silent on another,
// for which each attempt would wait for much longer than the host is given. TCP
// and UDP are one host, and another host has a time of its own.
func testHostTimeout(t *testing.T, e engine) {
	addr, other := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")
	mute := openUDP(t, addr, func([]byte) []byte { return nil })
	open, closed, elsewhere := openTCP(t, addr), closedTCP(t, addr), openTCP(t, other)
	var stats Stats
	// The third target is due when the time of the first two is up.
	s := &Scanner{Timeout: time.Hour, HostTimeout: 15 * shortTimeout, Rate: 2, engine: e, Stats: func(st Stats) { stats = st }}
	got := make(map[Target]Result)
	for r, err := range s.Scan(context.Background(), func(yield func(Target) bool) {
		_ = yield(Target{Proto: "tcp", Addr: open}) && yield(Target{Proto: "udp", Addr: mute}) &&
			yield(Target{Proto: "tcp", Addr: closed}) && yield(Target{Proto: "tcp", Addr: elsewhere})
	}) {
		if err != nil {
			t.Fatal(err)
		}
		got[r.Target] = r
	}
	wantVerdict(t, got[Target{Proto: "tcp", Addr: open}], StateOpen, ReasonSynAck)
	wantVerdict(t, got[Target{Proto: "tcp", Addr: elsewhere}], StateOpen, ReasonSynAck)
	unasked, unheard := got[Target{Proto: "tcp", Addr: closed}], got[Target{Proto: "udp", Addr: mute}]
	for _, r := range []Result{unasked, unheard} {
		if r.State != StateUnknown || r.Reason != ReasonNone || !errors.Is(r.Err, ErrHostTimeout) {
			t.Errorf("%s %v is %v/%v (%v), want unknown since the time is up", r.Proto, r.Addr, r.State, r.Reason, r.Err)
		}
	}
	if unasked.Attempts != 0 {
		t.Errorf("%d attempts after the time was up", unasked.Attempts)
	}
	if stats.TimedOut != 2 || stats.Unresolved != 2 {
		t.Errorf("the stats are %+v, want 2 timed out", stats)
	}
}

// testStats checks the account of a scan.
func testStats(t *testing.T, e engine) {
	addr := netip.MustParseAddr("127.0.0.1")
	open, closed := openTCP(t, addr), closedTCP(t, addr)
	mute := openUDP(t, addr, func([]byte) []byte { return nil })
	var stats Stats
	s := &Scanner{Timeout: shortTimeout, Attempts: 3, engine: e, Stats: func(st Stats) { stats = st }}
	for _, err := range s.Scan(context.Background(), func(yield func(Target) bool) {
		_ = yield(Target{Proto: "tcp", Addr: open}) && yield(Target{Proto: "tcp", Addr: closed}) && yield(Target{Proto: "udp", Addr: mute})
	}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if stats.LeastRTT <= 0 {
		t.Errorf("no round trip: %+v", stats)
	}
	stats.LeastRTT = 0
	if want := (Stats{Attempts: 5, Retries: 2}); stats != want {
		t.Errorf("the stats are %+v, want %+v", stats, want)
	}
}

// answerFrom is a UDP server on 127.0.0.1 whose answers come from back.
func answerFrom(t *testing.T, back string) netip.AddrPort {
	t.Helper()
	other, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(back)))
	if err != nil {
		t.Skipf("this machine has no such loopback address: %v", err)
	}
	front, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for buf := make([]byte, 64); ; {
			_, from, err := front.ReadFromUDPAddrPort(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			_, _ = other.WriteToUDPAddrPort([]byte("data"), from)
		}
	}()
	t.Cleanup(func() { front.Close(); other.Close(); <-done })
	return front.LocalAddr().(*net.UDPAddr).AddrPort()
}

// runEngine is the verdicts of e with settings that no Scanner would make.
func runEngine(t *testing.T, e engine, cfg config, ts ...Target) []Result {
	t.Helper()
	var got []Result
	sc := newScan(cfg, time.Now())
	session, err := e.start(sc)
	if err != nil {
		t.Fatal(err)
	}
	for batch := range sc.perform(context.Background(), session, slices.Values(ts)) {
		got = append(got, batch...)
	}
	if len(got) != len(ts) {
		t.Fatalf("%d verdicts for %d targets", len(got), len(ts))
	}
	return got
}

// testPayload has the request of a port arrive as it is.
func testPayload(t *testing.T, e engine) {
	for name, request := range map[string][]byte{"empty": nil, "short": []byte("?"), "long": bytes.Repeat([]byte{0, 0xff}, 616)} {
		got := make(chan []byte, 1)
		server := openUDP(t, netip.MustParseAddr("127.0.0.1"), func(request []byte) []byte {
			select {
			case got <- request:
			default: // a retry
			}
			return []byte("here")
		})
		cfg := config{
			concurrency:      1,
			timeout:          longTimeout,
			payload:          func(uint16) []byte { return request },
			answersElsewhere: payload.AnswersFromAnyPort,
		}
		wantVerdict(t, runEngine(t, e, cfg, Target{Proto: "udp", Addr: server})[0], StateOpen, ReasonUDPResponse)
		if sent := <-got; !bytes.Equal(sent, request) {
			t.Errorf("%s: % x arrived, want % x", name, sent, request)
		}
	}
}
