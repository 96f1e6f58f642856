package mcpserver

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// TestTools holds which tools there are, and that all but kill only look.
func TestTools(t *testing.T) {
	for _, kill := range []bool{false, true} {
		found, err := connect(t, Config{AllowKill: kill}).ListTools(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		names := make(map[string]*mcp.Tool)
		for _, tool := range found.Tools {
			names[tool.Name] = tool
			hints := tool.Annotations
			if hints == nil || hints.Title == "" || tool.Description == "" || hints.ReadOnlyHint != (tool.Name != "kill") || *hints.DestructiveHint != (tool.Name == "kill") ||
				*hints.OpenWorldHint != (tool.Name == "scan" || tool.Name == "wait") || tool.OutputSchema == nil {
				t.Errorf("%s: %+v", tool.Name, hints)
			}
		}
		for _, name := range []string{"list", "explain", "lookup", "audit", "diff", "free", "wait", "scan"} {
			if names[name] == nil {
				t.Errorf("there is no tool %s", name)
			}
		}
		if len(names) != 8 && !kill || (names["kill"] != nil) != kill {
			t.Errorf("with AllowKill %v there are %d tools", kill, len(names))
		}
	}
}

// TestLocal calls the tools that look at this machine, about a port of this process.
func TestLocal(t *testing.T) {
	session := connect(t, Config{})
	port := strconv.Itoa(listen(t).Port)
	doc := ask(t, session, "list", map[string]any{"queries": []string{port}, "proto": "tcp"})
	if len(doc.Records) != 1 || doc.Records[0].Holders()[0].PID != os.Getpid() || doc.Summary.ListCounts.Sockets != 1 || doc.Truncated {
		t.Errorf("list: %+v", doc)
	}
	doc = ask(t, session, "explain", map[string]any{"port": port})
	if len(doc.Records) != 1 || doc.Records[0].Explanation == nil || len(doc.Records[0].Sockets) != 1 {
		t.Errorf("explain: %+v", doc)
	}
	doc = ask(t, session, "free", map[string]any{"ports": port + "-65535"})
	if len(doc.Records) != 1 || strconv.Itoa(int(doc.Records[0].Port)) == port {
		t.Errorf("free: %+v", doc)
	}
	if doc = ask(t, session, "lookup", map[string]any{"queries": []string{"ssh"}}); len(doc.Records) == 0 || doc.Records[0].Port != 22 {
		t.Errorf("lookup: %+v", doc)
	}
	if doc = ask(t, session, "audit", nil); doc.Summary.AuditCounts.Checked == 0 {
		t.Errorf("audit: %+v", doc)
	}
}

// TestRefused holds what a wrong call is told.
func TestRefused(t *testing.T) {
	session := connect(t, Config{})
	for _, test := range []struct {
		tool string
		args map[string]any
		want string
	}{
		{"list", map[string]any{"limit": 2000}, "limit: 2000 is not from 1 to 1000"},
		{"list", map[string]any{"proto": "sctp"}, `proto: unknown value "sctp"`},
		{"list", map[string]any{"queries": []string{"1-x"}}, "queries: "},
		{"list", map[string]any{"what": 1}, "what"},
		{"explain", map[string]any{"port": "80-90"}, "is 11 ports; name one"},
		{"explain", map[string]any{}, "port"},
		{"lookup", map[string]any{"queries": []string{}}, "want at least one"},
		{"audit", map[string]any{"severity": "worst"}, `severity: unknown value "worst"`},
		{"diff", map[string]any{"old": "list-7"}, `there is no result "list-7"`},
		{"diff", map[string]any{"old": "/dev/zero"}, "is not a file that can be read"},
		{"diff", map[string]any{"old": "server_test.go", "new": "server_test.go"}, "is not what porthole list or scan wrote"},
		{"scan", map[string]any{"targets": []string{}}, "targets: want at least one"},
		{"scan", map[string]any{"targets": []string{"127.0.0.1"}, "show": []string{"opened"}}, "show: "},
		{"scan", map[string]any{"targets": []string{"127.0.0.0/8"}, "ports": "-"}, "one call asks 2097152 at most"},
		{"scan", map[string]any{"targets": []string{"127.0.0.1"}, "timeout_seconds": 601}, "timeout_seconds: 601 is not from 0 to 600"},
		{"wait", map[string]any{"ports": []string{"10.0.0.1:80"}, "for": "free"}, "cannot be told from here"},
		{"wait", map[string]any{"ports": []string{"80"}, "for": "ever"}, `for: unknown value "ever"`},
	} {
		if _, failure := call(t, session, test.tool, test.args); !strings.Contains(failure, test.want) {
			t.Errorf("%s %v: %q, want %q", test.tool, test.args, failure, test.want)
		}
	}
}

// TestTruncated holds that an answer says when there is more.
func TestTruncated(t *testing.T) {
	session := connect(t, Config{})
	doc := ask(t, session, "lookup", map[string]any{"queries": []string{"1-1000"}, "limit": 3})
	if len(doc.Records) != 3 || !doc.Truncated || doc.Total != doc.Summary.LookupCounts.Services || doc.Total < 1000 {
		t.Errorf("%d records, truncated %v of %d", len(doc.Records), doc.Truncated, doc.Total)
	}
	text, _ := call(t, session, "lookup", map[string]any{"queries": []string{"-"}, "limit": 1000})
	if len(text) > maxAnswer+1000 || !strings.Contains(text, `"truncated":true`) {
		t.Errorf("%d bytes", len(text))
	}
}

// TestDiff holds that an earlier answer is compared with now, with another one, and
// with a file.
func TestDiff(t *testing.T) {
	session := connect(t, Config{})
	own := map[string]any{"queries": []string{filepath.Base(os.Args[0])[:8]}}
	old := ask(t, session, "list", own).Result
	at := listen(t)
	doc := ask(t, session, "diff", map[string]any{"old": old})
	if len(doc.Records) != 1 || doc.Records[0].Port != uint16(at.Port) || doc.Summary.DiffCounts.Opened != 1 {
		t.Errorf("since %s: %+v", old, doc)
	}
	now := ask(t, session, "list", own).Result
	if doc = ask(t, session, "diff", map[string]any{"old": old, "new": now}); len(doc.Records) != 1 {
		t.Errorf("%s, %s: %+v", old, now, doc)
	}
	scan := ask(t, session, "scan", map[string]any{"targets": []string{"127.0.0.1"}, "ports": strconv.Itoa(at.Port)})
	file := filepath.Join(t.TempDir(), "scan.json")
	const other = `{"schema":"porthole/1","command":"scan","records":[],"summary":{"kind":"summary","command":"scan","complete":true,"elapsed_ms":1}}`
	if err := os.WriteFile(file, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	if doc = ask(t, session, "diff", map[string]any{"old": file, "new": scan.Result}); len(doc.Records) != 1 || doc.Summary.DiffCounts.Opened != 1 {
		t.Errorf("file: %+v", doc)
	}
	for args, want := range map[string]string{
		scan.Result: "name what to compare it with",
	} {
		if _, failure := call(t, session, "diff", map[string]any{"old": args}); !strings.Contains(failure, want) {
			t.Errorf("%s: %q", args, failure)
		}
	}
	if _, failure := call(t, session, "diff", map[string]any{"old": old, "new": scan.Result}); failure == "" {
		t.Error("a list was compared with a scan")
	}
}

// TestCancel holds that a client that gives a call up gets its place back at once.
func TestCancel(t *testing.T) {
	session := connect(t, Config{})
	free := listen(t)
	for range 2 * maxCalls {
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() {
			_, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "wait", Arguments: map[string]any{"ports": []string{strconv.Itoa(free.Port)}, "for": "closed", "timeout_seconds": 600}})
			failed <- err
		}()
		cancel()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	ask(t, session, "lookup", map[string]any{"queries": []string{"22"}})
}

// TestEnd holds that a session ends with its input, also while a call works, and that
// a message of any length is not kept.
func TestEnd(t *testing.T) {
	for name, text := range map[string]string{
		"call": `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"wait","arguments":{"ports":["1"],"timeout_seconds":600}}}
`,
		"long": `{"jsonrpc":"2.0","id":1,"method":"` + strings.Repeat("x", 4*maxRequest),
		"text": "what is this?\n",
	} {
		in, client := net.Pipe()
		ended := make(chan error, 1)
		go func() { ended <- Serve(t.Context(), Config{}, in, discard{}) }()
		io.Copy(client, bytes.NewBufferString(text)) // fails for what is not read
		client.Close()
		<-ended
		t.Log(name)
	}
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) Close() error                { return nil }
