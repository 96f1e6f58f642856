package verify

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// manners is how a server that says nothing takes what is not its own.
type manners struct {
	reaction
	own         []byte        // the begin of its own request
	closesAfter time.Duration // it closes so long after the first bytes of what it does not understand; 0 for never
	slow        time.Duration // it is so late to close: its machine is busy
	opens       time.Duration // to open a connection takes so long
	asked       *bool         // it got its own request
	reset       *atomic.Bool  // it reset the connection
}

// serve reads one request.
func (m manners) serve(conn net.Conn) {
	var in []byte
	buf := make([]byte, 512)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		if len(in) == 0 && m.closesAfter > 0 {
			defer time.AfterFunc(m.closesAfter, func() { conn.Close() }).Stop()
		}
		in = append(in, buf[:n]...)
		took, cut := m.hello, 1
		switch {
		case len(in) >= len(m.own) && bytes.HasPrefix(in, m.own):
			*m.asked = true
			return
		case bytes.HasPrefix(in, m.own[:min(len(in), len(m.own))]):
			continue
		case bytes.HasPrefix(in, []byte("GE")):
			took, cut = m.get, m.cut
		case len(in) >= 4 && bytes.HasPrefix(in, []byte{0, 0, 0, 8}) && m.ssl != unknown:
			took, cut = m.ssl, m.sslCut
		}
		if took == closes || took == resets {
			if len(in) >= cut {
				defer time.AfterFunc(m.slow, func() { m.reset.Store(took == resets); conn.Close() }).Stop()
				swallow(conn)
				return
			}
		}
	}
}

// lateConn is read by a process that is always late, as on a busy machine.
type lateConn struct {
	net.Conn
	by    time.Duration
	reset *atomic.Bool
}

func (c lateConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	time.Sleep(c.by)
	if c.reset.Load() && errors.Is(err, io.EOF) {
		return n, syscall.ECONNRESET
	}
	return n, err
}

// toldSilent reports whether a server that says nothing unasked gets the request of its
// protocol on a number that tells nothing, and after how many connections.
func toldSilent(t *testing.T, name string, m manners, late time.Duration) (asked bool, connections int) {
	i := slices.IndexFunc(protocols(), func(p *protocol) bool { return p.name == name && p.rank > 0 })
	if i < 0 {
		t.Fatalf("%s is not asked on numbers that tell nothing", name)
	}
	proto := protocols()[i]
	synctest.Test(t, func(t *testing.T) {
		m.own = proto.request(question{nonce: recordNonce, port: 31000})
		m.asked = &asked
		m.reset = new(atomic.Bool)
		f := &fake{serve: m.serve}
		v := Verifier{fixed: &recordNonce, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			time.Sleep(m.opens)
			conn, err := f.dial(ctx, network, address)
			m.reset.Store(false)
			return lateConn{conn, late, m.reset}, err
		}}
		if _, err := v.Verify(t.Context(), Target{Proto: "tcp", Addr: netip.MustParseAddrPort("198.18.0.1:31000"), RTT: max(m.opens, time.Millisecond)}); err != nil {
			t.Error(err)
		}
		f.wg.Wait()
		connections = len(f.connections)
	})
	return asked, connections
}

// TestSilentServersOnUnusualNumbers holds that whoever says nothing unasked gets the
// request of its protocol, however rare what else reacts as it does, and however late
// this process or the server is.
func TestSilentServersOnUnusualNumbers(t *testing.T) {
	rare := []string{"firebird", "ovsdb", "quassel", "sane"} // others that react alike take all connections
	for name, all := range reactions() {
		if slices.Contains(rare, name) {
			continue
		}
		for _, r := range all {
			for _, tt := range []struct{ closesAfter, late, slow time.Duration }{
				{},
				{slow: 60 * time.Millisecond},
				{late: 40 * time.Millisecond},
				{late: 100 * time.Millisecond},
				{late: 300 * time.Millisecond},
			} {
				if asked, n := toldSilent(t, name, manners{reaction: r, slow: tt.slow}, tt.late); !asked {
					t.Errorf("%s, %+v: not asked on %d connections when %v", name, r, n, tt)
				}
			}
		}
	}
}

// TestServerThatTires asks Knot, which waits for half a second for the rest of a message.
// Whether that is over before our wait depends on how late we are.
func TestServerThatTires(t *testing.T) {
	for _, after := range []time.Duration{450 * time.Millisecond, 500 * time.Millisecond, 600 * time.Millisecond, 2 * time.Second} {
		for _, late := range []time.Duration{0, 20 * time.Millisecond, 40 * time.Millisecond, 70 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 300 * time.Millisecond} {
			if asked, n := toldSilent(t, "dns", manners{reaction: reaction{hello: waits, get: waits}, closesAfter: after}, late); !asked {
				t.Errorf("not asked on %d connections when the server closes after %v and we are late by %v", n, after, late)
			}
			if asked, n := toldSilent(t, "dns", manners{reaction: reaction{hello: waits, get: waits}, closesAfter: after, opens: 20 * time.Millisecond}, late); !asked {
				t.Errorf("not asked on %d connections, which take 20 ms, when the server closes after %v and we are late by %v", n, after, late)
			}
		}
	}
}

// TestOneClientAtATime asks a server that takes the ClientHello for the begin of a
// measurement, and is not back at once when that has failed.
func TestOneClientAtATime(t *testing.T) {
	var mu sync.Mutex
	var listens time.Time // from when on it takes clients
	busy := false         // it has one
	serve := func(conn net.Conn) {
		mu.Lock()
		gone := busy || time.Now().Before(listens)
		busy = busy || !gone
		mu.Unlock()
		if gone {
			return
		}
		defer func() {
			mu.Lock()
			defer mu.Unlock()
			busy, listens = false, time.Now().Add(150*time.Millisecond)
		}()
		r, in := bufio.NewReader(conn), make([]byte, 41)
		if _, err := io.ReadFull(r, in[:37]); err != nil { // the cookie
			return
		}
		io.WriteString(conn, "\x09")
		if _, err := io.ReadFull(r, in[37:]); err != nil { // how long the parameters are
			return
		}
		if binary.BigEndian.Uint32(in[37:]) > 2 {
			io.Copy(io.Discard, r)
			return
		}
		io.CopyN(io.Discard, r, 2)
		io.WriteString(conn, "\x0a")
		io.Copy(io.Discard, r)
	}
	if s, f := ask(t, 31000, serve, Verifier{}); s.Protocol != "iperf3" {
		t.Errorf("%v %q after %d connections in %v", s.Outcome, s.Protocol, len(f.connections), s.Spent)
	}
}
