package bpfiter

import "encoding/binary"

// Operations, with their classes and modes in one number.
const (
	loadWord, loadLong       = 0x61, 0x79 // BPF_LDX | BPF_MEM
	storeWord, storeLong     = 0x63, 0x7b // BPF_STX | BPF_MEM
	moveReg, moveNumber      = 0xbf, 0xb7 // BPF_ALU64 | BPF_MOV
	addNumber, shiftNumber   = 0x07, 0x67 // BPF_ALU64 | BPF_ADD, BPF_LSH
	orReg                    = 0x4f       // BPF_ALU64 | BPF_OR
	jumpIfEqual, jumpIfOther = 0x15, 0x55 // BPF_JMP | BPF_JEQ, BPF_JNE
	jumpIfOtherReg           = 0x5d       // BPF_JMP | BPF_JNE, of two registers
	call, exit               = 0x85, 0x95
)

// Numbers of helper functions.
const (
	callSockFromFile = 162 // bpf_sock_from_file
	callSeqWrite     = 127 // bpf_seq_write
	callProbeRead    = 113 // bpf_probe_read_kernel
)

// stack is the register that points to the end of a program's own memory.
const stack = 10

// assembler writes struct bpf_insn, and fills in the distances of jumps at the end.
type assembler struct {
	code          []byte
	labels, jumps []reference
}

// reference is a label, or a jump to it.
type reference struct {
	name   string
	offset int // in the code, in bytes
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

// read copies memory to the stack, from an offset to the address in a register. It uses
// bpf_probe_read_kernel, which gives zeros for memory that is gone, such as the
// namespaces of a task that ended. If the program followed a pointer by itself, the
// verifier would search the kernel's types by name (btf_nested_type_is_trusted of
// kernel/bpf/btf.c): four pointers took 4 ms.
func (a *assembler) read(to int16, length int32, from uint8, offset uint32) {
	a.emit(moveReg, 3, from, 0, 0)
	a.emit(addNumber, 3, 0, 0, int32(offset))
	a.emit(moveReg, 1, stack, 0, 0)
	a.emit(addNumber, 1, 0, 0, int32(to))
	a.emit(moveNumber, 2, 0, 0, length)
	a.emit(call, 0, 0, 0, callProbeRead)
}

// follow is read from an offset to the address that is on the stack.
func (a *assembler) follow(to int16, length int32, pointer int16, offset uint32) {
	a.emit(loadLong, 3, stack, pointer, 0)
	a.read(to, length, 3, offset)
}

// jump compares a register with a number.
func (a *assembler) jump(operation, register uint8, number int32, label string) {
	a.jumpsTo(label)
	a.emit(operation, register, 0, 0, number)
}

// jumpReg compares two registers.
func (a *assembler) jumpReg(operation, register, other uint8, label string) {
	a.jumpsTo(label)
	a.emit(operation, register, other, 0, 0)
}

// jumpsTo makes the next instruction a jump to a label.
func (a *assembler) jumpsTo(label string) {
	a.jumps = append(a.jumps, reference{label, len(a.code)})
}

// begin loads the buffer of an iterator into a register: meta->seq of the context
// that register 1 has. It comes before any branch, or the verifier would search
// the types for it in each branch.
func (a *assembler) begin(buffer uint8) {
	a.code, a.jumps = make([]byte, 0, 1<<10), make([]reference, 0, 8)
	a.emit(loadLong, buffer, 1, 0, 0)
	a.emit(loadLong, buffer, buffer, 0, 0)
}

// write ends the program with its record, the last length bytes of the stack, in
// the buffer that a register has.
func (a *assembler) write(buffer uint8, length int32) {
	a.emit(moveReg, 1, buffer, 0, 0)
	a.emit(moveReg, 2, stack, 0, 0)
	a.emit(addNumber, 2, 0, 0, -length)
	a.emit(moveNumber, 3, 0, 0, length)
	a.emit(call, 0, 0, 0, callSeqWrite)
	a.label("end")
	a.emit(moveNumber, 0, 0, 0, 0)
	a.emit(exit, 0, 0, 0, 0)
}

func (a *assembler) label(name string) {
	a.labels = append(a.labels, reference{name, len(a.code)})
}

func (a *assembler) bytes() []byte {
	for _, jump := range a.jumps {
		for _, label := range a.labels {
			if label.name == jump.name {
				distance := (label.offset-jump.offset)/instructionLen - 1
				binary.NativeEndian.PutUint16(a.code[jump.offset+2:], uint16(distance))
			}
		}
	}
	return a.code
}
