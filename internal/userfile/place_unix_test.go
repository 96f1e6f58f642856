//go:build unix

package userfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// nobody is another user, who plants things.
const nobody = 65534

func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("to give files to another user needs root")
	}
}

// sticky makes a folder like /tmp.
func sticky(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "tmp")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(folder, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	return folder
}

// TestPlanted holds that nothing is followed, opened or replaced that somebody else
// put into a folder like /tmp, and that what belongs to this user or to the folder's
// owner is.
func TestPlanted(t *testing.T) {
	asRoot(t)
	kinds := map[string]func(name, precious string) error{
		"link":          func(name, precious string) error { return os.Symlink(precious, name) },
		"dangling link": func(name, precious string) error { return os.Symlink(precious+".new", name) },
		"linked folder": func(name, precious string) error { return os.Symlink(filepath.Dir(precious), filepath.Dir(name)) },
		"pipe":          func(name, _ string) error { return unix.Mkfifo(name, 0o666) },
		"file":          func(name, _ string) error { return os.WriteFile(name, []byte("planted"), 0o666) },
	}
	for kind, plant := range kinds {
		for _, owner := range []int{nobody, 0} {
			t.Run(fmt.Sprint(kind, " of ", owner), func(t *testing.T) {
				precious := filepath.Join(t.TempDir(), "precious")
				write(t, precious, "precious")
				planted := filepath.Join(sticky(t), "planted")
				name := planted
				if kind == "linked folder" {
					name = filepath.Join(planted, "precious")
				}
				if err := plant(name, precious); err != nil {
					t.Fatal(err)
				}
				if err := os.Lchown(planted, owner, owner); err != nil {
					t.Fatal(err)
				}
				if owner == 0 {
					opensOwn(t, name, kind)
					return
				}
				if _, err := Create(t.Context(), name, 0o666); !errors.Is(err, ErrPlanted) || !strings.Contains(err.Error(), name) {
					t.Errorf("Create: %v", err)
				}
				if _, err := CreateNew(name, 0o666); !errors.Is(err, ErrPlanted) {
					t.Errorf("CreateNew: %v", err)
				}
				if _, err := OpenRegular(name, os.O_RDWR); !errors.Is(err, ErrPlanted) {
					t.Errorf("OpenRegular: %v", err)
				}
				holds(t, precious, "precious")
				if _, err := os.Lstat(precious + ".new"); err == nil {
					t.Error("there is a new file")
				}
			})
		}
	}
}

// opensOwn opens what this user has put there.
func opensOwn(t *testing.T, name, kind string) {
	t.Helper()
	if kind == "pipe" {
		reader, err := os.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
	}
	o := create(t, name)
	if err := o.Publish(); err != nil {
		t.Error(err)
	}
}

// TestPlantedMeanwhile holds that a file is not replaced that somebody else put
// there after the work had begun.
func TestPlantedMeanwhile(t *testing.T) {
	asRoot(t)
	name := filepath.Join(sticky(t), "scan.json")
	o := create(t, name)
	write(t, name, "planted")
	if err := os.Chown(name, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	if err := o.Publish(); !errors.Is(err, ErrPlanted) {
		t.Error(err)
	}
	holds(t, name, "planted")
}

// TestLinks holds that links lead where they lead, and that a file takes its place
// there.
func TestLinks(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"a", "a/b"} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"up": "a/b/../file", "a/b/there": folder + "/up", "round": "round", "folder": "a/"} {
		if err := os.Symlink(target, filepath.Join(folder, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"up", "a/b/there", "folder/file", "./folder/../a//file"} {
		o := create(t, folder+"/"+name)
		if _, err := io.WriteString(o, name); err != nil {
			t.Fatal(err)
		}
		if err := o.Publish(); err != nil {
			t.Fatal(err)
		}
		holds(t, filepath.Join(folder, "a/file"), name)
	}
	for name, want := range map[string]error{"round": unix.ELOOP, "a": unix.EISDIR, "a/": unix.EISDIR, "new/": unix.ENOENT, "a/..": unix.EISDIR, "no/file": unix.ENOENT, "a/file/x": unix.ENOTDIR} {
		o, err := Create(t.Context(), folder+"/"+name, 0o666)
		if err == nil {
			o.Discard()
		}
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

// TestModes holds that a file that is replaced keeps its mode and owner, and that a
// new one has the mode that was asked for.
func TestModes(t *testing.T) {
	old := syscall.Umask(0o022)
	defer syscall.Umask(old)
	folder := t.TempDir()
	for _, mode := range []os.FileMode{0o600, 0o640, 0o666, 0o400} {
		name := filepath.Join(folder, fmt.Sprint(mode))
		write(t, name, "old")
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
		if os.Geteuid() == 0 {
			if err := os.Chown(name, nobody, 3); err != nil {
				t.Fatal(err)
			}
		}
		published(t, name, 0o666)
		info, err := os.Stat(name)
		if err != nil || info.Mode() != mode {
			t.Errorf("%s: it has mode %v, %v", name, info.Mode(), err)
		}
		if os.Geteuid() == 0 {
			if stat := info.Sys().(*syscall.Stat_t); stat.Uid != nobody || stat.Gid != 3 {
				t.Errorf("%s: it belongs to %d:%d", name, stat.Uid, stat.Gid)
			}
		}
	}
	for _, perm := range []os.FileMode{0o600, 0o666} {
		name := filepath.Join(folder, "new"+fmt.Sprint(perm))
		published(t, name, perm)
		if info, err := os.Stat(name); err != nil || info.Mode() != perm&^0o022 {
			t.Errorf("a new file of mode %v has %v, %v", perm, info.Mode(), err)
		}
	}
}

func published(t *testing.T, name string, perm os.FileMode) {
	t.Helper()
	o, err := Create(t.Context(), name, perm)
	if err == nil {
		err = o.Publish()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestHardLinks holds that a file with two names is left as it is.
func TestHardLinks(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "scan.json")
	write(t, name, "old")
	if err := os.Link(name, filepath.Join(folder, "other")); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(t.Context(), name, 0o666); err == nil || !strings.Contains(err.Error(), "it has 2 names") {
		t.Error(err)
	}
	holds(t, name, "old")
	if left, _ := os.ReadDir(folder); len(left) != 2 {
		t.Errorf("left: %v", left)
	}
}

// TestRawName holds that a name that is not UTF-8 stays what it is.
func TestRawName(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "a\x9bb.json")
	if err := os.WriteFile(name+"x", nil, 0o666); err != nil {
		t.Skipf("this file system has no such names: %v", err)
	}
	published(t, name, 0o600)
	names, err := os.ReadDir(folder)
	if err != nil || !slices.ContainsFunc(names, func(e os.DirEntry) bool { return e.Name() == "a\x9bb.json" }) {
		t.Errorf("%q, %v", names, err)
	}
}

// TestPipeEnds holds that to wait for the other end of a pipe ends with the context,
// and that a checkpoint never waits.
func TestPipeEnds(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenRegular(name, os.O_RDWR); !errors.Is(err, ErrNotRegular) {
		t.Error(err)
	}
	if _, err := OpenRegular("/dev/zero", os.O_RDONLY); !errors.Is(err, ErrNotRegular) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Create(ctx, name, 0o666)
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err = Open(ctx, name); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	// This lets those that were left behind end, whenever they begin.
	if _, err := unix.Open(name, unix.O_RDWR|unix.O_CLOEXEC, 0); err != nil {
		t.Fatal(err)
	}
}
