package taskfile

import "encoding/binary"

// recordLen is what the program writes for each descriptor: the inode of a
// socket in 8 bytes, that of a namespace with the highest bit set, or 0 for
// what may be an io_uring; the PID (of the first namespace) in 4; the
// descriptor in 4.
const (
	recordLen     = 16
	namespaceMark = 1 << 63
)

// license lets the kernel offer bpf_seq_write: it is for programs under the
// GPL or under that and another.
const license = "Dual MIT/GPL\x00"

// special is how files are told that are in no folder. Those without a name
// are told by the device of their filesystem, and the one inode that all of
// them have who need none of their own. An io_uring has its own.
type special struct{ device, inode, namespaces int32 } // namespaces: the device of those

// program is the iterator's body in BPF instructions (linux/bpf.h; the
// context is struct bpf_iter__task_file of kernel/bpf/task_iter.c):
//
//	if (!file || !task)
//		return 0;
//	inode = file->f_inode;
//	record.inode = inode->i_ino;
//	if (!bpf_sock_from_file(file)) {
//		if (inode->i_ino == special.inode)
//			return 0;
//		if (inode->i_sb->s_dev == special.device)
//			record.inode = 0;
//		else if (inode->i_sb->s_dev == special.namespaces)
//			record.inode |= 1ULL << 63;
//		else
//			return 0;
//	}
//	record.pid = task->tgid;
//	record.fd = fd;
//	bpf_seq_write(meta->seq, &record, sizeof(record));
//	return 0;
func program(l layout, s special) []byte {
	const (
		context, file, task, inode, stack = 6, 7, 8, 9, 10 // registers that calls keep

		sockFromFile, seqWrite = 162, 127 // helper functions
	)
	var a assembler
	a.emit(moveReg, context, 1, 0, 0)
	a.emit(loadLong, file, context, 24, 0)
	a.jump(jumpIfEqual, file, 0, "end")
	a.emit(loadLong, task, context, 8, 0)
	a.jump(jumpIfEqual, task, 0, "end")
	a.emit(loadLong, inode, file, int16(l.fileInode), 0)
	a.emit(loadLong, 1, inode, int16(l.inodeNo), 0)
	a.emit(storeLong, stack, 1, -16, 0)
	a.emit(moveReg, 1, file, 0, 0)
	a.emit(call, 0, 0, 0, sockFromFile)
	a.jump(jumpIfOther, 0, 0, "write")
	a.emit(loadLong, 1, inode, int16(l.inodeNo), 0)
	a.jump(jumpIfEqual, 1, s.inode, "end")
	a.emit(loadLong, 1, inode, int16(l.inodeSuper), 0)
	a.emit(loadWord, 2, 1, int16(l.superDevice), 0)
	a.emit(moveNumber, 1, 0, 0, 0)
	a.jump(jumpIfEqual, 2, s.device, "store")
	a.jump(jumpIfOther, 2, s.namespaces, "end")
	a.emit(moveNumber, 1, 0, 0, 1)
	a.emit(shiftNumber, 1, 0, 0, 63)
	a.emit(loadLong, 2, stack, -16, 0)
	a.emit(orReg, 1, 2, 0, 0)
	a.label("store")
	a.emit(storeLong, stack, 1, -16, 0)
	a.label("write")
	a.emit(loadWord, 1, task, int16(l.taskTGID), 0)
	a.emit(storeWord, stack, 1, -8, 0)
	a.emit(loadWord, 1, context, 16, 0)
	a.emit(storeWord, stack, 1, -4, 0)
	a.emit(loadLong, 1, context, 0, 0)
	a.emit(loadLong, 1, 1, 0, 0)
	a.emit(moveReg, 2, stack, 0, 0)
	a.emit(addNumber, 2, 0, 0, -recordLen)
	a.emit(moveNumber, 3, 0, 0, recordLen)
	a.emit(call, 0, 0, 0, seqWrite)
	a.label("end")
	a.emit(moveNumber, 0, 0, 0, 0)
	a.emit(exit, 0, 0, 0, 0)
	return a.bytes()
}

// Operations, with their classes and modes in one number.
const (
	loadWord, loadLong       = 0x61, 0x79 // BPF_LDX | BPF_MEM
	storeWord, storeLong     = 0x63, 0x7b // BPF_STX | BPF_MEM
	moveReg, moveNumber      = 0xbf, 0xb7 // BPF_ALU64 | BPF_MOV
	addNumber, shiftNumber   = 0x07, 0x67 // BPF_ALU64 | BPF_ADD, BPF_LSH
	orReg                    = 0x4f       // BPF_ALU64 | BPF_OR
	jumpIfEqual, jumpIfOther = 0x15, 0x55 // BPF_JMP | BPF_JEQ, BPF_JNE
	call, exit               = 0x85, 0x95
)

// assembler writes struct bpf_insn, and fills the jumps in at the end.
type assembler struct {
	code   []byte
	labels map[string]int
	jumps  map[int]string
}

const instructionLen = 8

func (a *assembler) emit(operation, to, from uint8, offset int16, number int32) {
	// The registers are two bit fields, in the order of the machine's.
	registers := from<<4 | to
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		registers = to<<4 | from
	}
	a.code = append(a.code, operation, registers)
	a.code = binary.NativeEndian.AppendUint16(a.code, uint16(offset))
	a.code = binary.NativeEndian.AppendUint32(a.code, uint32(number))
}

// jump compares a register with a number.
func (a *assembler) jump(operation, register uint8, number int32, label string) {
	if a.jumps == nil {
		a.jumps = make(map[int]string)
	}
	a.jumps[len(a.code)] = label
	a.emit(operation, register, 0, 0, number)
}

func (a *assembler) label(name string) {
	if a.labels == nil {
		a.labels = make(map[string]int)
	}
	a.labels[name] = len(a.code)
}

func (a *assembler) bytes() []byte {
	for at, label := range a.jumps {
		distance := (a.labels[label]-at)/instructionLen - 1
		binary.NativeEndian.PutUint16(a.code[at+2:], uint16(distance))
	}
	return a.code
}
