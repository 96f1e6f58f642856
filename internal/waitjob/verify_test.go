package waitjob

import (
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"porthole/internal/record"
)

// TestParseFor holds what can be waited for.
func TestParseFor(t *testing.T) {
	for text, want := range map[string]string{
		"open": "", "closed": "", "free": "", "verified=http": "http", "verified=tls/http": "tls/http", "verified=https": "https", "verified=tls": "tls", "verified=redis": "redis",
		"verified": "!", "verified=": "!", "verified=nothing": "!", "open=x": "!", "": "!", "verified=tls/": "!", "verified=s": "!",
	} {
		_, protocol, err := ParseFor(text)
		if err != nil {
			protocol = "!"
		}
		if protocol != want {
			t.Errorf("%q: %q, %v", text, protocol, err)
		}
	}
}

// TestIsProtocol holds which answers are of a protocol.
func TestIsProtocol(t *testing.T) {
	plain := &record.Verified{Outcome: record.OutcomeIdentified, Service: "http", Transport: "plain"}
	tls := &record.Verified{Outcome: record.OutcomeIdentified, Service: "http", Transport: "tls"}
	mere := &record.Verified{Outcome: record.OutcomeIdentified, Service: "tls", Transport: "tls"}
	unknown := &record.Verified{Outcome: record.OutcomeUnidentified, Service: "http"}
	for _, test := range []struct {
		v    *record.Verified
		name string
		want bool
	}{
		{plain, "http", true}, {plain, "https", false}, {plain, "tls/http", false}, {plain, "tls", false},
		{tls, "http", true}, {tls, "https", true}, {tls, "tls/http", true}, {tls, "tls", true}, {tls, "ssh", false},
		{mere, "tls", true}, {mere, "https", false}, {unknown, "http", false},
	} {
		if got := isProtocol(test.v, test.name); got != test.want {
			t.Errorf("%s %s is %s: %v", test.v.Outcome, test.v.Protocol(), test.name, got)
		}
	}
}

// TestVerified holds that a port of this machine is asked when somebody listens, that
// another protocol is not enough, and that what answered is known then.
func TestVerified(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.WriteString(c, "SSH-2.0-OpenSSH_9.2p1\r\n")
				io.Copy(io.Discard, c)
			}()
		}
	}()
	at := netip.MustParseAddrPort(l.Addr().String())
	for protocol, want := range map[string]bool{"ssh": true, "http": false} {
		p := &Port{Typed: "x", Port: at.Port()}
		ctx, cancel := context.WithCancel(t.Context())
		j := &Job{Ports: []*Port{p}, For: Verified, Protocol: protocol, Timeout: 5 * time.Minute, Interval: time.Millisecond}
		j.Polled = func([]*Port, time.Duration) {
			if p.State == "ssh" { // it has been asked
				cancel()
			}
		}
		done, _ := j.Run(ctx)
		if cancel(); done != want || p.State != "ssh" || !strings.HasPrefix(p.Why, "OpenSSH 9.2p1 from "+at.String()) {
			t.Errorf("%s: %v, %s (%s)", protocol, done, p.State, p.Why)
		}
	}
}

// TestVerifiedElsewhere is the same for ports that no kernel is asked about: loopback
// stands in for another machine.
func TestVerifiedElsewhere(t *testing.T) {
	p := &Port{Typed: "it", Host: "it.test", Port: 1}
	j := &Job{Ports: []*Port{p}, For: Verified, Protocol: "ssh", Resolver: nobody{}}
	if err := j.verify(t.Context()); err != nil || p.Holds || p.State != record.OutcomeUnreachable || p.askAt.IsZero() {
		t.Errorf("%v, %s (%s)", err, p.State, p.Why)
	}
}

// nobody is a resolver whose names lead to an address where nobody listens.
type nobody struct{}

func (nobody) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}
