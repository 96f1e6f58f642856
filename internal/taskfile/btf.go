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
	"slices"
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
}

// scan walks the types until all that is wanted was found: sixty thousand on a
// common kernel, at the start of every list. Their lengths come from a table
// because a processor foresees no branch on kinds that follow each other at
// random, and structs are passed by once none is wanted.
func scan(types, names []byte, wanted []*want) error {
	order := binary.NativeEndian
	lengths := lengths()
	kinds := kindsOf(wanted)
	const typeLen = 12 // struct btf_type
	rest := types
	for id := uint32(1); kinds != 0 && len(rest) >= typeLen; id++ {
		info := order.Uint32(rest[4:])
		kind, members := info>>24&0x1f, info&0xffff
		length := int(lengths[kind].fixed + lengths[kind].each*members)
		if length < typeLen || length > len(rest) {
			return fmt.Errorf("%w: type %d of kind %d", errBTF, id, kind)
		}
		if kinds>>kind&1 != 0 {
			name, body, packed := order.Uint32(rest), rest[typeLen:length], info>>31 != 0
			for i := 0; i < len(wanted); i++ {
				w := wanted[i]
				if w.kind == kind && isName(names, name, w.name) && w.take(id, body, names, packed) {
					wanted = slices.Delete(wanted, i, i+1)
					kinds = kindsOf(wanted)
					i--
				}
			}
		}
		rest = rest[length:]
	}
	if len(wanted) > 0 {
		return fmt.Errorf("%w: %d types not found", errBTF, len(wanted))
	}
	return nil
}

// kindsOf has a bit for each kind.
func kindsOf(wanted []*want) (kinds uint32) {
	for _, w := range wanted {
		kinds |= 1 << w.kind
	}
	return kinds
}

// take keeps what is wanted of the type with that number, if it is there.
func (w *want) take(id uint32, body, names []byte, packed bool) (ok bool) {
	if w.member == "" {
		*w.found = id
		return true
	}
	*w.found, ok = member(body, names, w.member, packed)
	return ok
}

// length is that of the types of one kind, in bytes.
type length struct{ fixed, each uint32 } // each: for every member

// lengths is by kind; zero for those of a later kernel, which are unknown.
func lengths() (all [32]length) {
	for _, kind := range [...]int{2, 7, 8, 9, 10, 11, kindFunc, 16, 18} {
		all[kind] = length{12, 0} // pointers, names, qualifiers, functions, floats, tags
	}
	for _, kind := range [...]int{1, 14, 17} {
		all[kind] = length{16, 0} // integers, variables, declaration tags
	}
	all[3] = length{24, 0} // arrays
	for _, kind := range [...]int{kindStruct, 5, 15, 19} {
		all[kind] = length{12, 12} // structs, unions, sections, enums of 64 bits
	}
	for _, kind := range [...]int{6, 13} {
		all[kind] = length{12, 8} // enums, prototypes
	}
	return all
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
