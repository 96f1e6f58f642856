package explain

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"

	"porthole/internal/record"
)

// TestTryBind checks the outcome for ports that are held and ports that are free.
func TestTryBind(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	held := uint16(l.Addr().(*net.TCPAddr).Port)
	if outcome, reason := TryBind(t.Context(), "tcp", held); outcome != record.BindInUse || reason == "" {
		t.Skipf("%s, %s: this system allows a wildcard beside a loopback listener", outcome, reason)
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if outcome, _ := TryBind(t.Context(), "udp", uint16(conn.LocalAddr().(*net.UDPAddr).Port)); outcome != record.BindInUse {
		t.Errorf("a held UDP port is %s", outcome)
	}
	free, err := FirstFree(t.Context(), "tcp", slices.Values([]uint16{0, held, held + 1, held + 2, held + 3, held + 4}))
	if err != nil || free == held || free == 0 {
		t.Errorf("the first free port is %d, %v", free, err)
	}
	if _, err := FirstFree(t.Context(), "tcp", slices.Values([]uint16{held})); !errors.Is(err, ErrNoneFree) {
		t.Errorf("%v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := FirstFree(ended, "tcp", slices.Values([]uint16{held})); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
