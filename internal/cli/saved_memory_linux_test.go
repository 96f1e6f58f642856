package cli

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestSavedMemory holds that files of any size are compared and read in bounded memory.
// Each has 100,000 rows of 700 bytes, half of which differ; as records they would take
// some 300 MB.
func TestSavedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 400 MB")
	}
	if raceDetector {
		t.Skip("the race detector takes several times the memory")
	}
	const (
		rows = 100_000
		most = 128 << 10 // KiB; about half of it is used
	)
	verdict := func(i int, version string) string {
		return fmt.Sprintf(`{"kind":"port","host":"198.18.%[1]d.%[2]d","proto":"tcp","addr":"198.18.%[1]d.%[2]d","port":%[3]d,"state":"open","reason":"syn-ack","class":"registered",`+
			`"verified":{"outcome":"identified","service":"http","version":"%[4]s","evidence":"%[5]s"}}`, i>>16, i>>8&255, 1024+i&255, version, strings.Repeat("x", 420))
	}
	socket := func(i int, version string) string {
		return fmt.Sprintf(`{"kind":"socket","proto":"tcp","addr":"198.18.%d.%d","port":%d,"state":"listen","class":"registered","exposure":"public",`+
			`"processes":[{"pid":%d,"exe":"/srv/app-%s","cmdline":["%s"],"user":"root"}]}`, i>>16, i>>8&255, 1024+i&255, 100+i, version, strings.Repeat("x", 440))
	}
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	for _, test := range []struct {
		command string
		row     func(int, string) string
		args    []string
		want    string
	}{
		{"scan", verdict, []string{"diff", "old", "new"}, "50000 with another version; 100000 verdicts before"},
		{"list", socket, []string{"diff", "old", "new"}, "50000 with another owner; 100000 sockets before"},
		{"scan", verdict, []string{"audit", "--from", "old"}, "the scan has no verdict on an address of this machine"},
	} {
		for name, version := range map[string]string{"old": "1", "new": "2"} {
			writeRows(t, filepath.Join(dir, name), rows, func(i int) string {
				if i%2 == 0 {
					return test.row(i, "1")
				}
				return test.row(i, version)
			}, fmt.Sprintf(`{"kind":"summary","command":%q,"complete":true}`, test.command))
		}
		cmd := exec.Command("porthole", append(test.args, "-o", "jsonl=/dev/null")...)
		cmd.Dir = dir
		out, _ := cmd.CombinedOutput()
		if !strings.Contains(string(out), test.want) {
			t.Errorf("%v of a %s: it has no %q\n%s", test.args, test.command, test.want, out)
		}
		if used := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss; used > most {
			t.Errorf("%v of a %s: %d KiB, more than %d", test.args, test.command, used, most)
		}
	}
}

// writeRows writes rows and a summary, a line each, without keeping them: what a test
// keeps counts as its child's.
func writeRows(t *testing.T, path string, n int, row func(int) string, summary string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	for i := range n {
		fmt.Fprintln(w, row(i))
	}
	fmt.Fprintln(w, summary)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}
