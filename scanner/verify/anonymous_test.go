package verify

import (
	"bytes"
	"net"
	"slices"
	"testing"
)

// TestAnonymousTLS holds that a server is told which takes suites without a certificate
// alone, as NRPE does, and that one that takes none is not said to.
func TestAnonymousTLS(t *testing.T) {
	const noteInfo = "TLS without a certificate (anonymous Diffie-Hellman)"
	serverHello := concat([]byte{22, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3}, bytes.Repeat([]byte{7}, 32), []byte{0, 0x00, 0xa7, 0})
	for _, takes := range []bool{true, false} {
		s, f := ask(t, 5666, func(conn net.Conn) {
			buf := make([]byte, 4096)
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			if takes && bytes.Contains(buf[:n], []byte{0x00, 0xa7, 0x00, 0xa6}) {
				conn.Write(serverHello)
				swallow(conn)
				return
			}
			conn.Write([]byte{21, 3, 3, 0, 2, 2, 40})
		}, Verifier{})
		if s.Protocol != "tls" || s.Transport != TransportTLS || slices.Contains(s.Info, noteInfo) != takes || len(f.connections) != 2 {
			t.Errorf("takes %v: %v %q %q after %d connections", takes, s.Outcome, s.Protocol, s.Info, len(f.connections))
		}
	}
}
