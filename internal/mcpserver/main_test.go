package mcpserver

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.uber.org/goleak"

	"porthole/internal/record"
)

// TestMain is also a program that holds a port until it is killed: see startHolder.
func TestMain(m *testing.M) {
	if os.Getenv("PORTHOLE_TEST_HOLDER") != "" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			panic(err)
		}
		fmt.Println(l.Addr().(*net.TCPAddr).Port)
		bufio.NewReader(os.Stdin).ReadByte() // its end is that of the test
		return
	}
	goleak.VerifyTestMain(m)
}

// startHolder starts another process that holds a port, which it returns.
func startHolder(t *testing.T) (port string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PORTHOLE_TEST_HOLDER=1")
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// connect starts a server and connects the SDK's own client to it.
func connect(t *testing.T, c Config) *mcp.ClientSession {
	t.Helper()
	here, there := mcp.NewInMemoryTransports()
	c.Version = "v1.2.3"
	serving, err := New(c).Connect(t.Context(), there, nil)
	if err != nil {
		t.Fatal(err)
	}
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), here, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		session.Close()
		serving.Wait()
	})
	return session
}

// call calls a tool; the text of an error if it failed.
func call(t *testing.T, session *mcp.ClientSession, tool string, args map[string]any) (text string, failure string) {
	t.Helper()
	res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: args})
	if err != nil {
		t.Fatalf("%s %v: %v", tool, args, err)
	}
	if len(res.Content) != 1 {
		t.Fatalf("%s %v: %d contents", tool, args, len(res.Content))
	}
	text = res.Content[0].(*mcp.TextContent).Text
	if res.IsError {
		return "", text
	}
	structured, err := json.Marshal(res.StructuredContent)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if json.Unmarshal(structured, &a) != nil || json.Unmarshal([]byte(text), &b) != nil || fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("%s %v: the text is not what is structured:\n%s\n%s", tool, args, text, structured)
	}
	return text, ""
}

// answered is a document as a client reads it.
type answered struct {
	Command   string
	Records   []record.Record
	Summary   record.Summary
	Truncated bool
	Total     int
	Result    string
	Notes     []string
}

// ask calls a tool that answers with records, and holds that they are as
// docs/schema says.
func ask(t *testing.T, session *mcp.ClientSession, tool string, args map[string]any) (doc answered) {
	t.Helper()
	text, failure := call(t, session, tool, args)
	if failure != "" {
		t.Fatalf("%s %v: %s", tool, args, failure)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	schema, err := c.Compile(filepath.Join("../../docs/schema", "document.json"))
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err == nil {
		err = schema.Validate(value)
	}
	if err == nil {
		err = json.Unmarshal([]byte(text), &doc)
	}
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", tool, args, err, text)
	}
	return doc
}

// listen holds a port of this process on loopback.
func listen(t *testing.T) *net.TCPAddr {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().(*net.TCPAddr)
}
