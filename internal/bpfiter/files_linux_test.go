package bpfiter

import (
	"context"
	"errors"
	"maps"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestFiles finds a socket, a namespace and an io_uring of this test.
func TestFiles(t *testing.T) {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(socket)
	namespace, err := unix.Open("/proc/self/ns/uts", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(namespace)
	want := map[Descriptor]int{
		{Socket, inode(t, socket), os.Getpid(), socket, ownNetNS(t)}: 1,
		{Namespace, inode(t, namespace), os.Getpid(), namespace, 0}:  1,
	}
	var params [120]byte // struct io_uring_params
	ring, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 4, uintptr(unsafe.Pointer(&params)), 0)
	if errno == 0 {
		defer unix.Close(int(ring))
		want[Descriptor{Unnamed, 0, os.Getpid(), int(ring), 0}] = 1
	}
	w := mustFiles(t)
	for range 2 { // it can be done again
		found := make(map[Descriptor]int)
		err = w.Walk(t.Context(), func(d Descriptor) {
			if want[d] > 0 {
				found[d]++
			}
		})
		if err != nil || !maps.Equal(found, want) {
			t.Errorf("found %v, %v; want %v", found, err, want)
		}
	}
}

func ownNetNS(t *testing.T) uint64 {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat("/proc/self/ns/net", &st); err != nil {
		t.Fatal(err)
	}
	return st.Ino
}

func inode(t *testing.T, fd int) uint64 {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		t.Fatal(err)
	}
	return st.Ino
}

func TestFilesCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := mustFiles(t).Walk(ctx, func(Descriptor) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
