package taskfile

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
	a.leads(label)
	a.emit(operation, register, 0, 0, number)
}

// jumpReg compares two registers.
func (a *assembler) jumpReg(operation, register, other uint8, label string) {
	a.leads(label)
	a.emit(operation, register, other, 0, 0)
}

// leads is for the next instruction.
func (a *assembler) leads(label string) {
	if a.jumps == nil {
		a.jumps = make(map[int]string)
	}
	a.jumps[len(a.code)] = label
}

// write ends the program with its record, the last length bytes of the stack, in
// the buffer of the iterator whose context a register has.
func (a *assembler) write(context uint8, length int32) {
	a.emit(loadLong, 1, context, 0, 0) // meta
	a.emit(loadLong, 1, 1, 0, 0)       // meta->seq
	a.emit(moveReg, 2, stack, 0, 0)
	a.emit(addNumber, 2, 0, 0, -length)
	a.emit(moveNumber, 3, 0, 0, length)
	a.emit(call, 0, 0, 0, callSeqWrite)
	a.label("end")
	a.emit(moveNumber, 0, 0, 0, 0)
	a.emit(exit, 0, 0, 0, 0)
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
