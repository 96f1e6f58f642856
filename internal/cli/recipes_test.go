package cli

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// recipe is the block of docs/recipes.md that follows the first mention of a file.
func recipe(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "recipes.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(text), "`"+file+"`")
	block := regexp.MustCompile("(?s)```[a-z]+\n(.*?)```").FindStringSubmatch(after)
	if !ok || block == nil {
		t.Fatalf("docs/recipes.md has no %s", file)
	}
	return block[1]
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// TestRecipesDaily runs the daily script three times: at first, without a change, and
// after a listener went.
func TestRecipesDaily(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it is a script for sh")
	}
	dir := t.TempDir()
	// Other tests' listeners come and go: only one is looked at.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	script := strings.Replace(recipe(t, "/usr/local/lib/porthole/daily"), "porthole list -q", "porthole list -q --port "+port, 1)
	write(t, filepath.Join(dir, "daily"), script, 0o644)
	write(t, filepath.Join(dir, "mail"), "#!/bin/sh\n{ echo \"$@\"; cat; } >>\"$STATE_DIRECTORY/mailed\"\n", 0o755)
	daily := func() string {
		t.Helper()
		cmd := exec.Command("sh", filepath.Join(dir, "daily"))
		cmd.Env = append(os.Environ(), "STATE_DIRECTORY="+dir, "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		mailed, _ := os.ReadFile(filepath.Join(dir, "mailed"))
		return string(mailed)
	}
	for _, day := range []string{"the first", "the second"} {
		if mailed := daily(); mailed != "" {
			t.Errorf("%s day mails %q", day, mailed)
		}
	}
	l.Close()
	mailed := daily()
	for _, want := range []string{"-s ", "other sockets listen than yesterday root\n", "closed", " " + port + " "} {
		if !strings.Contains(mailed, want) {
			t.Errorf("no %q in %q", want, mailed)
		}
	}
	if again := daily(); again != mailed {
		t.Errorf("it is said twice: %q", again)
	}
}

// TestRecipesUnits lets systemd check the units. The programs that they run are put
// where this machine has one.
func TestRecipesUnits(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	runs := regexp.MustCompile(`(?m)^ExecStart=\S+`)
	args := []string{"verify"}
	for _, name := range []string{"porthole-daily", "porthole-metrics"} {
		for _, kind := range []string{".service", ".timer"} {
			path := filepath.Join(dir, name+kind)
			write(t, path, runs.ReplaceAllString(recipe(t, name+kind), "ExecStart=/bin/true"), 0o644)
			args = append(args, path)
		}
	}
	out, err := exec.Command("systemd-analyze", args...).CombinedOutput()
	complaint := strings.Contains(string(out), dir) || strings.Contains(string(out), "porthole-")
	if err != nil && !complaint {
		t.Skipf("systemd-analyze does not work here: %v\n%s", err, out)
	}
	if err != nil || complaint {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestRecipesHook runs the command of the hook for a held port and a free one.
func TestRecipesHook(t *testing.T) {
	entry := regexp.MustCompile(`entry: porthole (.*)`).FindStringSubmatch(recipe(t, ".pre-commit-config.yaml"))
	if entry == nil {
		t.Fatal("the hook has no entry")
	}
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	args := strings.Fields(strings.Replace(entry[1], "8080", port, 1))
	if out, err := exec.Command("porthole", args...).CombinedOutput(); err == nil || !strings.Contains(string(out), "cannot be bound") {
		t.Errorf("held: %v, %s", err, out)
	}
	l.Close()
	if out, err := exec.Command("porthole", args...).CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != port {
		t.Errorf("free: %v, %s", err, out)
	}
}
