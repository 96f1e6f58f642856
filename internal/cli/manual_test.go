package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const manDir = "../../docs/man"

// TestManualPages holds docs/man to the commands' definitions and docs/cli.md.
func TestManualPages(t *testing.T) {
	doc, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	want, err := Manual().Pages(string(doc))
	if err != nil {
		t.Fatal(err)
	}
	have := make(map[string]string)
	for _, file := range manualFiles(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		have[filepath.Base(file)] = string(text)
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("go generate ./internal/cli would change docs/man:\n%s", diff)
	}
}

// TestManualLint shows the pages to two programs that set them, which find no
// fault.
func TestManualLint(t *testing.T) {
	for _, lint := range [][]string{{"mandoc", "-Tlint", "-Wstyle"}, {"groff", "-man", "-Tutf8", "-ww", "-z"}} {
		if _, err := exec.LookPath(lint[0]); err != nil {
			t.Logf("%s is not installed: %v", lint[0], err)
			continue
		}
		for _, file := range manualFiles(t) {
			if out, err := exec.Command(lint[0], append(lint[1:], file)...).CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%s %s: %v\n%s", lint[0], file, err, out)
			}
		}
	}
}

func manualFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(manDir, "*.1"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no pages in %s: %v", manDir, err)
	}
	return files
}

// TestOverview holds that the list at the top of docs/cli.md has every command.
func TestOverview(t *testing.T) {
	doc, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	top, _, _ := strings.Cut(string(doc), "\n## ")
	for _, cmd := range visible(testConsole().app()) {
		if !strings.Contains(top, "\nporthole "+cmd.Name+" ") {
			t.Errorf("docs/cli.md begins without porthole %s", cmd.Name)
		}
	}
}
