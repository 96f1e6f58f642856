package bpfiter

import (
	"fmt"
	"io/fs"
	"math"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Kernel is what the iterators need to know of the running kernel.
type Kernel struct {
	layout layout
	types  []byte // mapped, or nil
}

// OpenKernel reads the kernel's types. The error is [ErrUnavailable]. The caller closes
// the kernel once the iterators are loaded.
func OpenKernel() (*Kernel, error) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		return nil, ErrUnavailable // union bpf_attr has pointers of 64 bits
	}
	k := new(Kernel)
	if err := k.readTypes(); err != nil {
		k.Close()
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return k, nil
}

// Close unmaps the types, which makes all threads of the program wait. It may be called
// while an iterator is being loaded.
func (k *Kernel) Close() error {
	if k.types == nil {
		return nil
	}
	return unix.Munmap(k.types)
}

// readTypes reads the types of the running kernel. It maps them where that is possible
// (Linux 6.16), since few of the pages are needed.
func (k *Kernel) readTypes() error {
	const path = "/sys/kernel/btf/vmlinux"
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0) // not by os, which takes as long again
	if err != nil {
		return &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	var info unix.Stat_t
	if err := unix.Fstat(fd, &info); err != nil {
		return &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	if info.Size > 0 && info.Size < math.MaxInt32 {
		if k.types, err = unix.Mmap(fd, 0, int(info.Size), unix.PROT_READ, unix.MAP_PRIVATE); err == nil {
			k.layout, err = parseLayout(k.types)
			return err
		}
	}
	types, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	k.layout, err = parseLayout(types)
	return err
}
