package cli

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// hostileEnv makes the test binary a listener that names itself after the
// value.
const hostileEnv = "PORTHOLE_TEST_HOSTILE"

// listenUnderHostileName renames its process through /proc/self/comm, prints
// its port, and stays until standard input ends.
func listenUnderHostileName() {
	if err := os.WriteFile("/proc/self/comm", []byte(os.Getenv(hostileEnv)), 0); err != nil {
		fmt.Println(err)
		return
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	bufio.NewReader(os.Stdin).ReadByte()
}

// TestHostileNames lists processes whose names and arguments try to forge
// rows, fields and colours: nothing raw may reach the terminal, in any format.
func TestHostileNames(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a process renames itself through /proc/self/comm, which only Linux has")
	}
	for _, name := range []string{
		"\x1b[31mred",
		"two\nrows",
		`x",pid=1,fd=3))`,
		") R 1 1 1 1 (",
		"\u202egnp.exe",
		"bad\xff\xfeutf8",
		"=1+1",
	} {
		t.Run(fmt.Sprintf("%q", name), func(t *testing.T) {
			port, pid := hostileListener(t, name)
			for _, format := range []string{"table", "wide", "csv", "json", "jsonl"} {
				out, err := exec.Command("porthole", "list", "--netns", "self", "--port", port, "-q", "--color", "never", "-o", format).Output()
				if err != nil {
					t.Fatal(err)
				}
				text := string(out)
				if format == "csv" {
					text = strings.ReplaceAll(text, "\r\n", "\n") // the line end of RFC 4180
				}
				checkHarmless(t, format, text, pid)
			}
		})
	}
}

// TestHostileKill holds that what kill shows before it asks has its own lines alone.
func TestHostileKill(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a process renames itself through /proc/self/comm, which only Linux has")
	}
	for _, name := range []string{"two\n  holds", "\x1b[31mred", "\u202egnp.exe"} {
		port, pid := hostileListener(t, name)
		out, err := exec.Command("porthole", "kill", port, "--dry-run").CombinedOutput()
		if err != nil || !strings.Contains(string(out), fmt.Sprintf(" (%d)", pid)) {
			t.Fatalf("%v: %q", err, out)
		}
		labels := regexp.MustCompile(`^(TERM of |  command   |  holds     tcp/127|  started   )[[:print:]]*\n$`)
		for line := range strings.Lines(string(out)) {
			if !labels.MatchString(line) {
				t.Errorf("%q: a line %q in %q", name, line, out)
			}
		}
	}
}

// hostileListener starts the listener with the name as its first argument too.
func hostileListener(t *testing.T, name string) (port string, pid int) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Args = []string{name, "\x1b]0;title\a"}
	cmd.Env = append(os.Environ(), hostileEnv+"="+name)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stdin.Close(); cmd.Wait() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line), cmd.Process.Pid
}

// checkHarmless holds output to one row that names the process, without a
// character that does more than stand for itself.
func checkHarmless(t *testing.T, format, out string, pid int) {
	t.Helper()
	rows := 0
	for line := range strings.Lines(out) {
		if strings.Contains(line, "listen") {
			rows++
		}
	}
	if rows != 1 {
		t.Errorf("%s has %d rows, not one:\n%q", format, rows, out)
	}
	if !strings.Contains(out, fmt.Sprint(pid)) {
		t.Errorf("%s does not name process %d:\n%q", format, pid, out)
	}
	for _, r := range out {
		if r < ' ' && r != '\n' || r == 0x7f || r == 0x202e {
			t.Errorf("%s lets %q through:\n%q", format, r, out)
		}
	}
}

// TestASCIILocale holds that nothing but ASCII is written for people in the locale C,
// on either stream.
func TestASCIILocale(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a process renames itself through /proc/self/comm, which only Linux has")
	}
	port, pid := hostileListener(t, "日本×é")
	for _, args := range [][]string{
		{"list", port}, {"list", port, "-o", "wide"}, {"list", port, "--tree"}, {"list", "日本"}, {"explain", port, "-v"}, {"audit", "--netns", "self"}, {"kill", port, "--dry-run"},
		{"scan", "日本.invalid", "-p", port}, {"日本"}, {"lookup", "日本"}, {"scan", "localhost", "-p", port, "-v"},
	} {
		cmd := exec.Command("porthole", args...)
		cmd.Env = append(os.Environ(), "LC_ALL=C")
		out, _ := cmd.CombinedOutput()
		if len(out) == 0 || strings.ContainsFunc(string(out), func(r rune) bool { return r > '~' }) {
			t.Errorf("%q: %q", args, out)
		}
		if args[0] == "list" && !strings.Contains(string(out), fmt.Sprintf(`\u65e5\u672c\u00d7\u00e9 (%d)`, pid)) && !strings.Contains(string(out), fmt.Sprintf(`\u65e5\u672cx\u00e9 (%d)`, pid)) {
			t.Errorf("%q: %q", args, out)
		}
	}
}
