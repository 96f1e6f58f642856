package bpfiter

import (
	"bytes"
	"encoding/binary"
)

// Task is a process, by its first thread, as it was when the iterator came to it.
type Task struct {
	PID, Parent int    // as the first PID namespace has them
	UID         int    // the effective one, as the first user namespace has it
	NetNS       uint64 // inode of its network namespace; 0 for none, as in one that ended
	Cgroups     uint64 // equal for processes in the same cgroups; else it means nothing
	Started     uint64 // ns since boot (CLOCK_BOOTTIME), as the first time namespace has it
	Name        string // cut at 15 bytes; any bytes
	Ended       bool   // the first thread has ended; others may go on
	Kernel      bool   // it is a kernel thread: /proc may have a longer name
}

// task reads a record of the program over tasks.
func task(record []byte) Task {
	order := binary.NativeEndian
	name, _, _ := bytes.Cut(record[16:32], []byte{0})
	const kernelThread = 0x00200000 // PF_KTHREAD of linux/sched.h
	return Task{
		Cgroups: order.Uint64(record),
		Started: order.Uint64(record[8:]),
		Name:    string(name),
		PID:     int(order.Uint32(record[32:])),
		Parent:  int(order.Uint32(record[36:])),
		NetNS:   uint64(order.Uint32(record[40:])),
		UID:     int(order.Uint32(record[44:])),
		Ended:   order.Uint32(record[48:]) != 0,
		Kernel:  order.Uint32(record[52:])&kernelThread != 0,
	}
}
