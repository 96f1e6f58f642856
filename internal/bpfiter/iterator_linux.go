package bpfiter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// license lets the kernel offer bpf_seq_write, which is for programs under the GPL,
// or under that and another licence.
const license = "Dual MIT/GPL\x00"

// Commands and numbers of bpf(2) (linux/bpf.h).
const (
	commandLoad       = 5  // BPF_PROG_LOAD
	commandInfo       = 15 // BPF_OBJ_GET_INFO_BY_FD
	commandLink       = 28 // BPF_LINK_CREATE
	commandIterator   = 33 // BPF_ITER_CREATE
	programTracing    = 26 // BPF_PROG_TYPE_TRACING
	attachToIterators = 28 // BPF_TRACE_ITER
)

// iterator is a program in the kernel.
type iterator struct {
	link      int // by which walks begin
	recordLen int
}

// load loads a program into the kernel and attaches it to the function with that number,
// which must be the iterator over target. The link keeps the program. The error is
// [ErrUnavailable].
func load(instructions []byte, attachTo uint32, target string, recordLen int) (iterator, error) {
	terms := []byte(license)
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
		attachAs: attachToIterators, attachTo: attachTo,
	}
	copy(load.name[:], "porthole")
	loaded, err := bpf(commandLoad, unsafe.Pointer(&load), unsafe.Sizeof(load))
	for range 10 { // the verifier gives up on a signal, and Go sends signals to its own threads
		if !errors.Is(err, unix.EAGAIN) {
			break
		}
		loaded, err = bpf(commandLoad, unsafe.Pointer(&load), unsafe.Sizeof(load))
	}
	if err != nil {
		return iterator{}, fmt.Errorf("%w: loading: %w", ErrUnavailable, err)
	}
	defer unix.Close(loaded)
	attach := struct{ program, target, attachAs, flags uint32 }{program: uint32(loaded), attachAs: attachToIterators}
	link, err := bpf(commandLink, unsafe.Pointer(&attach), unsafe.Sizeof(attach))
	if err != nil {
		return iterator{}, fmt.Errorf("%w: attaching: %w", ErrUnavailable, err)
	}
	if over, err := targetOf(link); err != nil || over != target {
		unix.Close(link)
		return iterator{}, fmt.Errorf("%w: function %d is the iterator over %q, not %s: %w", ErrUnavailable, attachTo, over, target, cmp.Or(err, errBTF))
	}
	return iterator{link, recordLen}, nil
}

// targetOf is what a link iterates over, as the kernel says.
func targetOf(link int) (string, error) {
	var name [32]byte
	info := struct { // the part of struct bpf_link_info for an iterator
		kind, id, program, _ uint32
		target               *byte
		targetLen, _         uint32
	}{target: &name[0], targetLen: uint32(len(name))}
	ask := struct { // of union bpf_attr
		link, infoLen uint32
		info          unsafe.Pointer
	}{uint32(link), uint32(unsafe.Sizeof(info)), unsafe.Pointer(&info)}
	if _, err := bpf(commandInfo, unsafe.Pointer(&ask), unsafe.Sizeof(ask)); err != nil {
		return "", err
	}
	return unix.ByteSliceToString(name[:]), nil
}

// Close unloads the program.
func (i iterator) Close() error { return unix.Close(i.link) }

// walk calls see for every record.
func (i iterator) walk(ctx context.Context, see func(record []byte)) error {
	start := struct{ link, flags uint32 }{link: uint32(i.link)}
	reader, err := bpf(commandIterator, unsafe.Pointer(&start), unsafe.Sizeof(start))
	if err != nil {
		return fmt.Errorf("starting the kernel's iterator: %w", err)
	}
	defer unix.Close(reader)
	buffer := make([]byte, 8<<10) // small, so that see can begin its work early
	kept := 0                     // bytes of a record whose rest comes with the next read
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := unix.Read(reader, buffer[kept:])
		switch {
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
			continue // it walked over a million objects without a record
		case err != nil:
			return fmt.Errorf("reading the kernel's iterator: %w", err)
		case n == 0:
			return nil
		}
		records := buffer[:kept+n]
		for ; len(records) >= i.recordLen; records = records[i.recordLen:] {
			see(records)
		}
		kept = copy(buffer, records)
	}
}

func bpf(command uintptr, attributes unsafe.Pointer, size uintptr) (fd int, err error) {
	r, _, errno := unix.Syscall(unix.SYS_BPF, command, uintptr(attributes), size)
	if errno != 0 {
		return -1, errno
	}
	return int(r), nil
}
