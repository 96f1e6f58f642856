package cli

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// nobody is the user that owns nothing.
const nobody = 65534

// TestListAsOrdinaryUser holds that a socket of another user stays in the
// list, and that one line says how many holders are hidden and what shows them.
func TestListAsOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can run porthole as another user")
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)

	cmd := exec.Command(executableForAll(t), "list", port, "--netns", "self") // another may have the port, too
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	cmd.Env = []string{"HOME=/"}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	if !strings.Contains(string(out), port) || !strings.Contains(string(out), "(hidden: permission)") {
		t.Errorf("the row is missing or does not say why:\n%s", out)
	}
	want := "the holders of 1 socket are hidden from this user; run porthole as root to see them"
	if strings.Count(stderr.String(), want) != 1 {
		t.Errorf("standard error does not say once %q:\n%s", want, &stderr)
	}
}

// TestMayMatchAsOrdinaryUser holds that a program which may be behind a hidden holder is
// not said to hold nothing, and that the user who made a socket is one of its users.
func TestMayMatchAsOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can run porthole as another user")
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	porthole := executableForAll(t)
	for line, want := range map[string]string{
		"list nonsuch --port " + port:             "1 more socket may match: its holders are hidden from this user; run porthole as root to see them\n0 sockets,",
		"list nonsuch -o json --port " + port:     `"hidden_sockets":0,"may_match_sockets":1,`,
		"list --count --pid 1 --port " + port:     "0\n1 more socket may match: ",
		"list --count --user root --port " + port: "1\n",
		"list --user nonsuch --port " + port:      "no user here is called nonsuch\n0 sockets,",
		"list --pid 4194304 --port " + port:       "no process has the number 4194304\n0 sockets,",
		"kill nonsuch --dry-run":                  "porthole: kill: nothing whose name can be seen from here holds a port as nonsuch; the holders of ",
	} {
		cmd := exec.Command(porthole, append(strings.Fields(line), "--netns", "self")...)
		if strings.HasPrefix(line, "kill") {
			cmd = exec.Command(porthole, strings.Fields(line)...)
		}
		cmd.Dir, cmd.Env = "/", []string{"HOME=/"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		if out, _ := cmd.CombinedOutput(); !strings.Contains(string(out), want) {
			t.Errorf("%s: %q, want %q", line, out, want)
		}
	}
}

// executableForAll builds a porthole that any user may run: test binaries lie
// in folders of their own user.
func executableForAll(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "porthole")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	src, err := exec.LookPath("porthole")
	if err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(src)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	path := filepath.Join(dir, "porthole")
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
