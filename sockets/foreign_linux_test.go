package sockets

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// foreign are things that another process may put where something else is
// expected, each made at a path.
func foreign() map[string]func(path string) error {
	return map[string]func(path string) error{
		"FIFO":          func(path string) error { return unix.Mkfifo(path, 0o666) },
		"device":        func(path string) error { return unix.Mknod(path, unix.S_IFCHR|0o666, int(unix.Mkdev(1, 5))) }, // zero: endless
		"tty":           func(path string) error { return unix.Mknod(path, unix.S_IFCHR|0o666, int(unix.Mkdev(5, 0))) },
		"folder":        func(path string) error { return os.Mkdir(path, 0o777) },
		"link to FIFO":  func(path string) error { return linkTo(path, func(to string) error { return unix.Mkfifo(to, 0o666) }) },
		"link to zero":  func(path string) error { return os.Symlink("/dev/zero", path) },
		"link to loop":  func(path string) error { return os.Symlink(path, path) },
		"socket":        func(path string) error { return unix.Mknod(path, unix.S_IFSOCK|0o666, 0) },
		"huge file":     func(path string) error { return sparse(path, 1<<40) },
		"file":          func(path string) error { return os.WriteFile(path, []byte("text"), 0o666) },
		"uts namespace": func(path string) error { return os.Symlink("/proc/self/ns/uts", path) },
		"nothing":       func(string) error { return nil },
	}
}

func linkTo(path string, create func(string) error) error {
	if err := create(path + ".target"); err != nil {
		return err
	}
	return os.Symlink(path+".target", path)
}

func sparse(path string, size int64) error {
	if err := os.WriteFile(path, nil, 0o666); err != nil {
		return err
	}
	return os.Truncate(path, size)
}

// TestForeign puts everything in the place of everything that is opened of other
// processes (docs/design.md has the list): each is refused or read in bounds, in
// time.
func TestForeign(t *testing.T) {
	needRoot(t)
	// refuses holds whether a path is refused.
	for opened, refuses := range map[string]func(t *testing.T, path string) bool{
		"network namespace": func(t *testing.T, path string) bool { return enter(netns{handle: path}) != nil },
		"owner of a namespace": func(t *testing.T, path string) bool {
			return owner(netns{handle: path}) == 0 || filepath.Base(path) == "uts namespace" // which has one
		},
		"cgroup": func(t *testing.T, path string) bool { _, ok := openCgroup(path, 1); return !ok },
		"container runtime": func(t *testing.T, path string) bool {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			names, err := containerNames(ctx, path)
			return err != nil && names == nil
		},
		"command line": func(t *testing.T, path string) bool {
			args, err := readArguments(unix.AT_FDCWD, path)
			read := 0
			for _, a := range args {
				read += len(a) + 1
			}
			return err != nil || read <= 8*mostArguments
		},
		"environment": func(t *testing.T, path string) bool {
			text, err := readUpTo(path, 1<<20)
			return err != nil || len(text) <= 1<<20
		},
		"executable": func(t *testing.T, path string) bool { return len(readLinkAt(unix.AT_FDCWD, path)) <= 4096 },
	} {
		for kind, create := range foreign() {
			t.Run(opened+"/"+kind, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), kind)
				if err := create(path); err != nil {
					t.Skip(err)
				}
				done := make(chan bool, 1)
				go func() { done <- refuses(t, path) }()
				select {
				case refused := <-done:
					if !refused {
						t.Errorf("a %s was taken for a %s", kind, opened)
					}
				case <-time.After(20 * time.Second): // of a machine under load; else it would be for ever
					t.Fatalf("a %s in the place of a %s is waited for", kind, opened)
				}
			})
		}
	}
}

// TestOpenNamespace: what is a namespace is opened, by whatever path.
func TestOpenNamespace(t *testing.T) {
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("/proc/self/ns/net", link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/proc/self/ns/net", "/proc/thread-self/ns/net", link} {
		fd, err := openNamespace(path)
		if err != nil {
			t.Fatal(err)
		}
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil || st.Ino != inodeOf("/proc/self/ns/net") {
			t.Errorf("%s: inode %d, %v", path, st.Ino, err)
		}
		unix.Close(fd)
	}
}

// TestSwapped: a descriptor that is a namespace at one moment and a FIFO at the
// next never makes a list wait, nor opens the FIFO.
func TestSwapped(t *testing.T) {
	needRoot(t)
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o666); err != nil {
		t.Fatal(err)
	}
	reader, err := unix.Open(fifo, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(reader)
	namespace, err := unix.Open("/proc/self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(namespace)
	slot, err := unix.FcntlInt(uintptr(namespace), unix.F_DUPFD_CLOEXEC, 500)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(slot)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				unix.Dup3([]int{reader, namespace}[i%2], slot, unix.O_CLOEXEC)
			}
		}
	}()
	defer func() { close(stop); <-stopped }()
	path := filepath.Join("/proc/self/fd", strconv.Itoa(slot))
	taken := 0
	for range 2000 {
		fd, err := openNamespace(path)
		if err != nil {
			continue
		}
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT == unix.S_IFIFO {
			t.Fatalf("opened the FIFO: %v", err)
		}
		unix.Close(fd)
		taken++
	}
	if taken == 0 {
		t.Error("the namespace was never opened")
	}
}
