package payload

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// server is a program from one of Debian's packages that proves a payload: it
// was not written to answer us.
type server struct {
	port     uint16 // whose payload it proves
	pkg      string
	binaries []string // one of these, in order of preference
	root     bool     // will not run for an ordinary user
	alone    bool     // needs a network namespace and a /run of its own
	fixed    bool     // always listens on port itself

	// args is the command line to listen on at, after writing what it wants
	// to find into dir.
	args func(t *testing.T, dir string, at netip.AddrPort) []string
}

// TestServers asks real servers, which listen on a free port of loopback.
func TestServers(t *testing.T) {
	for _, s := range servers() {
		if !s.alone {
			t.Run(fmt.Sprintf("%d %s", s.port, s.pkg), func(t *testing.T) { testServer(t, s) })
		}
	}
}

// namespaceEnv is set in this test binary when it was started again in
// namespaces of its own.
const namespaceEnv = "PORTHOLE_TEST_IN_NAMESPACE"

// TestServersAlone asks the servers that would change or need more of this
// machine than a port of loopback: they run in a network namespace that has
// nothing else.
func TestServersAlone(t *testing.T) {
	if os.Getenv(namespaceEnv) == "" {
		if os.Getuid() != 0 {
			t.Skip("making a network namespace needs root")
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestServersAlone$", "-test.v")
		cmd.Env = append(os.Environ(), namespaceEnv+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS}
		out, err := cmd.CombinedOutput()
		t.Logf("in the namespace:\n%s", out)
		if err != nil {
			t.Error(err)
		}
		return
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	loopbackUp(t)
	for _, s := range servers() {
		if s.alone {
			t.Run(fmt.Sprintf("%d %s", s.port, s.pkg), func(t *testing.T) { testServer(t, s) })
		}
	}
}

// loopbackUp switches this namespace's loopback on (netdevice(7)).
func loopbackUp(t *testing.T) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	r, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	r.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, r); err != nil {
		t.Fatal(err)
	}
}

// testServer starts s and sends it the request of its port until it answers:
// nothing else tells when it listens. Then it sends an empty datagram, which has
// to stay without an answer: it was the request that made the server answer.
func testServer(t *testing.T, s server) {
	path := findServer(t, s)
	at := freeUDP(t)
	if s.fixed {
		at = netip.AddrPortFrom(at.Addr(), s.port)
	}
	dir := t.TempDir()
	log, gone := startServer(t, path, s.args(t, dir, at), dir)
	request := Requests()(s.port)
	giveUp := time.After(30 * time.Second)
	for !answers(t, at, request, AnswersFromAnyPort(s.port), time.Second) {
		select {
		case <-gone:
			t.Fatalf("%s ended by itself:\n%s", s.pkg, log())
		case <-giveUp:
			t.Fatalf("%s does not answer:\n%s", s.pkg, log())
		case <-time.After(50 * time.Millisecond):
		}
	}
	if answers(t, at, nil, false, 50*time.Millisecond) {
		t.Errorf("%s answers an empty datagram, so the request proves nothing", s.pkg)
	}
}

// answers reports whether something comes back in time: from at, or from any
// port of its host.
func answers(t *testing.T, at netip.AddrPort, request []byte, anyPort bool, within time.Duration) bool {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(at.Addr(), 0)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.WriteToUDPAddrPort(request, at); err != nil {
		t.Fatal(err)
	}
	if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	_, from, err := c.ReadFromUDPAddrPort(make([]byte, 2048))
	return err == nil && (from == at || anyPort && from.Addr() == at.Addr())
}

// freeUDP is a port of loopback that was free a moment ago.
func freeUDP(t *testing.T) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

// findServer is the path of the program, or the reason to skip.
func findServer(t *testing.T, s server) string {
	t.Helper()
	if s.root && os.Getuid() != 0 {
		t.Skipf("%s runs for root only", s.pkg)
	}
	for _, name := range s.binaries {
		for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/sbin", "/usr/lib/ipsec") {
			if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return path
			}
		}
	}
	t.Skipf("not installed: apt-get install --no-install-recommends %s", s.pkg)
	return ""
}

// startServer runs a server, with all its children, until the test ends. It
// returns what it wrote so far, and a channel that is closed when it ended.
func startServer(t *testing.T, path string, args []string, dir string) (log func() string, gone <-chan struct{}) {
	t.Helper()
	out, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	cmd.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+dir, "STRONGSWAN_CONF="+filepath.Join(dir, "conf"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // how it ends is of no interest
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(2 * time.Second):
		}
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // and what it left of its group
		<-ended
	})
	return func() string {
		text, _ := os.ReadFile(filepath.Join(dir, "log"))
		return string(bytes.TrimSpace(text))
	}, ended
}

// write makes a file of lines in dir and returns its path.
func write(t *testing.T, dir, name string, lines ...string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
