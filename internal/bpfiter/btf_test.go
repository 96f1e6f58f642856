package bpfiter

import (
	"encoding/binary"
	"errors"
	"testing"
)

// builder writes BTF.
type builder struct{ types, names []byte }

func (b *builder) name(s string) uint32 {
	if len(b.names) == 0 {
		b.names = []byte{0}
	}
	at := len(b.names)
	b.names = append(append(b.names, s...), 0)
	return uint32(at)
}

// add writes one type and the numbers that follow it.
func (b *builder) add(name string, kind, members, size uint32, packed bool, rest ...uint32) {
	info := kind<<24 | members
	if packed {
		info |= 1 << 31
	}
	for _, n := range append([]uint32{b.name(name), info, size}, rest...) {
		b.types = binary.NativeEndian.AppendUint32(b.types, n)
	}
}

func (b *builder) bytes() []byte {
	order := binary.NativeEndian
	out := order.AppendUint16(nil, 0xeb9f)
	out = append(out, 1, 0)
	for _, n := range []uint32{24, 0, uint32(len(b.types)), uint32(len(b.types)), uint32(len(b.names))} {
		out = order.AppendUint32(out, n)
	}
	return append(append(out, b.types...), b.names...)
}

// kernel is a small machine's types, one of each kind before those wanted.
func kernel() *builder {
	b := new(builder)
	b.add("int", 1, 0, 4, false, 32)
	b.add("", 3, 0, 0, false, 1, 1, 4)
	b.add("", 6, 1, 4, false, b.name("A"), 0)
	b.add("", 19, 1, 8, false, b.name("B"), 0, 0)
	b.add("", 13, 1, 0, false, 0, 1)
	b.add("v", 14, 0, 1, false, 0)
	b.add("tag", 17, 0, 1, false, 0)
	b.add("file", 7, 0, 0, false) // declared before it is defined
	b.add("file", kindStruct, 2, 16, false, b.name("f_mode"), 1, 0, b.name("f_inode"), 1, 64)
	b.add("inode", kindStruct, 2, 16, true, b.name("i_sb"), 1, 32, b.name("i_ino"), 1, 64<<0)
	b.add("super_block", kindStruct, 1, 8, false, b.name("s_dev"), 1, 128)
	b.add("bpf_iter_task_file", kindFunc, 0, 5, false)
	members := []uint32{b.name("tgid"), 1, 800}
	for i, name := range []string{"pid", "real_parent", "nsproxy", "real_cred", "cgroups", "start_boottime", "comm", "exit_state", "flags"} {
		members = append(members, b.name(name), 1, uint32(1600+64*i))
	}
	b.add("task_struct", kindStruct, 10, 2000, false, members...)
	return b
}

// tasks adds what only the walk over tasks needs.
func (b *builder) tasks() *builder {
	b.add("nsproxy", kindStruct, 1, 8, false, b.name("net_ns"), 1, 320)
	b.add("net", kindStruct, 1, 8, false, b.name("ns"), 1, 1024)
	b.add("ns_common", kindStruct, 1, 8, false, b.name("inum"), 1, 192)
	b.add("cred", kindStruct, 1, 8, false, b.name("euid"), 1, 160)
	b.add("bpf_iter_task", kindFunc, 0, 5, false)
	return b
}

// sockets adds what only the namespaces of sockets need, after tasks.
func (b *builder) sockets() *builder {
	b.add("socket", kindStruct, 1, 8, false, b.name("sk"), 1, 192)
	b.add("sock", kindStruct, 1, 8, false, b.name("__sk_common"), 1, 0)
	b.add("sock_common", kindStruct, 1, 8, false, b.name("skc_net"), 1, 384)
	return b
}

func TestParseLayout(t *testing.T) {
	want := layout{
		fileInode: 8, inodeNo: 8, inodeSuper: 4, superDevice: 16, taskTGID: 100, fileIterator: 12,
		taskPID: 200, taskParent: 208, taskProxy: 216, taskCred: 224, taskCgroups: 232,
		taskStarted: 240, taskName: 248, taskExit: 256, taskFlags: 264,
	}
	if got, err := parseLayout(kernel().bytes()); err != nil || got != want {
		t.Errorf("without the walk over tasks: got %+v, %v; want %+v", got, err, want)
	}
	want.proxyNet, want.netCommon, want.commonInode, want.credUID, want.taskIterator = 40, 128, 24, 20, 18
	if got, err := parseLayout(kernel().tasks().bytes()); err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	want.socketSock, want.sockCommon, want.commonNet, want.sockNet = 24, 0, 48, true
	if got, err := parseLayout(kernel().tasks().sockets().bytes()); err != nil || got != want {
		t.Errorf("with sockets: got %+v, %v; want %+v", got, err, want)
	}
	whole := kernel().bytes()
	for about, b := range map[string][]byte{
		"nothing":        nil,
		"no header":      whole[:20],
		"other magic":    append([]byte{1, 2}, whole[2:]...),
		"cut off":        whole[:len(whole)-1],
		"no types":       new(builder).bytes(),
		"a later kind":   func() []byte { b := new(builder); b.add("x", 31, 0, 0, false); return b.bytes() }(),
		"cut-off struct": func() []byte { b := new(builder); b.add("x", kindStruct, 9, 0, false); return b.bytes() }(),
	} {
		if got, err := parseLayout(b); !errors.Is(err, errBTF) {
			t.Errorf("%s: %+v, %v; want an error", about, got, err)
		}
	}
}

// TestPrograms: every jump stays inside, and the programs end.
func TestPrograms(t *testing.T) {
	l, err := parseLayout(kernel().tasks().sockets().bytes())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		code  []byte
		jumps int
	}{
		{"files", fileProgram(l, special{device: 16, inode: 1038, namespaces: 4}), 7},
		{"tasks", taskProgram(l), 2},
	} {
		code := test.code
		last := len(code)/instructionLen - 1
		if code[last*instructionLen] != exit {
			t.Errorf("%s: the last instruction does not end the program", test.name)
		}
		jumps := 0
		for i := 0; i <= last; i++ {
			op := code[i*instructionLen]
			if op != jumpIfEqual && op != jumpIfOther && op != jumpIfOtherReg {
				continue
			}
			jumps++
			if to := i + 1 + int(int16(binary.NativeEndian.Uint16(code[i*instructionLen+2:]))); to <= i || to > last {
				t.Errorf("%s: instruction %d jumps to %d of %d", test.name, i, to, last)
			}
		}
		if jumps != test.jumps {
			t.Errorf("%s: %d jumps, want %d", test.name, jumps, test.jumps)
		}
	}
}

func FuzzParseLayout(f *testing.F) {
	f.Add(kernel().bytes())
	f.Add(kernel().tasks().bytes())
	f.Add(new(builder).bytes())
	f.Add(kernel().bytes()[:60])
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := parseLayout(b)
		if err == nil && l.fileIterator == 0 {
			t.Errorf("a layout without a function: %+v", l)
		}
	})
}
