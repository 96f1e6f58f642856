package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"porthole/internal/record"
)

// TestOneFileEach checks that two formats do not overwrite each other.
func TestOneFileEach(t *testing.T) {
	folder := t.TempDir()
	same := filepath.Join(folder, "list")
	_, err := Open(t.Context(), []Spec{{FormatJSON, same}, {FormatCSV, same}}, nil, Options{Command: "list", Kind: record.KindSocket})
	if err == nil || !strings.Contains(err.Error(), "give each a file of its own") {
		t.Error(err)
	}
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	out, err := Open(t.Context(), []Spec{{FormatJSON, os.DevNull}, {FormatCSV, os.DevNull}}, nil, Options{Command: "list", Kind: record.KindSocket})
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Close(&record.Summary{}); err != nil {
		t.Error(err)
	}
}
