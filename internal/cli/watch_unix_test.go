//go:build unix

package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"porthole/internal/record"
)

// nextEvent reads an event about a port, and passes over the others.
func nextEvent(t *testing.T, out *bufio.Reader, port int) record.Event {
	t.Helper()
	for {
		line, err := out.ReadString('\n')
		if err != nil {
			t.Fatalf("%v after %q", err, line)
		}
		var e record.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		if e.Socket != nil && int(e.Socket.Port) == port {
			return e
		}
	}
}

func listenHere(t *testing.T) (l net.Listener, port int) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, l.Addr().(*net.TCPAddr).Port
}

// TestWatchEvents follows a listener from its coming to its going, with the
// process that holds it, and ends with SIGINT.
func TestWatchEvents(t *testing.T) {
	_, there := listenHere(t)
	cmd, out, _, stderr := start(t, "watch", "--interval", "100ms", "--exposure", "loopback")
	if e := nextEvent(t, out, there); e.Event != "present" {
		t.Errorf("a listener that was there: %+v", e)
	}
	l, port := listenHere(t)
	opened := nextEvent(t, out, port)
	if opened.Kind != record.KindEvent || opened.Event != "opened" || opened.At.IsZero() || opened.Socket.State != "listen" {
		t.Errorf("opened: %+v", opened)
	}
	if p := opened.Socket.Processes; p == nil || len(*p) == 0 || (*p)[0].PID != os.Getpid() {
		t.Errorf("its holders are %+v", p)
	}
	l.Close()
	if closed := nextEvent(t, out, port); closed.Event != "closed" || closed.Socket.Addr != "127.0.0.1" {
		t.Errorf("closed: %+v", closed)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := out.ReadString('\n'); err != nil {
			break
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted || stderr.Len() > 0 {
		t.Errorf("ended with %v: %s", err, stderr)
	}
}

// TestWatchFilters holds that sockets which no filter lets pass make no events.
func TestWatchFilters(t *testing.T) {
	_, other := listenHere(t)
	_, wanted := listenHere(t)
	_, out, _, _ := start(t, "watch", strconv.Itoa(wanted), "--proto", "tcp", "--no-process")
	line, err := out.ReadString('\n')
	if err != nil || !strings.Contains(line, `"port":`+strconv.Itoa(wanted)+",") || strings.Contains(line, strconv.Itoa(other)) {
		t.Errorf("%v: %s", err, line)
	}
	if strings.Contains(line, "processes") {
		t.Errorf("processes, though there was --no-process: %s", line)
	}
}

// TestWatchClosedPipe holds that a reader who leaves ends the watch, even though
// nothing happens that could be written.
func TestWatchClosedPipe(t *testing.T) {
	_, port := listenHere(t)
	cmd, out, pipe, stderr := start(t, "watch", "--interval", "100ms", "--port", strconv.Itoa(port))
	if _, err := out.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	pipe.Close()
	if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
		t.Errorf("ended with %v: %s", err, stderr)
	}
}

// TestWatchTerminate holds that SIGTERM ends it, with a code of its own.
func TestWatchTerminate(t *testing.T) {
	_, port := listenHere(t)
	cmd, out, _, _ := start(t, "watch", "--port", strconv.Itoa(port))
	nextEvent(t, out, port)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitTerminated {
		t.Errorf("ended with %v", err)
	}
}
