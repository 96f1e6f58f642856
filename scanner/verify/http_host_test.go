package verify

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestRefusedHost holds that a server that answers only on its own names is asked by the
// name localhost if it is on this machine, and never else.
func TestRefusedHost(t *testing.T) {
	serve := byRequest(func(request []byte) []byte {
		switch text := string(request); {
		case !strings.HasPrefix(text, "GET "):
			return nil
		case !strings.HasSuffix(text, "\r\n\r\n"):
			return more
		case strings.Contains(text, "\r\nHost: localhost\r\n"):
			return []byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 51\r\n\r\nBad Request: GET requires an Mcp-Session-Id header\n")
		}
		return []byte("HTTP/1.1 403 Forbidden\r\nContent-Length: 35\r\n\r\nForbidden: invalid Host header \"\"\n\n")
	})
	for addr, product := range map[string]string{"127.0.0.1": "MCP server", "198.18.0.1": ""} {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{serve: func(conn net.Conn) { serve(conn) }}
			v := Verifier{Dial: f.dial}
			s, err := v.Verify(t.Context(), Target{Proto: "tcp", Addr: netip.AddrPortFrom(netip.MustParseAddr(addr), 8000), RTT: time.Millisecond})
			if err != nil || s.Protocol != "http" || s.Product != product {
				t.Errorf("%s: %s %q, want %q (%v)", addr, s.Protocol, s.Product, product, err)
			}
			f.wg.Wait()
		})
	}
}
