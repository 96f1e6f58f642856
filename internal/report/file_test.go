package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"porthole/internal/record"
)

// TestFile checks that a file appears complete, under its own name only, whether
// or not it had a temporary name, and whatever a killed program left there.
func TestFile(t *testing.T) {
	for name, create := range map[string]func(string) (*file, error){"by itself": create, "named": createNamed} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "scan.json")
			write(t, path, "old")
			f, err := create(path)
			if err != nil {
				t.Fatal(err)
			}
			if f.part == "" {
				write(t, partName(path), "of a killed program with this number")
			}
			if _, err := f.WriteString("new"); err != nil {
				t.Fatal(err)
			}
			holds(t, path, "old")
			if err := f.publish(); err != nil {
				t.Fatal(err)
			}
			holds(t, path, "new")
			if f, err = create(path); err != nil {
				t.Fatal(err)
			}
			f.discard()
			holds(t, path, "new")
			if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// TestOneFileEach checks that two formats do not overwrite each other.
func TestOneFileEach(t *testing.T) {
	folder := t.TempDir()
	same := filepath.Join(folder, "list")
	_, err := Open([]Spec{{FormatJSON, same}, {FormatCSV, same}}, nil, Options{Command: "list", Kind: record.KindSocket})
	if err == nil || !strings.Contains(err.Error(), "give each a file of its own") {
		t.Error(err)
	}
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	out, err := Open([]Spec{{FormatJSON, os.DevNull}, {FormatCSV, os.DevNull}}, nil, Options{Command: "list", Kind: record.KindSocket})
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Close(&record.Summary{}); err != nil {
		t.Error(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, path, want string) {
	t.Helper()
	if text, err := os.ReadFile(path); err != nil || string(text) != want {
		t.Errorf("%s holds %q, %v, not %q", path, text, err, want)
	}
}
