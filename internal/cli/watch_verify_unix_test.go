//go:build unix

package cli

import (
	"net"
	"os"
	"slices"
	"strconv"
	"testing"
)

// TestWatchVerify follows a listener that is asked what answers as it is seen, and
// holds that the answer is a change of it.
func TestWatchVerify(t *testing.T) {
	var held socketSet
	at, err := held.serve("ssh", "tcp4", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	defer held[0].Close()
	port := at.(*net.TCPAddr).Port
	cmd, out, _, _ := start(t, "watch", "--interval", "100ms", "--netns", "self", "--port", strconv.Itoa(port), "--verify")
	if e := nextEvent(t, out, port); e.Event != "present" || e.Socket.Verified != nil {
		t.Errorf("at first: %+v", e)
	}
	e := nextEvent(t, out, port)
	if e.Event != "changed" || !slices.Contains(e.Fields, "verified") || e.Socket.Verified.Protocol() != "ssh" || e.Socket.Verified.Asked != at.String() {
		t.Errorf("when it has answered: %+v, %+v", e, e.Socket.Verified)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
}
