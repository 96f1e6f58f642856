package verify

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// recordNonce is in all requests that have to be the same each time.
var recordNonce = nonce{0x51, 0x6f, 0x72, 0x74, 0x68, 0x6f, 0x6c, 0x65, 0x21, 0x9e, 0x37, 0x79, 0xb9, 0x7f, 0x4a, 0x7c}

// fake is a port in memory. Its server gets each connection; what it was sent
// is kept.
type fake struct {
	serve func(conn net.Conn)

	mu          sync.Mutex
	connections []*bytes.Buffer // what each was sent
	open, most  int             // connections at the same time
	wg          sync.WaitGroup
}

// heardConn keeps what the server reads.
type heardConn struct {
	net.Conn
	f *fake
	b *bytes.Buffer
}

func (h heardConn) Read(b []byte) (int, error) {
	n, err := h.Conn.Read(b)
	h.f.mu.Lock()
	defer h.f.mu.Unlock()
	h.b.Write(b[:n])
	return n, err
}

// clientConn is our end; its Close is noted.
type clientConn struct {
	net.Conn
	once *sync.Once
	f    *fake
}

func (c clientConn) Close() error {
	c.once.Do(func() {
		c.f.mu.Lock()
		defer c.f.mu.Unlock()
		c.f.open--
	})
	return c.Conn.Close()
}

func (f *fake) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	f.mu.Lock()
	defer f.mu.Unlock()
	b := new(bytes.Buffer)
	f.connections = append(f.connections, b)
	f.open++
	f.most = max(f.most, f.open)
	f.wg.Go(func() {
		f.serve(heardConn{theirs, f, b})
		theirs.Close()
	})
	return clientConn{ours, new(sync.Once), f}, nil
}

// sent is all that the port was sent.
func (f *fake) sent() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all strings.Builder
	for _, b := range f.connections {
		all.Write(b.Bytes())
	}
	return all.String()
}

// ask asks a port in memory on that number, in virtual time.
func ask(t *testing.T, number uint16, serve func(net.Conn), v Verifier) (s Service, f *fake) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f = &fake{serve: serve}
		v.Dial = f.dial
		var err error
		s, err = v.Verify(t.Context(), Target{Proto: "tcp", Addr: netip.AddrPortFrom(netip.MustParseAddr("198.18.0.1"), number), RTT: time.Millisecond})
		if err != nil {
			t.Error(err)
		}
		f.wg.Wait()
	})
	if f.most > 1 {
		t.Errorf("port %d had %d connections at once", number, f.most)
	}
	if len(f.connections) != s.Connections {
		t.Errorf("port %d says that %d connections were used, and %d were", number, s.Connections, len(f.connections))
	}
	if len(f.connections) > mostConnections {
		t.Errorf("port %d had %d connections", number, len(f.connections))
	}
	return s, f
}

// swallow reads all and says nothing.
func swallow(conn net.Conn) { io.Copy(io.Discard, conn) }

// always says text to whatever comes, each time.
func always(text string) func(net.Conn) {
	return func(conn net.Conn) {
		buf := make([]byte, 4096)
		for {
			if _, err := conn.Read(buf); err != nil {
				return
			}
			if _, err := io.WriteString(conn, text); err != nil {
				return
			}
		}
	}
}

// greet says text at once, then nothing.
func greet(text string) func(net.Conn) {
	return func(conn net.Conn) {
		go io.WriteString(conn, text)
		swallow(conn)
	}
}

// manyPorts asks ports of one host that are all alike, in virtual time, and returns
// how long that took.
func manyPorts(t *testing.T, n int, serve func(net.Conn), v Verifier) (took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{serve: serve}
		v.Dial = f.dial
		var list []Target
		for i := range n {
			list = append(list, Target{Proto: "tcp", Addr: netip.AddrPortFrom(netip.MustParseAddr("198.18.0.1"), uint16(31000+i)), RTT: time.Millisecond})
		}
		began := time.Now()
		for _, err := range v.VerifyAll(t.Context(), slices.Values(list)) {
			if err != nil {
				t.Error(err)
			}
		}
		took = time.Since(began)
		f.wg.Wait()
	})
	return took
}
