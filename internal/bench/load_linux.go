package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// load is how many sockets of each kind are open, in how many processes.
type load struct {
	name                             string
	tcp, udp, connections, processes int
}

func (l load) title() string {
	return fmt.Sprintf("%s: %d listeners, %d UDP, %d connections, %d processes", l.name, l.tcp, l.udp, l.connections, l.processes)
}

// socket is what a tool should find: a waiting socket and its holder.
type socket struct {
	proto, address string
	pid            int
}

// start opens a load and gives the truth about it.
func start(l load) (truth []socket, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	var ends []func()
	stop = func() {
		for _, end := range ends {
			end()
		}
	}
	share := func(n, i int) string { return strconv.Itoa((n*(i+1))/l.processes - (n*i)/l.processes) }
	for i := range l.processes {
		cmd := exec.Command(self, loadHelper, share(l.tcp, i), share(l.udp, i), share(l.connections/2, i))
		cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GODEBUG=multipathtcp=0")
		cmd.Stderr = os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		stdin, err := cmd.StdinPipe()
		if err != nil {
			return nil, stop, err
		}
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			return nil, stop, err
		}
		if err := cmd.Start(); err != nil {
			return nil, stop, err
		}
		ends = append(ends, func() { stdin.Close(); cmd.Wait() })
		for lines := bufio.NewScanner(stdout); lines.Scan() && lines.Text() != "ready"; {
			proto, address, _ := strings.Cut(lines.Text(), " ")
			truth = append(truth, socket{proto, address, cmd.Process.Pid})
		}
	}
	return truth, stop, nil
}

// hold opens sockets, prints those that wait, and keeps them until its input
// ends.
func hold(args []string) error {
	if len(args) != 3 {
		return errors.New("want the number of listeners, UDP sockets and pairs of connections")
	}
	var n [3]int
	for i := range n {
		var err error
		if n[i], err = strconv.Atoi(args[i]); err != nil {
			return err
		}
	}
	out := bufio.NewWriter(os.Stdout)
	var target *unix.SockaddrInet4
	listener := -1
	for range n[0] {
		fd, at, err := open(unix.SOCK_STREAM)
		if err != nil {
			return err
		}
		if err := unix.Listen(fd, 512); err != nil {
			return err
		}
		fmt.Fprintf(out, "tcp 127.0.0.1:%d\n", at.Port)
		listener, target = fd, at
	}
	for range n[1] {
		_, at, err := open(unix.SOCK_DGRAM)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "udp 127.0.0.1:%d\n", at.Port)
	}
	for range n[2] {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		if err != nil {
			return err
		}
		if err := unix.Connect(fd, target); err != nil {
			return err
		}
		if _, _, err := unix.Accept(listener); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "ready")
	if err := out.Flush(); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// open binds a socket to a free port of loopback.
func open(kind int) (fd int, at *unix.SockaddrInet4, err error) {
	if fd, err = unix.Socket(unix.AF_INET, kind, 0); err != nil {
		return 0, nil, err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, nil, err
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return 0, nil, err
	}
	at, ok := name.(*unix.SockaddrInet4)
	if !ok {
		return 0, nil, net.InvalidAddrError("not IPv4")
	}
	return fd, at, nil
}

// loopbackUp brings this namespace's loopback device up.
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}
