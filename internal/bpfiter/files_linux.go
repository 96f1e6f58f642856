package bpfiter

import (
	"context"
	"fmt"
	"math"

	"golang.org/x/sys/unix"
)

// Files is the iterator over descriptors, loaded.
type Files struct{ iterator }

// Files loads the iterator over descriptors. The error is [ErrUnavailable].
func (k *Kernel) Files() (*Files, error) {
	s, err := findSpecial()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	i, err := load(fileProgram(k.layout, s), k.layout.fileIterator, "task_file", descriptorLen)
	if err != nil {
		return nil, err
	}
	return &Files{i}, nil
}

// Walk calls see, once, for every descriptor of every [Kind] in every process.
func (f *Files) Walk(ctx context.Context, see func(Descriptor)) error {
	return f.walk(ctx, func(record []byte) { see(descriptor(record)) })
}

// findSpecial looks at a file that has no name, and at a namespace.
func findSpecial() (special, error) {
	sample, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return special{}, err
	}
	defer unix.Close(sample)
	var unnamed, namespace unix.Stat_t
	if err := unix.Fstat(sample, &unnamed); err != nil {
		return special{}, err
	}
	if err := unix.Stat("/proc/self/ns/net", &namespace); err != nil {
		return special{}, err
	}
	device, namespaces := kernelDevice(&unnamed), kernelDevice(&namespace)
	if max(device, namespaces, unnamed.Ino) > math.MaxInt32 {
		return special{}, errBTF
	}
	return special{int32(device), int32(unnamed.Ino), int32(namespaces)}, nil
}

// kernelDevice is a file's device in the kernel's own form.
func kernelDevice(st *unix.Stat_t) uint64 {
	const minorBits = 20 // MINORBITS of linux/kdev_t.h
	return uint64(unix.Major(uint64(st.Dev)))<<minorBits | uint64(unix.Minor(uint64(st.Dev)))
}
