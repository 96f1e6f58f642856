package report

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tool is the path of another's program, or skips the test.
func tool(t *testing.T, name, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not here; Debian has it in the package %s", name, pkg)
	}
	return path
}

func save(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// libnmap is Debian's python3-libnmap as an importer sees a scan: everything it
// found in the file, as JSON. Debian's own Python has Debian's modules.
func libnmap(t *testing.T, text string) []byte {
	t.Helper()
	python := "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import libnmap").Run(); err != nil {
		t.Skipf("%s cannot import libnmap (%v); Debian has it in the package python3-libnmap", python, err)
	}
	const program = `
import json, sys
from libnmap.parser import NmapParser
r = NmapParser.parse_fromfile(sys.argv[1])
print(json.dumps({
    "hosts": [[h.address, h.status, " ".join(h.hostnames),
               ["%d/%s %s %s %s" % (s.port, s.protocol, s.state, s.reason, s.service) for s in h.services],
               h.get_open_ports()] for h in r.hosts],
    "elapsed": r.elapsed, "up": r.hosts_up, "down": r.hosts_down, "total": r.hosts_total,
    "started": r.started, "command": r.commandline, "services": r.numservices}))
`
	cmd := exec.Command(python, "-c", program, save(t, "scan.xml", text))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("libnmap refuses the file: %v", err)
	}
	return out
}

func TestLibnmap(t *testing.T) {
	for _, test := range []struct {
		name string
		run  run
		want string
	}{
		{"scan", scanRun(), `{
			"hosts": [
				["198.18.0.8", "unknown", "", ["22/tcp filtered admin-prohibited a/b, <ssh>\\x1b[31m"], []],
				["198.18.0.9", "unknown", "", ["8080/tcp unknown local-limit http-alt", "8081/tcp unknown unknown http-alt"], []],
				["198.18.0.10", "up", "", [], []],
				["198.18.0.11", "down", "", [], []],
				["198.18.0.12", "unknown", "", [], []],
				["198.18.0.13", "unknown", "box.example.test", ["443/tcp open syn-ack https"], [[443, "tcp"]]],
				["198.18.0.7", "up", "example.test old-7.example.test", ["23/tcp open syn-ack telnet", "53/udp open udp-response domain", "161/udp open|filtered no-response snmp", "443/tcp open syn-ack https"], [[23, "tcp"], [53, "udp"], [443, "tcp"]]],
				["2001:db8::7", "up", "example.test", ["443/tcp open syn-ack https"], [[443, "tcp"]]]
			],
			"elapsed": 2.13, "up": 3, "down": 6, "total": 9, "started": 1795417200,
			"command": "porthole scan example.test 198.18.0.8-11 -p 'T:1-100,443,U:53 161'", "services": 2}`},
		{"interrupted before anything was known", emptyRun(), `{
			"hosts": [], "elapsed": 0, "up": 0, "down": 0, "total": 0, "started": 1795417200,
			"command": "porthole scan 198.18.0.7", "services": -1}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var want, got any
			if err := json.Unmarshal([]byte(test.want), &want); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(libnmap(t, test.run.write(t, FormatXML)), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("libnmap reads something else (-want +got):\n%s", diff)
			}
		})
	}
}

// ndiff compares two scans and returns its exit code and what it says.
func ndiff(t *testing.T, a, b string) (code int, text string) {
	t.Helper()
	out, err := exec.Command(tool(t, "ndiff", "ndiff"), save(t, "a.xml", a), save(t, "b.xml", b)).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil {
		code = exit.ExitCode()
	}
	return code, string(out)
}

// TestNdiff checks that ndiff finds no difference between a scan and itself,
// and the one difference in another scan.
func TestNdiff(t *testing.T) {
	for name, r := range map[string]run{"scan": scanRun(), "empty": emptyRun()} {
		if code, text := ndiff(t, r.write(t, FormatXML), r.write(t, FormatXML)); code != 0 {
			t.Errorf("%s differs from itself, or ndiff fails (%d):\n%s", name, code, text)
		}
	}
	later := scanRun()
	later.records = append(later.records, asked("", "198.18.0.10", "tcp", 8443, "open", "syn-ack", "https-alt"))
	code, text := ndiff(t, scanRun().write(t, FormatXML), later.write(t, FormatXML))
	if code != 1 || !strings.Contains(text, "+8443/tcp open  https-alt") {
		t.Errorf("ndiff misses a new port (%d):\n%s", code, text)
	}
	if strings.Contains(text, "198.18.0.7") {
		t.Errorf("ndiff finds a difference where none is:\n%s", text)
	}
}

// FuzzXML checks that the document is well-formed whatever the text from outside,
// and has no control characters.
func FuzzXML(f *testing.F) {
	for _, seed := range []string{"\x1b]0;x\a", "a\u202eb", "\xff\xfe", "]]><x>&amp;\"'", "--><!--", "\x00", "\ufffe\U000e0041"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, evil string) {
		r := emptyRun()
		r.o.Args = append(r.o.Args, evil)
		r.records = append(r.records, asked(evil, "198.18.0.77", "tcp", 1, "open", "syn-ack", evil))
		text := r.write(t, FormatXML)
		assertTame(t, text)
		for dec := xml.NewDecoder(strings.NewReader(text)); ; {
			if _, err := dec.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("with %q: %v", evil, err)
			}
		}
	})
}

// assertTame fails on a character that would act on a terminal.
func assertTame(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		line = strings.ReplaceAll(strings.TrimRight(line, "\r\n"), "\t", " ")
		if at := strings.IndexFunc(line, hostile); at >= 0 {
			t.Errorf("a raw %q comes through in %q", line[at:min(at+4, len(line))], line)
		}
	}
}
