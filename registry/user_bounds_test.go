package registry

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLoadBounds holds that a services file has an end, whatever it is.
func TestLoadBounds(t *testing.T) {
	var names, lines strings.Builder
	for i := range 2 * maxAliases {
		fmt.Fprintf(&names, "a%d 1/tcp\n", i)
	}
	for lines.Len() <= maxUserFile {
		lines.WriteString("a 1/tcp # again and again\n")
	}
	for text, want := range map[string]string{
		names.String():             "port 1 has more than 64 names",
		lines.String():             "the file is larger than 4 MB",
		strings.Repeat("a", 1<<20): "the line is longer than 65536 bytes",
	} {
		if err := new(Registry).Load(strings.NewReader(text), "services"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	folder := t.TempDir()
	for _, name := range []string{"XDG_CONFIG_HOME", "HOME", "AppData"} {
		t.Setenv(name, folder)
	}
	if name, named := userServicesFile(func(string) string { return "" }); !named && name != "" {
		if err := os.MkdirAll(name, 0o700); err != nil { // stands for a pipe, too
			t.Fatal(err)
		}
		if err := new(Registry).LoadUser(func(string) string { return "" }); err == nil || !strings.Contains(err.Error(), filepath.Base(name)+": it is not a regular file") {
			t.Error(err)
		}
	}
}
