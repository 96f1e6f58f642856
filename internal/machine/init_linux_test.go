package machine

import (
	"os"
	"path/filepath"
	"testing"
)

func TestIsInit(t *testing.T) {
	for text, want := range map[string]bool{
		"Name:\tsh\nNSpid:\t812\t1\nPPid:\t1\n": true, "NSpid:\t1\n": true, "NSpid:\t812\n": false, "NSpid:\t1\t812\n": false, "NSpid:\n": false, "Name:\tx\n": false,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "status"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := isInit(dir); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if isInit(t.TempDir()) || IsInit(os.Getpid()) {
		t.Error("a process that is gone, or this one, adopts orphans")
	}
}
