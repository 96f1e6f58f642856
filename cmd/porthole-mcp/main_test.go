package main

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// TestMain is also the program itself.
func TestMain(m *testing.M) {
	if os.Getenv("PORTHOLE_TEST_MCP") != "" {
		os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

func program(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "PORTHOLE_TEST_MCP=1")
	return cmd
}

// TestProcess holds that the SDK's client starts the program, asks it, and ends it by
// closing its input.
func TestProcess(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cmd := program("--allow", "203.0.113.0/24")
	var diag bytes.Buffer
	cmd.Stderr = &diag
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), &mcp.CommandTransport{Command: cmd}, nil)
	if err != nil {
		t.Fatal(err)
	}
	tools, err := session.ListTools(t.Context(), nil)
	if err != nil || len(tools.Tools) != 8 {
		t.Errorf("%v, %v", tools, err)
	}
	for _, tool := range tools.Tools {
		if tool.Name == "scan" && !strings.Contains(tool.Description, "203.0.113.0/24") {
			t.Errorf("what may be scanned is not said: %s", tool.Description)
		}
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "list", Arguments: map[string]any{"queries": []string{port}}})
	if err != nil || res.IsError || !strings.Contains(res.Content[0].(*mcp.TextContent).Text, `"pid":`+strconv.Itoa(os.Getpid())) {
		t.Errorf("%+v, %v", res, err)
	}
	if err := session.Close(); err != nil || cmd.ProcessState.ExitCode() != 0 || diag.Len() > 0 {
		t.Errorf("%v, %v, %s", err, cmd.ProcessState, diag.String())
	}
}

// TestSignal holds that a signal ends the program while it waits for its input.
func TestSignal(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no SIGTERM to send")
	}
	cmd := program()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	const hello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}` + "\n"
	if _, err := in.Write([]byte(hello)); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil { // it is there
		t.Fatal(err)
	}
	cmd.Process.Signal(syscall.SIGTERM)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 143 {
		t.Errorf("exit code %d", code)
	}
}

// TestUsage holds what is said of flags.
func TestUsage(t *testing.T) {
	for args, want := range map[string]struct {
		code int
		text string
	}{
		"--version":         {0, "porthole-mcp "},
		"--help":            {0, "-allow-kill"},
		"--allow 10.0.0/24": {2, "neither an address nor a network"},
		"--allow-all":       {2, "flag provided but not defined"},
		"list":              {2, `"list" is not a flag`},
	} {
		out, _ := program(strings.Fields(args)...).CombinedOutput()
		cmd := program(strings.Fields(args)...)
		cmd.Run()
		if cmd.ProcessState.ExitCode() != want.code || !strings.Contains(string(out), want.text) {
			t.Errorf("%s: %v\n%s", args, cmd.ProcessState, out)
		}
	}
}

// TestBeside holds that porthole mcp runs the program in its own folder, with its
// flags.
func TestBeside(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds both programs")
	}
	folder := t.TempDir()
	build := exec.Command("go", "build", "-o", folder, "porthole", "porthole/cmd/porthole-mcp")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, kill := range []bool{false, true} {
		args, want := []string{"mcp"}, 8
		if kill {
			args, want = []string{"mcp", "--allow-kill", "--allow", "203.0.113.1"}, 9
		}
		transport := &mcp.CommandTransport{Command: exec.Command(filepath.Join(folder, "porthole"), args...)}
		session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), transport, nil)
		if err != nil {
			t.Fatal(err)
		}
		tools, err := session.ListTools(t.Context(), nil)
		if err != nil || len(tools.Tools) != want {
			t.Errorf("%v: %v, %v", args, tools, err)
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	}
}
