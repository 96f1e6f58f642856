// Package verify finds out what really answers on an open port. A number says
// what was registered; only the other end says what is there.
//
// The calls to start with are [Verifier.Verify] for one port and
// [Verifier.VerifyAll] for many. Both give a [Service] for each [Target]: the
// protocol that was spoken, product and version in the server's own words, the
// certificate if there was one, and the bytes that prove it. The table of what
// is known stands in table.go, and how it grows in docs/verify.md.
//
// What it promises:
//
//   - A protocol is named only when a whole unit of it was read on this
//     connection: never from the number, and never from a part that merely
//     looks alike. [OutcomeUnidentified] is a right answer.
//   - Product and version are what the server said. The version of a protocol
//     is a field of its own.
//   - It harms nothing. It sends no credentials, writes nothing, asks no proxy
//     to connect, and says nothing at all to printers, controllers and other
//     ports where every byte counts, unless [Verifier.All] is set.
//   - It never has two connections open to one port.
package verify

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"sync"
	"time"
)

// DefaultConcurrency is how many ports are asked side by side when
// [Verifier.Concurrency] is zero.
const DefaultConcurrency = 1024

// DefaultPerHost is how many ports of one host are asked side by side when
// [Verifier.PerHost] is zero. More would make a small host too busy to answer.
const DefaultPerHost = 48

// DefaultTimeout bounds the time for one port when [Verifier.Timeout] is zero. A
// silent one takes 9 seconds, and somewhat more on a busy machine.
const DefaultTimeout = 10500 * time.Millisecond

// DefaultLateGreeting is how long a port that stayed silent to everything is
// waited for once more when [Verifier.LateGreeting] is zero. Mail servers that
// test a client's patience greet after 4 to 6 seconds.
const DefaultLateGreeting = 6 * time.Second

// Target is an open port.
type Target struct {
	Proto string         // "tcp" or "udp"
	Addr  netip.AddrPort // the zone of a link-local address is kept and used

	// Host is the name by which the user knows the address, or "". It is sent
	// as the server's name in TLS (RFC 6066 section 3).
	Host string

	// Expect is what is known to be there from elsewhere, or "": the name of a
	// protocol ("ssh") or of a program ("nginx"). It is asked first, and proves
	// nothing.
	Expect string

	// RTT is the round trip to the host if it is known; else the first connect
	// measures it.
	RTT time.Duration

	// Conn is a connection to the port that is open already, or nil. The
	// verifier uses it instead of opening its first, and closes it. Some servers
	// (MySQL) count every connection that is opened and not used.
	Conn net.Conn
}

// Verifier holds the settings. The zero value works. It may be used by several
// goroutines at once; its fields must not change meanwhile.
type Verifier struct {
	Concurrency int           // ports asked side by side at most; 0 means DefaultConcurrency
	PerHost     int           // of one host at most, without those that are silent and only waited for; 0 means DefaultPerHost
	Timeout     time.Duration // for one port, all connections together; 0 means DefaultTimeout

	// LateGreeting is how long a port that was silent to every request is waited
	// for once more; 0 means DefaultLateGreeting. A negative value turns that off,
	// and the wait for slow web pages, too: a silent port then takes 1 to 3 seconds
	// in place of 9, which suits a scan of many hosts.
	LateGreeting time.Duration

	// LateMailOnly limits LateGreeting to ports whose number or process tells of a
	// mail server, since a mail server must not be talked to before it greets. The
	// other ports are treated as if LateGreeting were negative, with these
	// differences, by which many silent ports take less time:
	//
	//   - A port whose protocol begins with a greeting is listened to for a second;
	//     one of MySQL that does not greet is sent nothing.
	//   - A port whose number tells a protocol, and that is silent both to that and
	//     to a GET (or, if the protocol is HTTP, to a ClientHello), is asked for no
	//     other protocol.
	//   - VerifyAll gives up a silent port, also one of SSH, as soon as hardly any of
	//     the answers of the other ports took as long.
	LateMailOnly bool

	// All asks also where every byte may do something: printers, controllers,
	// distcc, debuggers. Without it such a port is only listened to.
	All bool

	// StartTLS follows an offer of STARTTLS, to see the certificate behind it.
	StartTLS bool

	// OldTLS makes a second handshake that offers TLS 1.0 and 1.1 only.
	OldTLS bool

	// Dial opens a connection, "tcp" or "udp", to an address and port. Nil is a
	// [net.Dialer] of this network namespace.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// ListenPacket opens a UDP socket that hears from any port of the target,
	// as TFTP needs it. Nil is [net.ListenConfig] of this network namespace,
	// or, if Dial is set, leaves such protocols out.
	ListenPacket func(ctx context.Context, network, address string) (net.PacketConn, error)

	fixed *nonce // for tests that play recorded answers: what all requests have in common
}

// ErrBadTarget is behind the error of a target that cannot be asked.
var ErrBadTarget = errors.New("not a target")

// Verify asks one port. What the port does is data, also when it cannot be
// reached ([OutcomeUnreachable]). The error is that of ctx if it ended first, or
// [ErrBadTarget].
func (v *Verifier) Verify(ctx context.Context, t Target) (Service, error) {
	s, err := v.verify(ctx, t, newCommon(), func() {})
	return *s, err
}

// common is what ports that are asked side by side share: the table of protocols,
// which takes as long to make as some answers and which nothing changes, and what
// was learned of how fast answers come.
type common struct {
	table   []*protocol
	unasked []*protocol // of them, those that are known by their own words
	pace    *pace
}

func newCommon() common {
	c := common{table: protocols(), pace: new(pace)}
	for _, proto := range c.table {
		if proto.unasked {
			c.unasked = append(c.unasked, proto)
		}
	}
	return c
}

// verify is Verify beside others. It calls rest when it only waits for this port, so that
// another port of the host may be asked. The Service is not returned as a copy: a frame
// with it would double the stack of each goroutine that waits.
func (v *Verifier) verify(ctx context.Context, t Target, c common, rest func()) (*Service, error) {
	if t.Conn != nil {
		defer t.Conn.Close()
	}
	if err := t.check(); err != nil {
		return &Service{Target: t.bare()}, err
	}
	p := newPort(v, t, c)
	p.rest = rest
	ask, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	if t.Proto == "udp" {
		p.askUDP(ask)
	} else {
		p.askTCP(ask)
	}
	return p.result(), ctx.Err()
}

// VerifyAll asks every target and yields the services in the order they are
// found out. It works on [Verifier.Concurrency] ports at a time, on each of
// them once at a time, and pulls targets as it gets to them.
//
// The second value is nil beside every service but that of a target that cannot
// be asked, which has [ErrBadTarget]. If ctx ends, what was found out by then is
// yielded, and a last pair has an empty Service and the error of ctx. When the
// loop is over, every goroutine and connection has ended.
func (v *Verifier) VerifyAll(ctx context.Context, targets iter.Seq[Target]) iter.Seq2[Service, error] {
	return func(yield func(Service, error) bool) {
		outer := ctx
		ctx, cancel := context.WithCancel(ctx)
		answers := make(chan answer)
		go v.work(ctx, targets, answers)
		defer func() {
			cancel()
			for range answers { // until the workers have ended
			}
		}()
		for a := range answers {
			if a.err != nil && !errors.Is(a.err, ErrBadTarget) {
				continue // the sequence ended before this port did
			}
			if !yield(*a.service, a.err) {
				return
			}
		}
		if outer.Err() != nil {
			yield(Service{}, outer.Err())
		}
	}
}

// answer is what Verify returned.
type answer struct {
	service *Service
	err     error
}

// work hands the targets to as many goroutines as may run, waits for them and
// closes answers.
func (v *Verifier) work(ctx context.Context, targets iter.Seq[Target], answers chan<- answer) {
	defer close(answers)
	var wg sync.WaitGroup
	defer wg.Wait() // after next is closed
	concurrency := v.Concurrency
	if concurrency <= 0 {
		concurrency = DefaultConcurrency
	}
	busy := inUse{perHost: v.PerHost}
	if busy.perHost <= 0 {
		busy.perHost = DefaultPerHost
	}
	shared := newCommon()
	next := make(chan Target)
	defer close(next)
	ask := func(t Target) {
		leaveHost, leavePort := busy.enter(t)
		defer leavePort()
		defer leaveHost()
		s, err := v.verify(ctx, t, shared, leaveHost)
		answers <- answer{s, err}
	}
	for t := range targets {
		select {
		case next <- t: // to a worker that is idle
			continue
		default:
		}
		if concurrency > 0 {
			concurrency--
			wg.Go(func() {
				ask(t)
				for t := range next {
					ask(t)
				}
			})
			continue
		}
		select {
		case next <- t:
		case <-ctx.Done():
			if t.Conn != nil {
				t.Conn.Close()
			}
			return
		}
	}
}

// check reports why t cannot be asked.
func (t Target) check() error {
	switch {
	case t.Proto != "tcp" && t.Proto != "udp":
		return fmt.Errorf("%w: protocol %q is neither tcp nor udp", ErrBadTarget, t.Proto)
	case !t.Addr.Addr().IsValid():
		return fmt.Errorf("%w: it has no address", ErrBadTarget)
	case t.Addr.Port() == 0:
		return fmt.Errorf("%w: port 0 of %v cannot be asked", ErrBadTarget, t.Addr.Addr())
	}
	return nil
}

// bare is t without its connection, as a result carries it.
func (t Target) bare() Target {
	t.Conn = nil
	return t
}
