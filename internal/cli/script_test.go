package cli

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the golden outputs in testdata/script")

func TestMain(m *testing.M) {
	if os.Getenv(hostileEnv) != "" {
		listenUnderHostileName()
		return
	}
	if os.Getenv(listenEnv) != "" {
		listenUntilEnd()
		return
	}
	testscript.Main(m, map[string]func(){
		"porthole": func() { os.Exit(Main(os.Args, os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScript runs testdata/script: each file is a page of documentation that
// is held to be true. Beside testscript's own commands a script has
//
//	listen NAME NETWORK ADDRESS   a listener on a free port; $NAME is the port
//	mute NAME NETWORK ADDRESS     a UDP socket that is bound and never answers
//	closed NAME NETWORK ADDRESS   a port that nothing listens on
//	like FILE PATTERN...          FILE has a line that holds all the words
//	exits CODE ARG...             run porthole and check its exit code
func TestScript(t *testing.T) {
	testscript.RunT(serial{t}, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PORTHOLE_SERVICES", "")
			env.Setenv("GORACE", os.Getenv("GORACE"))
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
			env.Setenv("PID", strconv.Itoa(os.Getpid()))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"listen": cmdListen,
			"mute":   cmdMute,
			"closed": cmdClosed,
			"like":   cmdLike,
			"exits":  cmdExits,
		},
	})
}

// serial runs the scripts one after the other. A process that is being started
// holds its parent's sockets until it executes its program, so that scripts
// side by side would see each other's children as holders of their listeners.
type serial struct{ *testing.T }

func (serial) Parallel()     {}
func (serial) Verbose() bool { return testing.Verbose() }

func (s serial) Run(name string, f func(testscript.T)) {
	s.T.Run(name, func(t *testing.T) { f(serial{t}) })
}

// cmdListen opens a listener that lives as long as the script: TCP accepts and
// closes, UDP echoes.
func cmdListen(ts *testscript.TestScript, _ bool, args []string) {
	name, network, addr := three(ts, args)
	if strings.HasPrefix(network, "udp") {
		conn := bindUDP(ts, network, addr)
		setPort(ts, name, conn.LocalAddr().(*net.UDPAddr).Port)
		ts.Defer(func() { conn.Close() })
		go echo(conn)
		return
	}
	l, err := net.Listen(network, net.JoinHostPort(addr, "0"))
	ts.Check(err)
	setPort(ts, name, l.Addr().(*net.TCPAddr).Port)
	ts.Defer(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
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

func cmdMute(ts *testscript.TestScript, _ bool, args []string) {
	name, network, addr := three(ts, args)
	conn := bindUDP(ts, network, addr)
	setPort(ts, name, conn.LocalAddr().(*net.UDPAddr).Port)
	ts.Defer(func() { conn.Close() })
}

// cmdClosed finds a port that refuses and that nothing else can start to
// listen on meanwhile: for TCP the local port of an established connection.
func cmdClosed(ts *testscript.TestScript, _ bool, args []string) {
	name, network, addr := three(ts, args)
	if strings.HasPrefix(network, "udp") {
		conn := bindUDP(ts, network, addr)
		setPort(ts, name, conn.LocalAddr().(*net.UDPAddr).Port)
		ts.Check(conn.Close())
		return
	}
	l, err := net.Listen(network, net.JoinHostPort(addr, "0"))
	ts.Check(err)
	conn, err := net.Dial(network, l.Addr().String())
	ts.Check(err)
	setPort(ts, name, conn.LocalAddr().(*net.TCPAddr).Port)
	ts.Defer(func() { conn.Close(); l.Close() })
}

func bindUDP(ts *testscript.TestScript, network, addr string) *net.UDPConn {
	a, err := net.ResolveUDPAddr(network, net.JoinHostPort(addr, "0"))
	ts.Check(err)
	conn, err := net.ListenUDP(network, a)
	ts.Check(err)
	return conn
}

// cmdLike looks for a line of stdout, stderr or a file that has all the words.
func cmdLike(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: like FILE WORD...")
	}
	found := false
	text := ts.ReadFile(args[0])
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		all := true
		for _, word := range args[1:] {
			has := false
			for _, f := range fields {
				has = has || f == word
			}
			all = all && has
		}
		found = found || all
	}
	if found == neg {
		ts.Fatalf("%s: a line with %q found: %v\n%s", args[0], args[1:], found, text)
	}
}

// cmdExits runs porthole and holds it to one exit code. A mistake in what was
// typed must leave standard output empty.
func cmdExits(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: exits CODE ARG...")
	}
	err := ts.Exec("porthole", args[1:]...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("porthole %s: exit code %d, want %s", strings.Join(args[1:], " "), code, args[0])
	}
	if out := ts.ReadFile("stdout"); code == exitUsage && out != "" {
		ts.Fatalf("a mistake printed on standard output:\n%s", out)
	}
}

func three(ts *testscript.TestScript, args []string) (a, b, c string) {
	if len(args) != 3 {
		ts.Fatalf("want NAME NETWORK ADDRESS, got %q", args)
	}
	return args[0], args[1], args[2]
}

func setPort(ts *testscript.TestScript, name string, port int) { ts.Setenv(name, fmt.Sprint(port)) }
