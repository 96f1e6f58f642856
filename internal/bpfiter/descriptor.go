package bpfiter

import "encoding/binary"

// Kind is what a descriptor refers to.
type Kind uint8

const (
	Socket    Kind = iota
	Namespace      // of any type
	Unnamed        // it may be an io_uring, which can hold sockets out of sight
)

// Descriptor is a descriptor of a process. Those of threads with a table of their own
// count as their process's.
type Descriptor struct {
	Kind    Kind
	Inode   uint64 // 0 for Unnamed
	PID, FD int    // the PID as the first PID namespace has it
	NetNS   uint64 // of a socket: the inode of its network namespace; 0 unknown
}

// descriptor reads a record of the program over files.
func descriptor(record []byte) Descriptor {
	order := binary.NativeEndian
	d := Descriptor{Inode: order.Uint64(record), PID: int(order.Uint32(record[8:])), FD: int(order.Uint32(record[12:])), NetNS: uint64(order.Uint32(record[16:]))}
	switch {
	case d.Inode == 0:
		d.Kind = Unnamed
	case d.Inode&namespaceMark != 0:
		d.Kind, d.Inode = Namespace, d.Inode&^namespaceMark
	}
	return d
}
