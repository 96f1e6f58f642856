// Package taskfile asks the Linux kernel which process holds which socket, all
// at once: a BPF iterator walks every table of descriptors inside the kernel,
// where /proc would take two system calls for each descriptor.
//
// Start with [Open], then [Walker.Walk]. It takes CAP_BPF and CAP_PERFMON, Linux 5.11 and a kernel
// that carries its types (/sys/kernel/btf/vmlinux); without them the answer is
// [ErrUnavailable], and /proc tells the same more slowly.
package taskfile

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrUnavailable says that this kernel or this user cannot do it.
var ErrUnavailable = errors.New("the kernel's task_file iterator is not available")

// errBTF is for types that are malformed or lack what is needed.
var errBTF = errors.New("the kernel's types are not as expected")

// layout is what the program needs to know of this very kernel: places of
// fields in bytes, and the number of the function to attach to.
type layout struct {
	fileInode   uint32 // struct file, f_inode
	inodeNo     uint32 // struct inode, i_ino
	inodeSuper  uint32 // struct inode, i_sb
	superDevice uint32 // struct super_block, s_dev
	taskTGID    uint32 // struct task_struct, tgid
	attachType  uint32 // of the function bpf_iter_task_file
}

// Kinds of struct btf_type (linux/btf.h).
const (
	kindStruct = 4
	kindFunc   = 12
)

// parseLayout reads the BTF of a kernel (Documentation/bpf/btf.rst).
func parseLayout(b []byte) (layout, error) {
	order := binary.NativeEndian
	const headerLen, magic = 24, 0xeb9f
	if len(b) < headerLen || order.Uint16(b) != magic {
		return layout{}, fmt.Errorf("%w: no header", errBTF)
	}
	start := uint64(order.Uint32(b[4:]))
	part := func(at int) ([]byte, bool) {
		from := start + uint64(order.Uint32(b[at:]))
		to := from + uint64(order.Uint32(b[at+4:]))
		if to > uint64(len(b)) {
			return nil, false
		}
		return b[from:to], true
	}
	types, ok1 := part(8)
	names, ok2 := part(16)
	if !ok1 || !ok2 {
		return layout{}, fmt.Errorf("%w: cut off", errBTF)
	}
	var l layout
	wanted := []*want{
		{kind: kindStruct, name: "file", member: "f_inode", found: &l.fileInode},
		{kind: kindStruct, name: "inode", member: "i_ino", found: &l.inodeNo},
		{kind: kindStruct, name: "inode", member: "i_sb", found: &l.inodeSuper},
		{kind: kindStruct, name: "super_block", member: "s_dev", found: &l.superDevice},
		{kind: kindStruct, name: "task_struct", member: "tgid", found: &l.taskTGID},
		{kind: kindFunc, name: "bpf_iter_task_file", found: &l.attachType},
	}
	return l, scan(types, names, wanted)
}

// want is a type to look for; the place of its member, or the number of the
// type itself, goes to found.
type want struct {
	kind         uint32
	name, member string
	found        *uint32
	done         bool
}

// scan walks the types until all that is wanted was found.
func scan(types, names []byte, wanted []*want) error {
	order := binary.NativeEndian
	missing := len(wanted)
	const typeLen = 12 // struct btf_type
	for id := uint32(1); missing > 0 && len(types) >= typeLen; id++ {
		name, info := order.Uint32(types), order.Uint32(types[4:])
		kind, members := info>>24&0x1f, info&0xffff
		size, ok := extra(kind, members)
		if !ok || uint64(len(types)) < uint64(typeLen+size) {
			return fmt.Errorf("%w: type %d of kind %d", errBTF, id, kind)
		}
		body := types[typeLen : typeLen+size]
		types = types[typeLen+size:]
		if kind != kindStruct && kind != kindFunc {
			continue
		}
		for _, w := range wanted {
			if w.done || w.kind != kind || !isName(names, name, w.name) {
				continue
			}
			if *w.found, w.done = id, true; w.member != "" {
				*w.found, w.done = member(body, names, w.member, info>>31 != 0)
			}
			if w.done {
				missing--
			}
		}
	}
	if missing > 0 {
		return fmt.Errorf("%w: %d of %d types not found", errBTF, missing, len(wanted))
	}
	return nil
}

// extra is how many bytes follow a type of that kind.
func extra(kind, members uint32) (uint32, bool) {
	switch kind {
	case 2, 7, 8, 9, 10, 11, kindFunc, 16, 18: // pointers, names, qualifiers, functions, floats, tags
		return 0, true
	case 1, 14, 17: // integers, variables, declaration tags
		return 4, true
	case 3: // arrays
		return 12, true
	case kindStruct, 5, 15, 19: // structs, unions, sections, enums of 64 bits
		return members * 12, true
	case 6, 13: // enums, prototypes
		return members * 8, true
	default:
		return 0, false // a kind of a later kernel, of unknown length
	}
}

// member finds a field of a struct: its place in bytes. With packed the upper
// byte of a place is the width of a bit field.
func member(body, names []byte, name string, packed bool) (place uint32, ok bool) {
	order := binary.NativeEndian
	for ; len(body) >= 12; body = body[12:] {
		if !isName(names, order.Uint32(body), name) {
			continue
		}
		bits := order.Uint32(body[8:])
		if packed {
			bits &= 0xffffff
		}
		return bits / 8, bits%8 == 0
	}
	return 0, false
}

// isName compares with a C string.
func isName(names []byte, at uint32, name string) bool {
	end := uint64(at) + uint64(len(name))
	return end < uint64(len(names)) && names[end] == 0 && string(names[at:end]) == name
}
