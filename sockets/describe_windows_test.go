package sockets

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDescribeArguments holds that arguments with blanks stay whole, and that a
// process has its name without being opened.
func TestDescribeArguments(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{self, "-test.run", "^$", "-test.count=1", `C:\Program Files\a "b" c`, ""}
	cmd := exec.Command(self, args[1:]...)
	cmd.Env = append(os.Environ(), helperEnv+"=wait")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { in.Close(); cmd.Wait() }()
	p, err := describePID(t.Context(), cmd.Process.Pid, &users{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(args, p.Cmdline); diff != "" || p.Name != filepath.Base(self) {
		t.Errorf("name %q\n%s", p.Name, diff)
	}
	if names := executableNames(); names[cmd.Process.Pid] != filepath.Base(self) {
		t.Errorf("%d processes, this one is %q", len(names), names[cmd.Process.Pid])
	}
}

// TestRunningServices holds that each service runs in a process that there is.
func TestRunningServices(t *testing.T) {
	list, err := runningServices()
	if err != nil || len(list) == 0 {
		t.Fatalf("%d services, %v", len(list), err)
	}
	names := executableNames()
	for _, s := range list {
		if s.name == "" || s.pid != 0 && names[s.pid] == "" {
			t.Errorf("the service %q runs in process %d, of which there is none", s.name, s.pid)
		}
	}
	t.Log(serviceNames(list))
}

// TestReadScopes holds that both tables can be read.
func TestReadScopes(t *testing.T) {
	if _, err := readScopes(); err != nil {
		t.Error(err)
	}
}
