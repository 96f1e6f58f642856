package taskfile

import (
	"fmt"
	"io"
	"math"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Kernel is what is known of this one.
type Kernel struct{ layout layout }

// Learn reads the kernel's types. The error is [ErrUnavailable].
func Learn() (*Kernel, error) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		return nil, ErrUnavailable // union bpf_attr has pointers of 64 bits
	}
	l, err := kernelLayout()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return &Kernel{l}, nil
}

// kernelLayout reads this kernel's types, by mapping where that is possible
// (Linux 6.16): few of the pages are needed.
func kernelLayout() (layout, error) {
	f, err := os.Open("/sys/kernel/btf/vmlinux")
	if err != nil {
		return layout{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return layout{}, err
	}
	if size := info.Size(); size > 0 && size < math.MaxInt32 {
		if types, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_PRIVATE); err == nil {
			defer unix.Munmap(types)
			return parseLayout(types)
		}
	}
	types, err := io.ReadAll(f)
	if err != nil {
		return layout{}, err
	}
	return parseLayout(types)
}
