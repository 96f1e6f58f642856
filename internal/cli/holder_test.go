package cli

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// A holder is a process that holds the sockets of one script. Scripts run side
// by side, and each command they run is for a moment a copy of the process that
// starts it, with its sockets: a listener in the test's own process would be
// seen with the children of other scripts as holders. A holder starts nothing.
type holder struct {
	process *exec.Cmd
	orders  io.WriteCloser
	answers *bufio.Reader
}

// holderEnv makes the test binary a holder.
const holderEnv = "PORTHOLE_TEST_HOLDER"

func startHolder() (*holder, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	h := &holder{process: exec.Command(exe)}
	h.process.Env = append(os.Environ(), holderEnv+"=1")
	h.process.Stderr = os.Stderr
	if h.orders, err = h.process.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := h.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	h.answers = bufio.NewReader(out)
	return h, h.process.Start()
}

// stop closes the sockets and ends the process.
func (h *holder) stop() {
	h.orders.Close()
	h.process.Wait()
}

// open opens a socket of a kind on a free port: a listener, a UDP socket that
// never answers ("mute"), or one that keeps a port closed.
func (h *holder) open(kind, network, addr string) (port string, err error) {
	if _, err := fmt.Fprintln(h.orders, kind, network, addr); err != nil {
		return "", err
	}
	line, err := h.answers.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("the holder of the script's sockets ended: %w", err)
	}
	port, problem, _ := strings.Cut(strings.TrimSpace(line), " ")
	if problem != "" {
		return "", fmt.Errorf("%s %s %s: %s", kind, network, addr, problem)
	}
	return port, nil
}

// holdSockets is the holder's process: it reads "KIND NETWORK ADDRESS", answers
// "PORT" or "- PROBLEM", and ends with its input. Its sockets end with it.
func holdSockets(in io.Reader, out io.Writer) {
	var held socketSet
	orders := bufio.NewScanner(in)
	for orders.Scan() {
		f := strings.Fields(orders.Text())
		port, err := held.open(f[0], f[1], f[2])
		if err != nil {
			fmt.Fprintln(out, "-", err)
			continue
		}
		fmt.Fprintln(out, port)
	}
	runtime.KeepAlive(held) // the collector closes a socket that nothing refers to
}

// socketSet is what a holder holds.
type socketSet []io.Closer

func (s *socketSet) open(kind, network, addr string) (port int, err error) {
	var local net.Addr
	switch udp := strings.HasPrefix(network, "udp"); {
	case kind == "listen" && udp:
		local, err = s.echoUDP(network, addr)
	case kind == "listen":
		local, err = s.acceptTCP(network, addr)
	case kind == "mute" && udp:
		conn, e := s.bindUDP(network, addr)
		if e != nil {
			return 0, e
		}
		local = conn.LocalAddr()
	case kind == "closed" && udp:
		local, err = s.closedUDP(network, addr)
	case kind == "closed":
		local, err = s.closedTCP(network, addr)
	case strings.HasPrefix(kind, "serve-"):
		local, err = s.serve(strings.TrimPrefix(kind, "serve-"), network, addr)
	default:
		err = fmt.Errorf("no socket of kind %q over %s", kind, network)
	}
	if err != nil {
		return 0, err
	}
	if udp, ok := local.(*net.UDPAddr); ok {
		return udp.Port, nil
	}
	return local.(*net.TCPAddr).Port, nil
}

// acceptTCP accepts and closes.
func (s *socketSet) acceptTCP(network, addr string) (net.Addr, error) {
	l, err := s.listenTCP(network, addr)
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	return l.Addr(), nil
}

// echoUDP sends back what it receives.
func (s *socketSet) echoUDP(network, addr string) (net.Addr, error) {
	conn, err := s.bindUDP(network, addr)
	if err != nil {
		return nil, err
	}
	go echo(conn)
	return conn.LocalAddr(), nil
}

func echo(conn net.PacketConn) {
	buf := make([]byte, 2048)
	for {
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		if _, err := conn.WriteTo(buf[:n], from); err != nil {
			return
		}
	}
}

// closedTCP finds a port that refuses and that nothing else can start to listen
// on meanwhile: the local port of an established connection.
func (s *socketSet) closedTCP(network, addr string) (net.Addr, error) {
	peer, err := s.listenTCP(network, addr)
	if err != nil {
		return nil, err
	}
	return s.connect(network, peer.Addr())
}

// closedUDP does the same: a connected socket takes datagrams from its peer
// alone.
func (s *socketSet) closedUDP(network, addr string) (net.Addr, error) {
	peer, err := s.bindUDP(network, addr)
	if err != nil {
		return nil, err
	}
	return s.connect(network, peer.LocalAddr())
}

func (s *socketSet) listenTCP(network, addr string) (net.Listener, error) {
	l, err := net.Listen(network, net.JoinHostPort(addr, "0"))
	if err != nil {
		return nil, err
	}
	*s = append(*s, l)
	return l, nil
}

func (s *socketSet) bindUDP(network, addr string) (*net.UDPConn, error) {
	a, err := net.ResolveUDPAddr(network, net.JoinHostPort(addr, "0"))
	if err != nil {
		return nil, err
	}
	conn, err := net.ListenUDP(network, a)
	if err != nil {
		return nil, err
	}
	*s = append(*s, conn)
	return conn, nil
}

func (s *socketSet) connect(network string, to net.Addr) (local net.Addr, err error) {
	conn, err := net.Dial(network, to.String())
	if err != nil {
		return nil, err
	}
	*s = append(*s, conn)
	return conn.LocalAddr(), nil
}
