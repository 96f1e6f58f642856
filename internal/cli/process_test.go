package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"porthole/internal/record"
)

// start runs porthole as a process of its own, which signals and closed pipes
// need.
func start(t *testing.T, args ...string) (cmd *exec.Cmd, stdout *bufio.Reader, pipe io.Closer, stderr *bytes.Buffer) {
	t.Helper()
	cmd = exec.Command("porthole", args...) // testscript.Main put it on the path
	stderr = &bytes.Buffer{}
	cmd.Stderr = stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	return cmd, bufio.NewReader(out), out, stderr
}

// TestInterrupt holds that SIGINT keeps what was found, writes it whole, and
// ends with 130.
func TestInterrupt(t *testing.T) {
	echoing, silent := udpPort(t, true), udpPort(t, false)
	cmd, out, _, stderr := start(t, "scan", "127.0.0.1", "--udp", "-p", echoing+","+silent, "--timeout", "1h", "-o", "jsonl")
	first, err := out.ReadString('\n')
	if err != nil || !strings.Contains(first, `"state":"open"`) {
		t.Fatalf("%v: %q\n%s", err, first, stderr)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Errorf("ended with %v, not with %d", err, exitInterrupted)
	}
	var sum record.Summary
	if err := json.Unmarshal(rest, &sum); err != nil {
		t.Fatalf("%v: %q", err, rest)
	}
	if sum.Kind != "summary" || sum.Complete || sum.Open != 1 {
		t.Errorf("summary %s", rest)
	}
	if want := "interrupted, 1 without a verdict"; !strings.Contains(stderr.String(), want) {
		t.Errorf("standard error does not say %q:\n%s", want, stderr)
	}
}

// TestHostTimeout holds that what was found stays when the time of a host is up, and the
// rest is unknown. How long a busy machine takes to find the first port is not known:
// the time is doubled until that is enough.
func TestHostTimeout(t *testing.T) {
	answers, silent := udpPort(t, true), udpPort(t, false)
	for limit := 100 * time.Millisecond; limit < time.Minute; limit *= 2 {
		var exit *exec.ExitError
		out, err := exec.Command("porthole", "scan", "127.0.0.1", "--udp", "-p", answers+","+silent,
			"--host-timeout", limit.String(), "--timeout", "1h", "-o", "json").Output()
		var d document
		if !errors.As(err, &exit) || exit.ExitCode() != exitIncomplete || json.Unmarshal(out, &d) != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if d.Summary.Open == 0 {
			continue
		}
		if n := d.Summary; n.Open != 1 || n.Unknown != 1 || n.TimedOut != 1 || n.Complete || len(d.Records) == 0 || fmt.Sprint(d.Records[0].Port) != answers {
			t.Errorf("%s", out)
		}
		if want := "1 open, 0 closed, 0 filtered, 1 unknown of 2 probes"; !strings.Contains(string(exit.Stderr), want) {
			t.Errorf("standard error does not say %q:\n%s", want, exit.Stderr)
		}
		return
	}
	t.Error("a port that answers is not found in any time")
}

func udpPort(t *testing.T, answers bool) string {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if answers {
		go echo(conn)
	}
	return strconv.Itoa(conn.LocalAddr().(*net.UDPAddr).Port)
}

// TestClosedPipe holds that a reader who has seen enough ends the program
// without a word.
func TestClosedPipe(t *testing.T) {
	cmd, out, pipe, stderr := start(t, "lookup", "-", "-o", "jsonl", "-q")
	if _, err := out.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	pipe.Close()
	var exit *exec.ExitError
	if err := cmd.Wait(); errors.As(err, &exit) && exit.ExitCode() > 0 {
		t.Errorf("ended with %v", err)
	}
	if stderr.Len() > 0 {
		t.Errorf("standard error has %q", stderr)
	}
}

// listenEnv makes this test binary a listener on loopback.
const listenEnv = "PORTHOLE_TEST_LISTEN"

func listenUntilEnd() {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		os.Exit(1)
	}
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	os.Stdin.Read(make([]byte, 1))
}
