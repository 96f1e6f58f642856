package cli

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pkg is what go list says of a package.
type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func goList(t *testing.T, args ...string) []pkg {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,Deps"}, args...)...)
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); err == io.EOF {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

// TestImports holds the house rules: data flows one way, and each dependency
// has one home.
func TestImports(t *testing.T) {
	homes := map[string][]string{ // import path prefix: the packages that may import it
		"github.com/urfave/cli":           {"porthole/internal/cli"},
		"github.com/shirou/gopsutil":      {"porthole/sockets", "porthole/internal/machine"},
		"github.com/fatih/color":          {"porthole/internal/report", "porthole/internal/live"},
		"github.com/mattn/go-runewidth":   {"porthole/internal/grid"},
		"github.com/clipperhouse":         {"porthole/internal/grid"},
		"porthole/scanner":                {"porthole/internal/cli", "porthole/internal/label", "porthole/internal/scanjob", "porthole/internal/waitjob", "porthole/internal/mcpserver"},
		"porthole/scanner/internal":       {"porthole/scanner"},
		"porthole/sockets/internal":       {"porthole/sockets"},
		"porthole/sockets":                {"porthole/internal/cli", "porthole/internal/label", "porthole/internal/reach", "porthole/internal/inspect", "porthole/internal/listing", "porthole/internal/waitjob", "porthole/internal/killjob", "porthole/internal/mcpserver"},
		"porthole/registry":               {"porthole/internal/cli", "porthole/internal/label", "porthole/internal/scanjob", "porthole/internal/inspect", "porthole/internal/listing", "porthole/internal/waitjob", "porthole/internal/killjob", "porthole/internal/mcpserver", "porthole/cmd/porthole-mcp", "porthole/internal/savedfile"},
		"porthole/scanner/verify":         {"porthole/internal/bench", "porthole/internal/cli", "porthole/internal/label", "porthole/internal/scanjob", "porthole/internal/verifyjob", "porthole/internal/waitjob"},
		"porthole/internal/verifyjob":     {"porthole/internal/cli"},
		"porthole/internal/report":        {"porthole/internal/cli", "porthole/internal/live", "porthole/internal/savedfile", "porthole/internal/mcpserver"},
		"porthole/internal/program":       {"porthole/internal/verifyjob", "porthole/internal/cli", "porthole/internal/remark", "porthole/internal/label", "porthole/internal/audit", "porthole/internal/explain"},
		"porthole/internal/record":        {"porthole/internal/verifyjob", "porthole/internal/program", "porthole/internal/cli", "porthole/internal/report", "porthole/internal/report/gen", "porthole/internal/drift", "porthole/internal/audit", "porthole/internal/explain", "porthole/internal/live", "porthole/internal/label", "porthole/internal/scanjob", "porthole/internal/reach", "porthole/internal/kill", "porthole/internal/remark", "porthole/internal/inspect", "porthole/internal/listing", "porthole/internal/waitjob", "porthole/internal/killjob", "porthole/internal/savedfile", "porthole/internal/mcpserver", "porthole/internal/nmapxml", "porthole/internal/forest"},
		"porthole/internal/remark":        {"porthole/internal/verifyjob", "porthole/internal/cli", "porthole/internal/audit", "porthole/internal/explain", "porthole/internal/scanjob"},
		"porthole/internal/label":         {"porthole/internal/verifyjob", "porthole/internal/cli", "porthole/internal/scanjob", "porthole/internal/inspect", "porthole/internal/listing", "porthole/internal/killjob", "porthole/internal/mcpserver", "porthole/internal/waitjob", "porthole/internal/savedfile"},
		"porthole/internal/scanjob":       {"porthole/internal/cli", "porthole/internal/mcpserver"},
		"porthole/internal/drift":         {"porthole/internal/cli", "porthole/internal/savedfile", "porthole/internal/mcpserver"},
		"porthole/internal/audit":         {"porthole/internal/cli", "porthole/internal/inspect", "porthole/internal/mcpserver"},
		"porthole/internal/machine":       {"porthole/internal/verifyjob", "porthole/internal/cli", "porthole/internal/audit", "porthole/internal/explain", "porthole/internal/inspect", "porthole/internal/killjob", "porthole/internal/mcpserver"},
		"porthole/internal/inspect":       {"porthole/internal/cli", "porthole/internal/mcpserver"},
		"porthole/internal/listing":       {"porthole/internal/cli", "porthole/internal/killjob", "porthole/internal/mcpserver"},
		"porthole/internal/waitjob":       {"porthole/internal/cli", "porthole/internal/mcpserver"},
		"porthole/internal/killjob":       {"porthole/internal/cli", "porthole/internal/mcpserver"},
		"porthole/internal/savedfile":     {"porthole/internal/cli", "porthole/internal/mcpserver"},
		"porthole/internal/mcpserver":     {"porthole/cmd/porthole-mcp"},
		"porthole/internal/version":       {"porthole/internal/cli", "porthole/cmd/porthole-mcp"},
		"github.com/modelcontextprotocol": {"porthole/internal/mcpserver"},
		"porthole/internal/nmapxml":       {"porthole/internal/cli", "porthole/internal/savedfile"},
		"porthole/internal/forest":        {"porthole/internal/report", "porthole/internal/live"},
		"porthole/internal/explain":       {"porthole/internal/cli", "porthole/internal/inspect", "porthole/internal/waitjob"},
		"porthole/internal/kill":          {"porthole/internal/cli", "porthole/internal/live", "porthole/internal/killjob", "porthole/internal/mcpserver"},
		"porthole/internal/live":          {"porthole/internal/cli"},
		"porthole/internal/hosts":         {"porthole/internal/cli", "porthole/internal/scanjob", "porthole/internal/waitjob", "porthole/internal/mcpserver", "porthole/cmd/porthole-mcp"},
		"porthole/internal/textfile":      {"porthole/internal/cli", "porthole/internal/hosts", "porthole/internal/report", "porthole/internal/audit", "porthole/internal/nmapxml"},
		"porthole/internal/manual":        {"porthole/internal/cli"},
		"porthole/internal/checkpoint":    {"porthole/internal/scanjob"},
		"porthole/internal/privilege":     {"porthole/internal/cli"},
		"porthole/internal/userfile":      {"porthole/internal/cli", "porthole/internal/report", "porthole/internal/checkpoint", "porthole/internal/savedfile"},
		"porthole/internal/spill":         {"porthole/internal/drift", "porthole/internal/savedfile"},
		"porthole/internal/cli":           {"porthole", "porthole/internal/cli/gen"},
		"porthole/internal/grid":          {"porthole/internal/cli", "porthole/internal/report", "porthole/internal/live"},
		"porthole/internal/netlink":       {"porthole/scanner", "porthole/sockets", "porthole/internal/sockdiag", "porthole/internal/firewall", "porthole/internal/firewall/ruleset", "porthole/internal/netlink/netlinktest"},
		"porthole/internal/firewall":      {"porthole/internal/firewall", "porthole/internal/reach", "porthole/sockets"},
		"porthole/internal/reach":         {"porthole/internal/cli", "porthole/internal/inspect", "porthole/internal/listing"},
		"porthole/internal/sockdiag":      {"porthole/sockets"},
		"porthole/internal/bpfiter":       {"porthole/sockets"},
		"porthole/internal/spelling":      {"porthole/registry", "porthole/internal/cli"},
		"porthole/internal/progress":      {"porthole/internal/cli"},
		"charm.land/bubbletea":            {"porthole/internal/live"},
		"porthole/internal/netlab":        {"porthole/internal/bench"},
		"porthole/internal/osthread":      {"porthole/sockets", "porthole/internal/machine", "porthole/internal/netlab"},
	}
	for _, p := range goList(t, "./...") {
		for _, imported := range p.Imports {
			home := "" // the longest prefix that has a rule
			for prefix := range homes {
				below := imported == prefix || strings.HasPrefix(imported, prefix+"/")
				if below && len(prefix) > len(home) {
					home = prefix
				}
			}
			if allowed := homes[home]; home != "" && !slices.Contains(allowed, p.ImportPath) {
				t.Errorf("%s imports %s; only %s may", p.ImportPath, imported, strings.Join(allowed, ", "))
			}
		}
	}
}

// TestRecordAlone holds that records depend on nothing else of porthole: every
// package may speak of them.
func TestRecordAlone(t *testing.T) {
	for _, p := range goList(t, "porthole/internal/record") {
		for _, imported := range p.Imports {
			if strings.HasPrefix(imported, "porthole") {
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
		}
	}
}

// TestScheduleIsPure holds that what decides when a scan asks what knows no
// clock, no socket and no error number, so that it can be run in virtual time.
func TestScheduleIsPure(t *testing.T) {
	may := []string{"math", "math/bits", "net/netip", "slices", "time"}
	for _, p := range goList(t, "porthole/scanner/internal/schedule") {
		for _, imported := range p.Imports {
			if !slices.Contains(may, imported) {
				t.Errorf("%s imports %s; it may import %s", p.ImportPath, imported, strings.Join(may, ", "))
			}
		}
	}
	ofTime := []string{"Duration", "Nanosecond", "Microsecond", "Millisecond", "Second", "Minute", "Hour"}
	files, err := filepath.Glob("../../scanner/internal/schedule/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && !slices.Contains(ofTime, s.Sel.Name) {
				t.Errorf("%s uses time.%s", name, s.Sel.Name)
			}
			return true
		})
	}
}

// TestParsersAlone holds that the parsers of /proc open nothing and ask no kernel.
func TestParsersAlone(t *testing.T) {
	for _, p := range goList(t, "porthole/sockets/internal/procfs") {
		for _, imported := range p.Imports {
			if strings.Contains(imported, ".") || strings.HasPrefix(imported, "porthole") || slices.Contains([]string{"os", "net", "syscall", "io/fs", "unsafe"}, imported) {
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
		}
	}
}

// TestLoopAlone holds that one file of the live view knows the library that
// drives the terminal, and that no more of that family is asked for.
func TestLoopAlone(t *testing.T) {
	files, err := filepath.Glob("../live/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			path := strings.Trim(i.Path.Value, `"`)
			family := strings.HasPrefix(path, "charm.land/") || strings.HasPrefix(path, "github.com/charmbracelet/")
			if family && (filepath.Base(name) != "loop.go" || path != "charm.land/bubbletea/v2") {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}

// TestLeftOut keeps net/http and its 4 MB out of the binary on every system: the
// library of the MCP server has it, which is why that is a program of its own.
func TestLeftOut(t *testing.T) {
	for _, goos := range []string{"linux", "darwin", "windows", "freebsd"} {
		t.Setenv("GOOS", goos)
		t.Setenv("CGO_ENABLED", "0")
		for _, p := range goList(t, ".") {
			if goos == "linux" && slices.Contains(p.Deps, "github.com/shirou/gopsutil/v3/process") {
				t.Errorf("on linux the binary depends on gopsutil's processes, which read /proc/stat at every start")
			}
			if slices.Contains(p.Deps, "net/http") {
				t.Errorf("on %s the binary depends on net/http", goos)
			}
		}
	}
}
