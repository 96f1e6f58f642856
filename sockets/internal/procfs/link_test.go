package procfs

import (
	"strings"
	"testing"
)

func TestParseFixedFile(t *testing.T) {
	for line, want := range map[string]uint64{
		"    0: socket:[4711]": 4711, "12: socket:[1]": 1,
		"UserFiles:\t1": 0, "    0: /tmp/x: socket:[4711]": 0, "    0: socket:[x]": 0, "    0: socket:[4711": 0,
		"socket:[4711]": 0, "ino:\t7": 0, "": 0,
	} {
		if got, ok := ParseFixedFile(line); got != want || ok != (want != 0) {
			t.Errorf("ParseFixedFile(%q) = %d, %v; want %d", line, got, ok, want)
		}
	}
}

func FuzzParseFixedFile(f *testing.F) {
	f.Add("    0: socket:[4711]")
	f.Add("    0: /tmp/socket:[4711]")
	f.Fuzz(func(t *testing.T, line string) {
		if inode, ok := ParseFixedFile(line); !ok && inode != 0 || ok && !strings.HasSuffix(line, "]") {
			t.Errorf("%q: %d, %v", line, inode, ok)
		}
	})
}
