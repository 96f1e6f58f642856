package bpfiter

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// functions adds some in the order given, each behind a prototype, and a tag behind
// every third, whose number lie changes.
func (b *builder) functions(names []string, lie func(tag int, number uint32) uint32) (numbers map[string]uint32) {
	numbers = make(map[string]uint32)
	id, tag := b.count(), 0
	for i, name := range names {
		b.add("", 13, uint32(i%4), 0, false, make([]uint32, 2*(i%4))...)
		b.add(name, kindFunc, 0, id+1, false)
		id += 2
		numbers[name] = id
		if i%3 == 0 {
			b.add("bpf_kfunc", kindTag, 0, lie(tag, id), false, math.MaxUint32)
			id, tag = id+1, tag+1
		}
	}
	return numbers
}

func manyNames(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("%c%c_%d", 'a'+i%26, 'a'+i/26%26, i))
	}
	names = append(names, "bpf_iter_task", "bpf_iter_task_file")
	slices.Sort(names)
	return names
}

func TestTagged(t *testing.T) {
	ordered, shuffled := manyNames(3000), manyNames(3000)
	rand.New(rand.NewPCG(5, 6)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	truth := func(_ int, number uint32) uint32 { return number }
	for _, test := range []struct {
		about string
		names []string
		lie   func(int, uint32) uint32
		found bool
	}{
		{"in order", ordered, truth, true},
		{"in no order", shuffled, truth, false},
		{"with a wrong tag", ordered, func(tag int, number uint32) uint32 { return number + uint32(tag%2) }, false},
		{"without the functions", slices.DeleteFunc(slices.Clone(ordered), func(s string) bool { return s == "bpf_iter_task_file" }), truth, false},
		{"without any", nil, truth, false},
	} {
		b := new(builder)
		b.many(rand.New(rand.NewPCG(7, 8)), 10000, false)
		numbers := b.functions(test.names, test.lie)
		var files, tasks uint32
		found := tagged(b.types, b.names, []*want{
			{kind: kindFunc, name: "bpf_iter_task_file", number: &files},
			{kind: kindFunc, name: "bpf_iter_task", number: &tasks},
		})
		if found != test.found {
			t.Errorf("%s: found is %v", test.about, found)
		}
		if found && (files != numbers["bpf_iter_task_file"] || tasks != numbers["bpf_iter_task"]) || !found && files|tasks != 0 {
			t.Errorf("%s: numbers %d and %d of %v", test.about, files, tasks, numbers)
		}
	}
}

// FuzzTagged holds that nothing breaks it.
func FuzzTagged(f *testing.F) {
	b := kernel().tasks()
	f.Add(b.types, b.names)
	b = new(builder)
	b.functions([]string{"a", "b", "bpf_iter_task", "c"}, func(_ int, number uint32) uint32 { return number })
	f.Add(b.types, b.names)
	f.Fuzz(func(t *testing.T, part, names []byte) {
		var n uint32
		wanted := []*want{{kind: kindFunc, name: "bpf_iter_task", number: &n}}
		tagged(part, names, wanted)
		if len(part) > 0 {
			tagged(bytes.Repeat(part, 1<<14/len(part)+1), names, wanted)
		}
	})
}
