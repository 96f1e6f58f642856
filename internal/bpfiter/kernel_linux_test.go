package bpfiter

import (
	"errors"
	"os"
	"testing"
)

func mustOpen(t testing.TB) *Kernel {
	t.Helper()
	k, err := OpenKernel()
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
	f, err := mustOpen(t).Files()
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
	walk, err := mustOpen(t).Tasks()
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
	err := k.readTypes()
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
	k := mustOpen(b)
	files, tasks := mustFiles(b), mustTasks(b)
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"learn", func() error {
			k, err := OpenKernel()
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

// TestKernelNumbers: on this kernel, too, the tags give the numbers that counting gives.
func TestKernelNumbers(t *testing.T) {
	whole, err := os.ReadFile("/sys/kernel/btf/vmlinux")
	if err != nil {
		t.Skip(err)
	}
	types, names, err := sections(whole)
	if err != nil {
		t.Fatal(err)
	}
	wanted := func(files, tasks *uint32) []*want {
		return []*want{
			{kind: kindFunc, name: "bpf_iter_task_file", number: files},
			{kind: kindFunc, name: "bpf_iter_task", number: tasks},
		}
	}
	var files, tasks, filesCounted, tasksCounted uint32
	if !numberByTags(types, names, wanted(&files, &tasks)) {
		t.Skip("this kernel's functions have no tags, or are in no order")
	}
	never := &want{kind: kindStruct, name: "no such type"} // so that the walk has to go on
	if missing, err := scan(types, names, append(wanted(&filesCounted, &tasksCounted), never)); err != nil || len(missing) != 1 {
		t.Fatalf("missing %v, %v", missing, err)
	}
	if files != filesCounted || tasks != tasksCounted {
		t.Errorf("by tags %d and %d, counted %d and %d", files, tasks, filesCounted, tasksCounted)
	}
}

// TestWrongNumber holds that a program is refused whose function has another
// number: those around it, and that of the other program, to which the kernel
// would attach the walk over processes.
func TestWrongNumber(t *testing.T) {
	k := mustOpen(t)
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
