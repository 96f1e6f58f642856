package bpfiter

import (
	"encoding/binary"
	"errors"
	"os"
	"testing"
)

func mustLearn(t testing.TB) *Kernel {
	t.Helper()
	k, err := Learn()
	if errors.Is(err, ErrUnavailable) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	return k
}

func mustFiles(t testing.TB) *Files {
	t.Helper()
	f, err := mustLearn(t).Files()
	if errors.Is(err, ErrUnavailable) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func mustTasks(t testing.TB) *Tasks {
	t.Helper()
	walk, err := mustLearn(t).Tasks()
	if errors.Is(err, ErrUnavailable) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { walk.Close() })
	return walk
}

func TestKernelLayout(t *testing.T) {
	k := new(Kernel)
	err := k.learn()
	if errors.Is(err, os.ErrNotExist) {
		t.Skip(err)
	}
	defer k.Close()
	l := k.layout
	if err != nil || l.fileIterator == 0 || l.taskIterator == 0 || l.taskTGID == 0 {
		t.Errorf("%+v, %v", l, err)
	}
}

// BenchmarkWalks is what a list asks of the kernel, each by itself.
func BenchmarkWalks(b *testing.B) {
	k := mustLearn(b)
	files, tasks := mustFiles(b), mustTasks(b)
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"learn", func() error {
			k, err := Learn()
			if err == nil {
				k.Close()
			}
			return err
		}},
		{"load files", func() error {
			f, err := k.Files()
			if err == nil {
				f.Close()
			}
			return err
		}},
		{"load tasks", func() error {
			t, err := k.Tasks()
			if err == nil {
				t.Close()
			}
			return err
		}},
		{"walk files", func() error { return files.Walk(b.Context(), func(Descriptor) {}) }},
		{"walk tasks", func() error { return tasks.Walk(b.Context(), func(Task) {}) }},
	} {
		b.Run(step.name, func(b *testing.B) {
			for b.Loop() {
				if err := step.do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestKernelNumbers: on this kernel, too, lanes and tags come to the number that
// counting gives.
func TestKernelNumbers(t *testing.T) {
	whole, err := os.ReadFile("/sys/kernel/btf/vmlinux")
	if err != nil {
		t.Skip(err)
	}
	types, names := typesAndNames(whole)
	var got uint32
	wanted := []*want{{kind: kindFunc, name: "bpf_iter_task_file", number: &got}}
	if !number(types, names, 0, 1, wanted) {
		t.Fatal("the lanes did not meet")
	}
	want := plainNumber(types, names, "bpf_iter_task_file")
	if got != want {
		t.Errorf("number %d, want %d", got, want)
	}
	got = 0
	if !tagged(types, names, wanted) {
		t.Skip("this kernel's functions have no tags, or are in no order")
	}
	if got != want {
		t.Errorf("number %d by tags, want %d", got, want)
	}
}

// TestWrongNumber holds that a program is refused whose function has another
// number: those around it, and that of the other program, to which the kernel
// would attach the walk over processes.
func TestWrongNumber(t *testing.T) {
	k := mustLearn(t)
	mustFiles(t)
	mustTasks(t)
	files, tasks := k.layout.fileIterator, k.layout.taskIterator
	for _, wrong := range []uint32{files - 2, files - 1, files + 1, files + 2, tasks, 1} {
		k.layout.fileIterator = wrong
		if f, err := k.Files(); !errors.Is(err, ErrUnavailable) {
			t.Errorf("number %d instead of %d is taken for files: %v", wrong, files, err)
			if err == nil {
				f.Close()
			}
		}
	}
	for _, wrong := range []uint32{tasks - 1, tasks + 1, files, 1} {
		k.layout.taskIterator = wrong
		if w, err := k.Tasks(); !errors.Is(err, ErrUnavailable) {
			t.Errorf("number %d instead of %d is taken for tasks: %v", wrong, tasks, err)
			if err == nil {
				w.Close()
			}
		}
	}
}

// BenchmarkNumbers finds both functions among this kernel's types, in each way.
func BenchmarkNumbers(b *testing.B) {
	whole, err := os.ReadFile("/sys/kernel/btf/vmlinux")
	if err != nil {
		b.Skip(err)
	}
	types, names := typesAndNames(whole)
	var files, tasks uint32
	wanted := []*want{
		{kind: kindFunc, name: "bpf_iter_task_file", number: &files},
		{kind: kindFunc, name: "bpf_iter_task", number: &tasks},
	}
	b.Run("tags", func(b *testing.B) {
		for b.Loop() {
			if !tagged(types, names, wanted) {
				b.Skip("this kernel's functions have no tags, or are in no order")
			}
		}
	})
	b.Run("lanes", func(b *testing.B) {
		for b.Loop() {
			number(types, names, 0, 1, wanted)
		}
	})
	b.Run("one by one", func(b *testing.B) {
		for b.Loop() {
			plainNumber(types, names, "bpf_iter_task_file")
		}
	})
}

// typesAndNames are the two parts of a kernel's BTF.
func typesAndNames(whole []byte) (types, names []byte) {
	order := binary.NativeEndian
	part := func(at int) []byte {
		from := order.Uint32(whole[4:]) + order.Uint32(whole[at:])
		return whole[from : from+order.Uint32(whole[at+4:])]
	}
	return part(8), part(16)
}
