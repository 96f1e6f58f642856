package taskfile

import (
	"context"
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func mustOpen(t testing.TB) *Walker {
	t.Helper()
	w, err := Open()
	if errors.Is(err, ErrUnavailable) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// TestWalk finds a socket of this test.
func TestWalk(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		t.Fatal(err)
	}
	found := 0
	err = mustOpen(t).Walk(t.Context(), func(inode uint64, pid, number int) {
		if inode == st.Ino && pid == os.Getpid() && number == fd {
			found++
		}
	})
	if err != nil || found != 1 {
		t.Errorf("found %d times, %v; want once", found, err)
	}
}

func TestWalkCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := mustOpen(t).Walk(ctx, func(uint64, int, int) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestKernelLayout(t *testing.T) {
	l, err := kernelLayout()
	if errors.Is(err, os.ErrNotExist) {
		t.Skip(err)
	}
	if err != nil || l.attachType == 0 || l.taskTGID == 0 {
		t.Errorf("%+v, %v", l, err)
	}
}

func BenchmarkWalk(b *testing.B) {
	for b.Loop() {
		w, err := Open()
		if err != nil {
			b.Skip(err)
		}
		err = w.Walk(b.Context(), func(uint64, int, int) {})
		w.Close()
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkKernelLayout(b *testing.B) {
	for b.Loop() {
		if _, err := kernelLayout(); err != nil {
			b.Skip(err)
		}
	}
}
