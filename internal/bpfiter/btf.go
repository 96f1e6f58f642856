// Package bpfiter asks the Linux kernel about all processes at once: which of
// them holds which socket, and what they are. BPF iterators walk every table of
// descriptors, and every process, inside the kernel, where /proc would take two
// system calls for each descriptor and half a dozen for each process.
//
// Start with [OpenKernel], then [Kernel.Files] and [Kernel.Tasks]. It takes CAP_BPF
// and CAP_PERFMON, Linux 5.11 and a kernel that carries its types
// (/sys/kernel/btf/vmlinux); without them the error is [ErrUnavailable], and
// /proc tells the same more slowly.
package bpfiter

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// ErrUnavailable says that this kernel or this user cannot do it.
var ErrUnavailable = errors.New("the kernel's iterators over tasks are not available")

// errBTF is for types that are malformed or lack what is needed.
var errBTF = errors.New("the kernel's types are not as expected")

// layout is what the programs need to know of the running kernel: offsets of fields
// in bytes, and the numbers of the functions to attach to.
type layout struct {
	taskTGID uint32 // struct task_struct, tgid

	// for the walk over files
	fileInode    uint32 // struct file, f_inode
	inodeNo      uint32 // struct inode, i_ino
	inodeSuper   uint32 // struct inode, i_sb
	superDevice  uint32 // struct super_block, s_dev
	fileIterator uint32 // the function bpf_iter_task_file

	// for the walk over tasks
	taskPID      uint32 // struct task_struct, pid
	taskParent   uint32 // and its real_parent, …
	taskProxy    uint32
	taskCred     uint32
	taskCgroups  uint32
	taskStarted  uint32
	taskName     uint32
	taskExit     uint32
	taskFlags    uint32
	proxyNet     uint32 // struct nsproxy, net_ns
	netCommon    uint32 // struct net, ns
	commonInode  uint32 // struct ns_common, inum
	credUID      uint32 // struct cred, euid
	taskIterator uint32 // the function bpf_iter_task; 0 where anything of these is missing

	// for the network namespace of a socket, with netCommon and commonInode
	socketSock uint32 // struct socket, sk
	sockCommon uint32 // struct sock, __sk_common
	commonNet  uint32 // struct sock_common, skc_net
	sockNet    bool   // all of these are known
}

// What needs a type, beside the walk over files.
const (
	forTasks   = 1 << iota // the walk over tasks
	forSockNet             // the namespaces of sockets
)

// wanted are the types in which all of that is found.
func (l *layout) wanted() []*want {
	return []*want{
		{kind: kindStruct, name: "task_struct", members: []field{{"tgid", &l.taskTGID}}},
		{kind: kindStruct, name: "file", members: []field{{"f_inode", &l.fileInode}}},
		{kind: kindStruct, name: "inode", members: []field{{"i_ino", &l.inodeNo}, {"i_sb", &l.inodeSuper}}},
		{kind: kindStruct, name: "super_block", members: []field{{"s_dev", &l.superDevice}}},
		{kind: kindFunc, name: "bpf_iter_task_file", number: &l.fileIterator},
		{kind: kindStruct, name: "task_struct", only: forTasks, members: []field{
			{"pid", &l.taskPID}, {"real_parent", &l.taskParent}, {"nsproxy", &l.taskProxy},
			{"real_cred", &l.taskCred}, {"cgroups", &l.taskCgroups}, {"start_boottime", &l.taskStarted},
			{"comm", &l.taskName}, {"exit_state", &l.taskExit}, {"flags", &l.taskFlags},
		}},
		{kind: kindStruct, name: "nsproxy", only: forTasks, members: []field{{"net_ns", &l.proxyNet}}},
		{kind: kindStruct, name: "net", only: forTasks | forSockNet, members: []field{{"ns", &l.netCommon}}},
		{kind: kindStruct, name: "ns_common", only: forTasks | forSockNet, members: []field{{"inum", &l.commonInode}}},
		{kind: kindStruct, name: "cred", only: forTasks, members: []field{{"euid", &l.credUID}}},
		{kind: kindFunc, name: "bpf_iter_task", only: forTasks, number: &l.taskIterator},
		{kind: kindStruct, name: "socket", only: forSockNet, members: []field{{"sk", &l.socketSock}}},
		{kind: kindStruct, name: "sock", only: forSockNet, members: []field{{"__sk_common", &l.sockCommon}}},
		{kind: kindStruct, name: "sock_common", only: forSockNet, members: []field{{"skc_net", &l.commonNet}}},
	}
}

// Of struct btf_type (linux/btf.h).
const (
	typeLen    = 12
	kindStruct = 4
	kindFunc   = 12
)

// parseLayout reads the BTF of a kernel (Documentation/bpf/btf.rst).
func parseLayout(b []byte) (layout, error) {
	types, names, err := sections(b)
	if err != nil {
		return layout{}, err
	}
	var l layout
	missing, err := scan(types, names, l.wanted())
	l.sockNet = true
	for _, w := range missing {
		if w.only == 0 {
			return l, fmt.Errorf("%w: %s not found", errBTF, w.name)
		}
		if w.only&forTasks != 0 {
			l.taskIterator = 0
		}
		if w.only&forSockNet != 0 {
			l.sockNet = false
		}
	}
	return l, err
}

// sections are the types of a BTF file and their names.
func sections(b []byte) (types, names []byte, err error) {
	order := binary.NativeEndian
	const headerLen, magic = 24, 0xeb9f
	if len(b) < headerLen || order.Uint16(b) != magic {
		return nil, nil, fmt.Errorf("%w: no header", errBTF)
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
		return nil, nil, fmt.Errorf("%w: cut off", errBTF)
	}
	return types, names, nil
}

// want is a type to look for.
type want struct {
	kind    uint32
	name    string
	members []field // all of which it must have
	number  *uint32 // nil, or where the number of the type goes
	only    uint8   // what needs it; 0 for the walk over files
}

// field is a member of a struct, and where its offset in bytes goes.
type field struct {
	member string
	found  *uint32
}

// scan walks over the types until all that is wanted was found, and returns what was
// not. A common kernel has more than a hundred thousand types, and the number of a type
// is its position among all. Half of them are functions, one after another, so that the
// branch for them is predicted well. The other kinds come in no order, so their lengths
// are looked up in a table.
func scan(types, names []byte, wanted []*want) (missing []*want, err error) {
	order := binary.NativeEndian
	lengths := lengths()
	kinds, starts := kindsOf(wanted), startsOf(wanted)
	rest := types
	for id := uint32(1); kinds != 0 && len(rest) >= typeLen; id++ {
		info := order.Uint32(rest[4:])
		kind, members := info>>24&0x1f, info&0xffff
		length := typeLen
		if kind != kindFunc {
			length = int(lengths[kind].fixed + lengths[kind].each*members)
		}
		if length < typeLen || length > len(rest) {
			return wanted, fmt.Errorf("%w: type %d of kind %d", errBTF, id, kind)
		}
		if name := order.Uint32(rest); kinds>>kind&1 != 0 && starts.has(names, name) {
			body, packed := rest[typeLen:length], info>>31 != 0
			wanted = slices.DeleteFunc(wanted, func(w *want) bool {
				return w.kind == kind && isName(names, name, w.name) && w.take(id, body, names, packed)
			})
			kinds, starts = kindsOf(wanted), startsOf(wanted)
			if kinds == 1<<kindFunc && numberByTags(types, names, wanted) {
				return nil, nil
			}
		}
		rest = rest[length:]
	}
	return wanted, nil
}

// kindsOf has a bit for each kind.
func kindsOf(wanted []*want) (kinds uint32) {
	for _, w := range wanted {
		kinds |= 1 << w.kind
	}
	return kinds
}

// starts has a bit for the first two letters of each wanted name, which rules out most
// other names quickly.
type starts uint64

func startsOf(wanted []*want) (s starts) {
	for _, w := range wanted {
		s |= 1 << startOf(w.name[0], w.name[1])
	}
	return s
}

func (s starts) has(names []byte, at uint32) bool {
	next := uint64(at) + 1
	return next < uint64(len(names)) && s>>startOf(names[at], names[next])&1 != 0
}

func startOf(first, second byte) byte { return (first ^ second<<2) & 63 }

// take stores what is wanted of a type with that number, if it is all there.
func (w *want) take(id uint32, body, names []byte, packed bool) bool {
	for _, m := range w.members {
		at, ok := member(body, names, m.member, packed)
		if !ok || at > math.MaxInt16 { // as far as an instruction reaches
			return false
		}
		*m.found = at
	}
	if w.number != nil {
		*w.number = id
	}
	return true
}

// length is the length of the types of one kind, in bytes.
type length struct{ fixed, each uint32 } // each is for every member

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

// member finds the offset of a struct's member, in bytes. With packed the upper byte of
// an offset is the width of a bit field.
func member(body, names []byte, name string, packed bool) (offset uint32, ok bool) {
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
