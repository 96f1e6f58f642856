package taskfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Walker is ready to walk.
type Walker struct{ link int }

// Open prepares for walks: it learns the kernel's types and loads the program.
// The error is [ErrUnavailable].
func Open() (*Walker, error) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		return nil, ErrUnavailable // union bpf_attr below has pointers of 64 bits
	}
	l, err := kernelLayout()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	s, err := learnSpecial()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	link, err := open(l, s)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return &Walker{link}, nil
}

// Close lets the kernel forget the program.
func (w *Walker) Close() error { return unix.Close(w.link) }

// Walk calls see, once, for every descriptor of every [Kind] in every process.
func (w *Walker) Walk(ctx context.Context, see func(Descriptor)) error {
	start := struct{ link, flags uint32 }{link: uint32(w.link)}
	iterator, err := bpf(commandIterator, unsafe.Pointer(&start), unsafe.Sizeof(start))
	if err != nil {
		return fmt.Errorf("starting the task_file iterator: %w", err)
	}
	defer unix.Close(iterator)
	return read(ctx, iterator, see)
}

// learnSpecial looks at a file that has no name, and at a namespace.
func learnSpecial() (special, error) {
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

// Commands and numbers of bpf(2) (linux/bpf.h).
const (
	commandLoad       = 5  // BPF_PROG_LOAD
	commandLink       = 28 // BPF_LINK_CREATE
	commandIterator   = 33 // BPF_ITER_CREATE
	programTracing    = 26 // BPF_PROG_TYPE_TRACING
	attachToIterators = 28 // BPF_TRACE_ITER
)

// open loads the program and gives the link by which walks begin; the
// descriptor of the program is not needed once there is one.
func open(l layout, s special) (link int, err error) {
	if max(l.fileInode, l.inodeNo, l.inodeSuper, l.superDevice, l.taskTGID) > math.MaxInt16 {
		return -1, errBTF
	}
	instructions, terms := program(l, s), []byte(license)
	load := struct { // the part of union bpf_attr for BPF_PROG_LOAD
		kind, count           uint32
		instructions, license *byte
		logLevel, logSize     uint32
		log                   *byte
		version, flags        uint32
		name                  [16]byte
		device, attachAs      uint32
		_                     [36]byte // debugging information
		attachTo, _           uint32
	}{
		kind: programTracing, count: uint32(len(instructions) / instructionLen),
		instructions: &instructions[0], license: &terms[0],
		attachAs: attachToIterators, attachTo: l.attachType,
	}
	copy(load.name[:], "porthole")
	loaded, err := bpf(commandLoad, unsafe.Pointer(&load), unsafe.Sizeof(load))
	if err != nil {
		return -1, fmt.Errorf("loading: %w", err)
	}
	defer unix.Close(loaded)
	attach := struct{ program, target, attachAs, flags uint32 }{program: uint32(loaded), attachAs: attachToIterators}
	link, err = bpf(commandLink, unsafe.Pointer(&attach), unsafe.Sizeof(attach))
	if err != nil {
		return -1, fmt.Errorf("attaching: %w", err)
	}
	return link, nil
}

func bpf(command uintptr, attributes unsafe.Pointer, size uintptr) (fd int, err error) {
	r, _, errno := unix.Syscall(unix.SYS_BPF, command, uintptr(attributes), size)
	if errno != 0 {
		return -1, errno
	}
	return int(r), nil
}

// read takes the records to the end.
func read(ctx context.Context, iterator int, see func(Descriptor)) error {
	buffer := make([]byte, 64<<10)
	kept := 0 // bytes of a record whose rest comes with the next read
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := unix.Read(iterator, buffer[kept:])
		switch {
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
			continue // it walked over a million files without a socket
		case err != nil:
			return fmt.Errorf("reading the task_file iterator: %w", err)
		case n == 0:
			return nil
		}
		records := buffer[:kept+n]
		for ; len(records) >= recordLen; records = records[recordLen:] {
			see(descriptor(records))
		}
		kept = copy(buffer, records)
	}
}
