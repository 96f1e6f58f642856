package sockets

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"porthole/sockets/internal/procfs"
)

// raceEnv keeps the race detector from sleeping a second at every exit.
const raceEnv = "GORACE=atexit_sleep_ms=0"

// nobody is a user who may not look into the others.
const nobody = 65534

// startHelper runs this test binary under another path until the test ends,
// and returns once it is up: just after execve its arguments may be missing.
func startHelper(t testing.TB, path, what string) (pid int) {
	t.Helper()
	pid, _ = startRole(t, what, func(cmd *exec.Cmd) { cmd.Path, cmd.Args = path, []string{path} })
	return pid
}

// startRole runs this test binary as a helper, changed by with, until the test
// ends. It returns what the helper says before "ready".
func startRole(t testing.TB, what string, with func(*exec.Cmd)) (pid int, said []string) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), helperEnv+"="+what, raceEnv)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if with != nil {
		with(cmd)
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Skipf("the helper may not be started so here: %v", err)
	}
	t.Cleanup(func() { stdin.Close(); cmd.Wait() })
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if lines.Text() == "ready" {
			return cmd.Process.Pid, said
		}
		said = append(said, lines.Text())
	}
	stdin.Close()
	err = cmd.Wait()
	if text := stderr.String(); strings.Contains(text, "skip: ") {
		t.Skip(text)
	}
	t.Fatalf("the helper %s said %q, then %v: %s", what, said, err, stderr.String())
	return 0, nil
}

// address is what a helper says of its first socket.
func address(t *testing.T, said []string) netip.AddrPort {
	t.Helper()
	if len(said) == 0 {
		t.Fatal("the helper named no socket")
	}
	return netip.MustParseAddrPort(said[0])
}

// listAs lists as a helper that is changed by with.
func listAs(t *testing.T, what string, with func(*exec.Cmd)) Snapshot {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	with(cmd)
	snap, err := tryList(cmd, what)
	if errors.Is(err, syscall.EPERM) {
		t.Skipf("the helper may not be started so here: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	return snap
}

func tryList(cmd *exec.Cmd, what string) (Snapshot, error) {
	cmd.Env = append(os.Environ(), helperEnv+"="+what, raceEnv)
	cmd.Dir = "/"
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return Snapshot{}, fmt.Errorf("%w: %s", err, stderr.String())
	}
	var told packed
	if err := json.Unmarshal(stdout.Bytes(), &told); err != nil {
		return Snapshot{}, fmt.Errorf("%w: %s", err, stdout.String())
	}
	return told.unpack(), nil
}

func asNobody(cmd *exec.Cmd) {
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
}

func inNewNamespace(cmd *exec.Cmd) { cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWNET }

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root, for users and namespaces of its own")
	}
}

// helpHere plays the roles that only Linux has. A role may carry an argument
// behind a space.
func helpHere(role string) error {
	role, argument, _ := strings.Cut(role, " ")
	switch role {
	case "listen":
		at, err := netip.ParseAddrPort(argument)
		if err != nil {
			return err
		}
		if _, err := sayListener(at); err != nil {
			return err
		}
		return waitForEnd()
	case "alone":
		if err := bindAlone(argument); err != nil {
			return err
		}
		return waitForEnd()
	case "stray-thread":
		return strayThread()
	case roleDeadLeader:
		return deadLeader()
	case "lowered":
		if err := os.WriteFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", []byte("80"), 0); err != nil {
			return fmt.Errorf("skip: %w", err)
		}
		return helpHere("listen 0.0.0.0:80")
	case "with-address": // and listen there
		at, err := netip.ParseAddrPort(argument)
		if err != nil {
			return err
		}
		if err := command("", "ip", "addr", "add", at.Addr().String()+"/32", "dev", "lo"); err != nil {
			return err
		}
		if err := command("", "ip", "link", "set", "lo", "up"); err != nil {
			return err
		}
		return helpHere("listen 0.0.0.0:" + strconv.Itoa(int(at.Port())))
	case "nat":
		if err := command(argument, "nft", "-f", "-"); err != nil {
			return err
		}
		return helpHere("listen 127.0.0.1:0")
	case "hand-down":
		return handDown(argument)
	case "list-without-proc":
		if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
			return err
		}
		if err := unix.Mount("tmpfs", "/proc", "tmpfs", 0, ""); err != nil {
			return err
		}
		return help("list")
	case "list-few", "list-few-no-bpf":
		n, err := strconv.ParseUint(argument, 10, 64)
		if err != nil {
			return err
		}
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: n, Max: n}); err != nil {
			return err
		}
		return printList(&Lister{NoBPF: role == "list-few-no-bpf"})
	case "listen-many":
		n, err := strconv.Atoi(argument)
		if err != nil {
			return err
		}
		for i := range n {
			if _, err := rawListener(netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(20000+i))); err != nil {
				return err
			}
		}
		return waitForEnd()
	case "vxlan":
		for _, args := range []string{"link set lo up", "link add vx0 type vxlan id 42 dstport 4789 dev lo", "link set vx0 up"} {
			if err := command("", "ip", strings.Fields(args)...); err != nil {
				return fmt.Errorf("skip: %w", err) // a kernel without VXLAN
			}
		}
		conn, err := net.ListenPacket("udp4", "0.0.0.0:4790")
		if err != nil {
			return err
		}
		defer conn.Close()
		fmt.Println("0.0.0.0:4789")
		fmt.Println(conn.LocalAddr())
		return waitForEnd()
	case "mptcp-endpoint":
		for _, args := range []string{"link set lo up", "addr add 198.18.0.1/32 dev lo", "mptcp endpoint add 198.18.0.1 port 4790 signal"} {
			if err := command("", "ip", strings.Fields(args)...); err != nil {
				return fmt.Errorf("skip: %w", err) // a kernel without MPTCP
			}
		}
		if _, err := rawListener(netip.MustParseAddrPort("127.0.0.1:4790")); err != nil {
			return err
		}
		fmt.Println("198.18.0.1:4790")
		fmt.Println("127.0.0.1:4790")
		return waitForEnd()
	case "churn":
		return churn()
	case "rpcbind":
		return rpcbindInside()
	case "list-inside":
		return listInside()
	case "hold-process":
		return holdProcess(argument)
	default:
		return fmt.Errorf("no helper named %q", role)
	}
}

// bindAlone opens one socket, "udp 6", and waits with it on every address.
func bindAlone(what string) error {
	proto, family, _ := strings.Cut(what, " ")
	kind, protocol := unix.SOCK_DGRAM, unix.IPPROTO_UDP
	switch proto {
	case "tcp":
		kind, protocol = unix.SOCK_STREAM, unix.IPPROTO_TCP
	case "mptcp":
		kind, protocol = unix.SOCK_STREAM, unix.IPPROTO_MPTCP
	case "udplite":
		protocol = unix.IPPROTO_UDPLITE
	}
	domain, at := unix.AF_INET, unix.Sockaddr(&unix.SockaddrInet4{Port: 7})
	if family == "6" {
		domain, at = unix.AF_INET6, &unix.SockaddrInet6{Port: 7}
	}
	fd, err := unix.Socket(domain, kind|unix.SOCK_CLOEXEC, protocol)
	if errors.Is(err, unix.EPROTONOSUPPORT) || errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.ENOPROTOOPT) {
		return fmt.Errorf("skip: %w", err)
	}
	if err == nil {
		err = unix.Bind(fd, at)
	}
	if err == nil && kind == unix.SOCK_STREAM {
		err = unix.Listen(fd, 1)
	}
	return err
}

// command runs a program; one that is missing is a reason to skip.
func command(stdin, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("skip: %w", err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

// sayListener opens a TCP listener, which other sockets may join, and says
// where.
func sayListener(at netip.AddrPort) (fd int, err error) {
	if fd, err = rawListener(at); err != nil {
		return -1, err
	}
	bound, err := localOf(fd)
	fmt.Println(bound)
	return fd, err
}

func rawListener(at netip.AddrPort) (fd int, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		return -1, err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: at.Addr().As4(), Port: int(at.Port())}); err != nil {
		return -1, err
	}
	return fd, unix.Listen(fd, 7)
}

func localOf(fd int) (netip.AddrPort, error) {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return netip.AddrPort{}, err
	}
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port)), nil
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port)), nil
	default:
		return netip.AddrPort{}, errors.New("not an internet socket")
	}
}

// loopbackAny is a free port of loopback.
func loopbackAny() netip.AddrPort { return netip.MustParseAddrPort("127.0.0.1:0") }

// strayThread holds a listener in a thread that left the process's table.
func strayThread() error {
	failed := make(chan error)
	go func() {
		runtime.LockOSThread() // for ever: the thread keeps its own table
		if err := unix.Unshare(unix.CLONE_FILES); err != nil {
			failed <- err
			return
		}
		_, err := sayListener(loopbackAny())
		failed <- err
		select {}
	}()
	if err := <-failed; err != nil {
		return err
	}
	return waitForEnd()
}

// churn holds 600 listeners on one address that stay, which it names, and opens and
// closes others beside them.
func churn() error {
	at := netip.MustParseAddrPort("127.0.0.5:9000")
	var passing []int
	for i := range 900 {
		fd, err := rawListener(at)
		if err != nil {
			return err
		}
		if i%3 == 0 {
			passing = append(passing, fd)
			continue
		}
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			return err
		}
		fmt.Println(st.Ino)
	}
	failed := make(chan error, 1)
	go func() {
		for i := 0; ; i = (i + 7) % len(passing) {
			unix.Close(passing[i])
			var err error
			if passing[i], err = rawListener(at); err != nil {
				failed <- err
				return
			}
			time.Sleep(300 * time.Microsecond) // a pace, not a wait for something
		}
	}()
	if err := waitForEnd(); err != nil {
		return err
	}
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

const roleDeadLeader = "dead-leader"

// A goroutine that is locked before main begins is on the first thread.
func init() {
	if os.Getenv(helperEnv) == roleDeadLeader {
		runtime.LockOSThread()
	}
}

// deadLeader holds a listener while the process's first thread has ended.
func deadLeader() error {
	if _, err := sayListener(loopbackAny()); err != nil {
		return err
	}
	go func() {
		for {
			text, err := os.ReadFile("/proc/self/stat")
			if err != nil {
				os.Exit(1)
			}
			if s, err := procfs.ParseStat(string(text)); err != nil || s.State == 'Z' {
				break
			}
			runtime.Gosched()
		}
		waitForEnd()
		os.Exit(0) // nobody is left on the first thread to do it
	}()
	_, _, errno := unix.Syscall(unix.SYS_EXIT, 0, 0, 0)
	return errno
}

// handDown listens on port 80 and gives the socket to a child without rights,
// under a name.
func handDown(name string) error {
	fd, err := sayListener(netip.AddrPortFrom(netip.IPv4Unspecified(), 80))
	if err != nil {
		return err
	}
	child := exec.Command("/proc/self/exe")
	child.Env = append(os.Environ(), helperEnv+"=wait", raceEnv,
		"LISTEN_FDS=1", "LISTEN_FDNAMES="+name)
	child.ExtraFiles = []*os.File{os.NewFile(uintptr(fd), "listener")}
	child.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	stdin, err := child.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := child.StdoutPipe()
	if err != nil {
		return err
	}
	if err := child.Start(); err != nil {
		return fmt.Errorf("skip: %w", err)
	}
	defer child.Wait()
	defer stdin.Close()
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		return err
	}
	fmt.Println(strconv.Itoa(child.Process.Pid))
	return waitForEnd()
}

// listInside lists from a PID namespace with a /proc of its own.
func listInside() error {
	if err := ownProc(); err != nil {
		return err
	}
	return help("list")
}

// ownProc mounts the /proc of a PID namespace that was made with the process.
func ownProc() error {
	if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
		return err
	}
	return unix.Mount("proc", "/proc", "proc", 0, "")
}
