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
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
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

// TestInterruptByTimeout holds that timeout(1), which sends its signal twice, leaves what
// was found whole.
func TestInterruptByTimeout(t *testing.T) {
	timeout, err := exec.LookPath("timeout")
	if err != nil {
		t.Skip(err)
	}
	silent := udpPort(t, false)
	var ending sync.WaitGroup
	for range 8 { // one in eight of a build that took the second one for another had no output
		ending.Go(func() {
			out, err := exec.Command(timeout, "1", "porthole", "scan", "127.0.0.1", "--udp", "-p", silent, "--timeout", "1h", "-q", "-o", "json").Output()
			if json.Unmarshal(out, new(document)) != nil {
				t.Errorf("%v: %q", err, out)
			}
		})
	}
	ending.Wait()
}

// TestInterruptFormats holds that SIGINT and SIGTERM leave every format whole
// under its name, and nothing else.
func TestInterruptFormats(t *testing.T) {
	for sig, code := range map[syscall.Signal]int{syscall.SIGINT: exitInterrupted, syscall.SIGTERM: exitTerminated} {
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
		cmd, out, _, _ := start(t, "scan", "127.0.0.1", "-p", "1-20000", "--show", "all", "-o", "jsonl", "-q")
		if _, err := out.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
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
