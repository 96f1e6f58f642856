package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"porthole/internal/record"

	"github.com/google/go-cmp/cmp"
)

// document is what -o json writes.
type document struct {
	Records []record.Record
	Summary record.Summary
}

// scanJSON runs a scan to its end and reads its JSON.
func scanJSON(t *testing.T, args ...string) document {
	t.Helper()
	cmd := exec.Command("porthole", append([]string{"scan", "-q", "-o", "json"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, &stderr)
	}
	var d document
	if err := json.Unmarshal(out, &d); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return d
}

// findings is what two scans of the same must agree on: every result in order,
// and every count.
func (d document) findings() []string {
	lines := make([]string, 0, len(d.Records)+1)
	for _, r := range d.Records {
		lines = append(lines, fmt.Sprintf("%s %s %s %d %s %s %s", r.Host, r.Addr, r.Proto, r.Port, r.State, r.Reason, r.Service))
	}
	slices.Sort(lines)
	return append(lines, fmt.Sprintf("%+v complete %v config %s", *d.Summary.ScanCounts, d.Summary.Complete, d.Summary.Config))
}

// listeners opens some and returns their ports.
func listeners(t *testing.T, n int) (ports []string) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		ports = append(ports, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
	return ports
}

// TestResumeAfterKill holds that a scan that is killed and resumed several
// times, at any moment, ends with what an uninterrupted one finds.
func TestResumeAfterKill(t *testing.T) {
	// Outside of the range that other tests' listeners come and go in.
	ports := "20000-22999," + strings.Join(listeners(t, 5), ",")
	for name, args := range map[string][]string{
		"one host":      {"127.0.0.1", "-p", ports, "--rate", "3000"},
		"all shown":     {"127.0.0.1", "-p", ports, "--rate", "3000", "--show", "all"},
		"discovery":     {"127.0.0.0/28", "127.0.0.1:20001", "-p", "20000-20199", "--rate", "3000", "--discover", "always"},
		"several shard": {"127.0.0.0/29", "-p", "20000-20999", "--rate", "3000", "--shard", "2/3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append(args, "--seed", "7")
			want := scanJSON(t, args...)
			file := filepath.Join(t.TempDir(), "scan.ckpt")
			// A few kills are enough: on a busy machine a scan that is killed
			// within a tenth of a second may never end.
			kills := 0
			for kills < 12 && killed(t, append(args, "--resume", file)) {
				kills++
			}
			t.Logf("killed %d times", kills)
			got := scanJSON(t, "--resume", file) // all it needs is the file
			if diff := cmp.Diff(want.findings(), got.findings()); diff != "" {
				t.Errorf("-uninterrupted +resumed\n%s", diff)
			}
		})
	}
}

// killed runs a scan and kills it at a random moment after it has written to
// its file, which is the last argument; false if it ended before.
func killed(t *testing.T, args []string) bool {
	t.Helper()
	cmd := exec.Command("porthole", append([]string{"scan", "-q"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	before := size(args[len(args)-1])
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	sent := false
	for delay := rand.IntN(100); ; {
		select {
		case err := <-ended:
			var exit *exec.ExitError
			if errors.As(err, &exit) && (exit.ExitCode() == -1 || sent && runtime.GOOS == "windows") {
				return true
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, &stderr)
			}
			return false
		case <-tick.C:
			if size(args[len(args)-1]) == before {
				continue
			}
			if delay--; delay < 0 {
				sent = cmd.Process.Kill() == nil || sent
			}
		}
	}
}

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// TestResumeAfterInterrupt holds that nothing at all is lost by Ctrl-C: what
// the first run found is in the file, and the statistics add up.
func TestResumeAfterInterrupt(t *testing.T) {
	answers, silent := udpPort(t, true), udpPort(t, false)
	file := filepath.Join(t.TempDir(), "scan.ckpt")
	cmd, out, _, stderr := start(t, "scan", "127.0.0.1", "--udp", "-p", answers+","+silent, "--timeout", "1h", "-o", "jsonl", "--resume", file)
	if first, err := out.ReadString('\n'); err != nil || !strings.Contains(first, `"state":"open"`) {
		t.Fatalf("%v: %q\n%s", err, first, stderr)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Fatalf("ended with %v\n%s", err, stderr)
	}
	if want := "go on with: porthole scan --resume " + file; !strings.Contains(stderr.String(), want) {
		t.Errorf("standard error does not say %q:\n%s", want, stderr)
	}
	d := scanJSON(t, "--resume", file, "--timeout", "200ms", "--retries", "0")
	if n := d.Summary.ScanCounts; n.Open != 1 || n.OpenFiltered != 1 || n.Probes != 2 {
		t.Errorf("counts %+v", *n)
	}
	if l := d.Summary.ScanStats; l.Attempts < 3 { // one answered, one cut short, one silent
		t.Errorf("statistics %+v", *l)
	}
}
