package procfs

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseMount(t *testing.T) {
	for line, want := range map[string]struct {
		inode uint64
		path  string
	}{
		`713 29 0:4 net:[4026532177] /run/netns/red rw shared:309 - nsfs nsfs rw`:  {4026532177, "/run/netns/red"},
		`713 29 0:4 net:[4026532177] /run/netns/a\040b\134c rw - nsfs nsfs rw`:     {4026532177, `/run/netns/a b\c`},
		`713 29 0:4 mnt:[4026532178] /run/snapd/ns/lxd.mnt rw - nsfs nsfs rw`:      {},
		`29 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw`:                    {},
		`29 1 8:1 /net:[4026532177] /mnt rw,relatime shared:1 - ext4 /dev/sda1 rw`: {},
		`713 29 0:4 net:[many] /run/netns/red rw - nsfs nsfs rw`:                   {},
		``: {},
	} {
		inode, path, ok := parseMount(line)
		if inode != want.inode || path != want.path || ok != (want.inode != 0) {
			t.Errorf("parseMount(%q) = %d, %q, %v; want %v", line, inode, path, ok, want)
		}
	}
}

func FuzzParseMount(f *testing.F) {
	f.Add(`713 29 0:4 net:[4026532177] /run/netns/a\040b rw shared:309 - nsfs nsfs rw`)
	f.Add(`29 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw`)
	f.Add(`1 1 0:4 net:[1] \777\0 x`)
	f.Fuzz(func(t *testing.T, line string) {
		if inode, path, ok := parseMount(line); !ok && (inode != 0 || path != "") || len(path) > len(line) {
			t.Errorf("%q: %d, %q, %v", line, inode, path, ok)
		}
	})
}

// TestParseMounts: a name is kept, wherever else the namespace is mounted.
func TestParseMounts(t *testing.T) {
	const text = "1 2 0:4 net:[7] /run/netns/red rw - nsfs nsfs rw\n" +
		"2 2 0:4 net:[7] /run/docker/netns/x rw - nsfs nsfs rw\n" +
		"3 2 0:4 net:[8] /run/docker/netns/y rw - nsfs nsfs rw\n" +
		"4 2 0:5 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw\n" +
		"5 2 0:5 / /elsewhere rw - cgroup2 cgroup2 rw\n"
	want := Mounts{map[uint64]NetNSMount{7: {"/run/netns/red", "red"}, 8: {"/run/docker/netns/y", ""}}, "/sys/fs/cgroup"}
	if diff := cmp.Diff(want, ParseMounts(text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
