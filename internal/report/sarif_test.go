package report

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// sarifSchema is OASIS's schema of SARIF 2.1.0 with errata 01, as the module
// go-sarif carries it; the schema itself is not ours to hand on. Without the
// module, and without a network to fetch it, the test is skipped.
func sarifSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	cmd := exec.Command("go", "mod", "download", "-json", "github.com/owenrumney/go-sarif/v3@v3.3.1")
	cmd.Dir = t.TempDir() // outside our module: it is none of its dependencies
	out, err := cmd.Output()
	var module struct{ Dir string }
	if err != nil || json.Unmarshal(out, &module) != nil || module.Dir == "" {
		t.Skipf("the SARIF schema cannot be had: %v", err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(module.Dir, "pkg/report/v210/sarif/schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(constant(t, file, "schema")))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	const url = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	if err := c.AddResource(url, doc); err != nil {
		t.Fatal(err)
	}
	c.AssertFormat()
	s, err := c.Compile(url)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// constant reads a string constant out of Go source.
func constant(t *testing.T, file *ast.File, name string) string {
	t.Helper()
	var text string
	err := errors.New("no constant " + name)
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && spec.Names[0].Name == name && len(spec.Values) == 1 {
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
				text, err = strconv.Unquote(lit.Value)
			}
		}
		return err != nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestSARIFSchema checks that the output follows the schema of the standard, and
// that the schema can reject.
func TestSARIFSchema(t *testing.T) {
	s := sarifSchema(t)
	nothing := auditRun()
	nothing.records = nil
	for name, r := range map[string]run{"findings": auditRun(), "nothing": nothing} {
		if err := validate(t, s, r.write(t, FormatSARIF)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if text := strings.Replace(auditRun().write(t, FormatSARIF), `"level": "error"`, `"level": "dire"`, 1); validate(t, s, text) == nil {
		t.Error("an unknown level passes")
	}
}

// TestSARIF checks what the schema cannot: that results refer to their rules and have
// their fingerprints.
func TestSARIF(t *testing.T) {
	var log sarifLog
	if err := json.Unmarshal([]byte(auditRun().write(t, FormatSARIF)), &log); err != nil {
		t.Fatal(err)
	}
	for i, result := range log.Runs[0].Results {
		if rule := log.Runs[0].Tool.Driver.Rules[result.Index]; rule.ID != result.Rule {
			t.Errorf("result %d of %s points at %s", i, result.Rule, rule.ID)
		}
		if strings.Contains(result.Message.Text, "\x1b") {
			t.Errorf("an escape sequence gets through: %q", result.Message.Text)
		}
	}
	if got, want := log.Runs[0].Results[0].Fingerprints["porthole/3"], auditRun().records[0].Fingerprint; got != want {
		t.Errorf("fingerprint %q, want %q", got, want)
	}
}
