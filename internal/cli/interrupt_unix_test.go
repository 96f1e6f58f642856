//go:build unix

package cli

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"porthole/internal/record"
)

// wholeFormats has for each format of a scan what makes a file of it whole.
func wholeFormats() map[string]func(text string) error {
	ends := func(with string) func(string) error {
		return func(text string) error {
			if !strings.Contains(text, with) {
				return fmt.Errorf("there is no %q", with)
			}
			return nil
		}
	}
	return map[string]func(string) error{
		"table": ends("open"),
		"wide":  ends("udp-response"),
		"html":  ends("</html>"),
		"grep":  ends("# porthole done at"),
		"json":  func(text string) error { return json.Unmarshal([]byte(text), new(document)) },
		"jsonl": ends(`{"kind":"summary","command":"scan","complete":false`),
		"csv": func(text string) error {
			_, err := csv.NewReader(strings.NewReader(text)).ReadAll()
			return err
		},
		"xml": func(text string) error {
			for d := xml.NewDecoder(strings.NewReader(text)); ; {
				if _, err := d.Token(); err == io.EOF {
					return ends(`exit="error"`)(text)
				} else if err != nil {
					return err
				}
			}
		},
	}
}

// halfScan starts a scan with a file of every format that has found one port
// and waits for another.
func halfScan(t *testing.T) (cmd *exec.Cmd, folder string, stderr *bytes.Buffer) {
	t.Helper()
	answers, silent := udpPort(t, true), udpPort(t, false)
	folder = t.TempDir()
	args := []string{"scan", "127.0.0.1", "--udp", "-p", answers + "," + silent, "--timeout", "1h", "-o", "jsonl"}
	for format := range wholeFormats() {
		args = append(args, "-o", format+"="+filepath.Join(folder, format))
	}
	cmd, out, _, stderr := start(t, args...)
	if first, err := out.ReadString('\n'); err != nil || !strings.Contains(first, `"state":"open"`) {
		t.Fatalf("%v: %q\n%s", err, first, stderr)
	}
	return cmd, folder, stderr
}

// TestInterruptByTimeout holds that timeout(1), which sends its signal to the program and
// then to its group, leaves what was found whole. The test sends them itself: timeout ends
// at once, and alone, if it is signalled before it knows its child.
func TestInterruptByTimeout(t *testing.T) {
	answers, silent := udpPort(t, true), udpPort(t, false)
	var ending sync.WaitGroup
	for range 8 { // one in eight of a build that took the second one for another had no output
		ending.Go(func() {
			cmd := exec.Command("porthole", "scan", "127.0.0.1", "--udp", "-p", answers+","+silent, "--timeout", "1h", "-q", "-o", "jsonl")
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			pipe, err := cmd.StdoutPipe()
			if err != nil {
				t.Error(err)
				return
			}
			if err := cmd.Start(); err != nil {
				t.Error(err)
				return
			}
			out := bufio.NewReader(pipe)
			first, err := out.ReadString('\n')
			if err != nil {
				t.Errorf("%v: %q", err, first)
			}
			syscall.Kill(cmd.Process.Pid, syscall.SIGTERM)
			syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
			rest, err := io.ReadAll(out)
			ended := cmd.Wait()
			var sum record.Summary
			if err != nil || json.Unmarshal(rest, &sum) != nil || sum.Open != 1 || sum.Complete {
				t.Errorf("%v, %v: %q", ended, err, rest)
			}
		})
	}
	ending.Wait()
}

// TestInterruptFormats holds that SIGINT, SIGTERM and SIGHUP leave every format whole
// under its name, and nothing else.
func TestInterruptFormats(t *testing.T) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP) // or the scan would ignore it if the test does, as under nohup(1)
	defer signal.Stop(hangup)
	for sig, code := range map[syscall.Signal]int{syscall.SIGINT: exitInterrupted, syscall.SIGTERM: exitTerminated, syscall.SIGHUP: exitHungUp} {
		cmd, folder, stderr := halfScan(t)
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != code {
			t.Fatalf("%v: ended with %v\n%s", sig, err, stderr)
		}
		for format, whole := range wholeFormats() {
			text, err := os.ReadFile(filepath.Join(folder, format))
			if err == nil {
				err = whole(string(text))
			}
			if err != nil {
				t.Errorf("%v: %s: %v\n%s", sig, format, err, text)
			}
		}
		if files, err := os.ReadDir(folder); err != nil || len(files) != len(wholeFormats()) {
			t.Errorf("%v: %d files, want %d: %v", sig, len(files), len(wholeFormats()), err)
		}
	}
}

// TestNoHangup holds that SIGHUP does nothing where it is ignored, as under nohup(1).
func TestNoHangup(t *testing.T) {
	answers, silent := udpPort(t, true), udpPort(t, false)
	cmd := exec.Command("sh", "-c", `trap "" HUP; exec porthole "$@"`, "sh",
		"scan", "127.0.0.1", "--udp", "-p", answers+","+silent, "--timeout", "1h", "-q", "-o", "jsonl")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	if first, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("%v: %q", err, first)
	}
	cmd.Process.Signal(syscall.SIGHUP)
	cmd.Process.Signal(syscall.SIGINT) // the first signal that is heard decides
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Errorf("ended with %v, not with %d", err, exitInterrupted)
	}
}

// TestKillFormats holds that a scan that is killed leaves no file that could
// pass for a whole one.
func TestKillFormats(t *testing.T) {
	cmd, folder, _ := halfScan(t)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	for format := range wholeFormats() {
		if _, err := os.Stat(filepath.Join(folder, format)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: there is a file: %v", format, err)
		}
	}
}

// TestSecondSignal holds that a further signal ends the program even where the
// first cannot: while it writes into a pipe that nobody reads.
func TestSecondSignal(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		cmd, pipe := startIntoPipe(t, "scan", "127.0.0.1", "-p", "1-20000", "--show", "all", "-o", "jsonl", "-q")
		fill(t, pipe)
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		var err error
		for again := time.NewTicker(20 * time.Millisecond); err == nil; {
			select {
			case err = <-ended:
				again.Stop()
			case <-again.C:
				cmd.Process.Signal(sig)
			}
		}
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != sig {
			t.Errorf("%v: ended with %v", sig, err)
		}
	}
}

// startIntoPipe starts porthole with a pipe that has a name as standard output, and
// reads no more than the first lines.
func startIntoPipe(t *testing.T, args ...string) (cmd *exec.Cmd, pipe string) {
	t.Helper()
	pipe = filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0) // else it waits for a writer
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	cmd = exec.Command("porthole", args...)
	in, err := os.OpenFile(pipe, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	cmd.Stdout = in
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	if first, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("%v: %q", err, first)
	}
	return cmd, pipe
}

// fill writes into a pipe until it takes not one byte more. It has an open file of its
// own, since not to block is a matter of the open file.
func fill(t *testing.T, pipe string) {
	t.Helper()
	fd, err := syscall.Open(pipe, syscall.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	for {
		switch _, err := syscall.Write(fd, []byte{'\n'}); err {
		case nil, syscall.EINTR:
		case syscall.EAGAIN:
			return
		default:
			t.Fatal(err)
		}
	}
}

// TestClosedPipeFiles holds that a reader who has seen enough ends the scan
// without a word, and that the files beside it are whole.
func TestClosedPipeFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "scan.json")
	cmd, out, pipe, stderr := start(t, "scan", "127.0.0.1", "-p", "1-20000", "--show", "all", "-o", "jsonl", "-o", "json="+file, "-q")
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	pipe.Close()
	if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
		t.Errorf("ended with %v: %s", err, stderr)
	}
	text, err := os.ReadFile(file)
	var d document
	if err == nil {
		err = json.Unmarshal(text, &d)
	}
	if err != nil || d.Summary.Complete {
		t.Errorf("%v: complete is %v", err, d.Summary.Complete)
	}
}

// TestClosedPipeFindings holds that diff and audit end with what they found where the
// reader of their output has left, as in porthole audit | head -1.
func TestClosedPipeFindings(t *testing.T) {
	_, port := listenHere(t)
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	listening, seen := fmt.Sprint(port), ""
	for _, args := range [][]string{
		{"list", "--netns", "self", "--port", "1", "-q", "-o", "json=" + path("old")},
		{"list", "--netns", "self", "--port", listening, "-q", "-o", "json=" + path("new")},
		{"scan", "127.0.0.1", "-p", "1", "--show", "all", "-q", "-o", "json=" + path("scan")},
	} {
		if out, err := exec.Command("porthole", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	text, err := os.ReadFile(path("scan"))
	if seen = strings.Replace(string(text), `"state":"closed"`, `"state":"open"`, 1); err != nil || seen == string(text) {
		t.Fatalf("%v: %s", err, text)
	}
	if err := os.WriteFile(path("scan"), []byte(seen), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"diff", path("old"), path("new"), "-q"},
		{"diff", path("old"), path("new"), "-q", "-o", "jsonl"},
		{"audit", "--from", path("scan"), "-q"},
		{"audit", "--from", path("scan"), "-q", "-o", "json"},
	} {
		if code := runWithoutReader(t, exec.Command("porthole", args...)); code != exitFindings {
			t.Errorf("%v: ended with %d, not with %d", args, code, exitFindings)
		}
	}
}

// TestClosedPipeIncomplete holds that commands end with what they lack where the reader
// of their output has left.
func TestClosedPipeIncomplete(t *testing.T) {
	folder := t.TempDir()
	if out, err := exec.Command("porthole", "scan", "127.0.0.1", "-p", "1", "--shard", "1/2", "-q", "-o", "json="+filepath.Join(folder, "shard")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cut := `{"kind":"socket","proto":"tcp","addr":"127.0.0.1","port":1,"state":"listen","processes":[]}` + "\n"
	for name, text := range map[string]string{"cut": cut, "targets": "127.0.0.1/99\n"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"merge", "shard", "-o", "jsonl"},
		{"diff", "cut", "cut", "-o", "jsonl"},
		{"scan", "127.0.0.1", "-i", "targets", "--dry-run"},
	} {
		cmd := exec.Command("porthole", append(args, "-q")...)
		cmd.Dir = folder
		if code := runWithoutReader(t, cmd); code != exitIncomplete {
			t.Errorf("%v: ended with %d, not with %d", args, code, exitIncomplete)
		}
	}
}

// runWithoutReader runs a command whose standard output is a pipe that nobody reads, and
// returns its exit code.
func runWithoutReader(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out.Close()
	cmd.Stdout = in
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}
