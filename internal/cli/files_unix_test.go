//go:build unix

package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// TestFileModes holds that new files with command lines are for their owner alone,
// and others as the umask has it.
func TestFileModes(t *testing.T) {
	old := syscall.Umask(0o022)
	defer syscall.Umask(old)
	folder := t.TempDir()
	for _, test := range []struct {
		mode os.FileMode
		name string
		args []string
	}{
		{0o600, "list", []string{"list", "--netns", "self", "-o", "json=list"}},
		{0o600, "wide", []string{"list", "--netns", "self", "-o", "wide=wide"}},
		{0o644, "metrics", []string{"list", "--netns", "self", "-o", "prometheus=metrics"}},
		{0o600, "audit", []string{"audit", "--fail-on", "high", "-o", "csv=audit"}},
		{0o644, "lookup", []string{"lookup", "22", "-o", "json=lookup"}},
		{0o644, "scan", []string{"scan", "127.0.0.1", "-p", "1", "-o", "xml=scan"}},
		{0o600, "kept", []string{"scan", "127.0.0.1", "-p", "1", "--resume", "kept"}},
	} {
		cmd := exec.Command("porthole", append(test.args, "-q")...)
		cmd.Dir = folder
		if out, err := cmd.CombinedOutput(); err != nil && cmd.ProcessState.ExitCode() != exitFindings {
			t.Fatalf("%v: %v\n%s", test.args, err, out)
		}
		if info, err := os.Stat(filepath.Join(folder, test.name)); err != nil || info.Mode() != test.mode {
			t.Errorf("%v: %v, want %v", test.args, info.Mode(), test.mode)
		}
	}
}

// TestRawFileNames holds that files whose names are not UTF-8, or end with a blank,
// are written and read under these very names.
func TestRawFileNames(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"a\x9bb.json", " blanks "} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte("127.0.0.1\n"), 0o600); err != nil {
			t.Skipf("this file system has no such names: %v", err)
		}
		for _, args := range [][]string{{"scan", "-i", path, "-p", "1", "-q"}, {"-q", "scan", "127.0.0.1", "-p", "1", "--resume", path + ".kept"}, {"-q", "lookup", "22", "-o", "json=" + path}, {"-q", "-o", "csv=" + path + "2", "lookup", "22"}} {
			if out, err := exec.Command("porthole", args...).CombinedOutput(); err != nil {
				t.Errorf("%q: %v\n%s", args, err, out)
			}
		}
		for _, end := range []string{"", ".kept", "2"} {
			if info, err := os.Stat(path + end); err != nil || info.Size() < 50 {
				t.Errorf("%q: %v, %v", path+end, info, err)
			}
		}
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 6 {
		t.Errorf("%d files, %v: %q", len(files), err, files)
	}
}
