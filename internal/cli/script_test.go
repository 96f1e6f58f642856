package cli

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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
	if os.Getenv(holderEnv) != "" {
		holdSockets(os.Stdin, os.Stdout)
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

// setConfigFolder makes [os.UserConfigDir] a folder of the script on every system.
func setConfigFolder(env *testscript.Env) {
	folder := filepath.Join(env.WorkDir, "config")
	env.Setenv("XDG_CONFIG_HOME", folder)
	env.Setenv("AppData", folder)
	if runtime.GOOS == "darwin" {
		env.Setenv("HOME", env.WorkDir)
		folder = filepath.Join(env.WorkDir, "Library", "Application Support")
	}
	env.Setenv("CONFIG", folder)
}

// TestScript runs testdata/script: each file is a page of documentation that
// is held to be true. Beside testscript's own commands a script has
//
//	listen NAME NETWORK ADDRESS   a listener on a free port; $NAME is the port
//	mute NAME NETWORK ADDRESS     a UDP socket that is bound and never answers
//	closed NAME NETWORK ADDRESS   a port that nothing waits on
//	serve NAME KIND ADDRESS       a server on a free port, one of servers_test.go
//	registered SERVICE PORT       the user's own name for a TCP port
//	like FILE PATTERN...          FILE has a line that holds all the words
//	exits CODE ARG...             run porthole and check its exit code
//
// $PID is the process that holds the script's sockets, $CONFIG the folder of the
// user's configuration.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PORTHOLE_SERVICES", "")
			env.Setenv("LC_ALL", "C.UTF-8")
			env.Setenv("GORACE", os.Getenv("GORACE"))
			setConfigFolder(env)
			h, err := startHolder()
			if err != nil {
				return err
			}
			env.Defer(h.stop)
			env.Values[holderKey{}] = h
			env.Setenv("PID", strconv.Itoa(h.process.Process.Pid))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"listen": cmdSocket("listen"),
			"mute":   cmdSocket("mute"),
			"closed": cmdSocket("closed"),
			"serve":  cmdServe,
			"like":   cmdLike,
			"exits":  cmdExits,
			"fill":   cmdFill,

			"registered": cmdRegistered,
		},
	})
}

// holderKey is where a script's environment keeps its holder.
type holderKey struct{}

// cmdSocket has the script's holder open a socket, and sets a variable to its
// port.
func cmdSocket(kind string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		if len(args) != 3 {
			ts.Fatalf("usage: %s NAME NETWORK ADDRESS", kind)
		}
		port, err := ts.Value(holderKey{}).(*holder).open(kind, args[1], args[2])
		ts.Check(err)
		ts.Setenv(args[0], port)
	}
}

// cmdServe has the script's holder serve on a port, and sets a variable to it.
func cmdServe(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: serve NAME KIND ADDRESS")
	}
	network := "tcp4"
	if strings.Contains(args[2], ":") {
		network = "tcp6"
	}
	cmdSocket("serve-"+args[1])(ts, false, []string{args[0], network, args[2]})
}

// cmdFill writes a port into a file of the script, in place of the word PORT.
func cmdFill(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: fill FILE PORT")
	}
	text := strings.ReplaceAll(ts.ReadFile(args[0]), "PORT", args[1])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o666))
}

// cmdRegistered adds a line to the user's services.
func cmdRegistered(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: registered SERVICE PORT")
	}
	path := ts.MkAbs("services")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	ts.Check(err)
	_, err = fmt.Fprintf(f, "%s %s/tcp\n", args[0], args[1])
	ts.Check(err)
	ts.Check(f.Close())
	ts.Setenv("PORTHOLE_SERVICES", path)
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
