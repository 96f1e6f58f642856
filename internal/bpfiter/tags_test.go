package bpfiter

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// functions adds functions in the given order after other types, each behind a
// prototype, and a tag behind every third one, whose number lie changes.
func (b *builder) functions(names []string, lie func(tag int, number uint32) uint32) (numbers map[string]uint32) {
	numbers = make(map[string]uint32)
	id, tag := uint32(0), 0
	add := func(name string, kind, members, size uint32, rest ...uint32) {
		b.add(name, kind, members, size, false, rest...)
		id++
	}
	for i := range uint32(10000) {
		add("s", kindStruct, i%5, 8, make([]uint32, 3*(i%5))...)
	}
	for i, name := range names {
		add("", 13, uint32(i%4), 0, make([]uint32, 2*(i%4))...)
		add(name, kindFunc, 0, id)
		numbers[name] = id
		if i%3 == 0 {
			add("bpf_kfunc", kindTag, 0, lie(tag, id), math.MaxUint32)
			tag++
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

func TestNumberByTags(t *testing.T) {
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
		{"without one of them", slices.DeleteFunc(slices.Clone(ordered), func(s string) bool { return s == "bpf_iter_task_file" }), truth, false},
		{"without any", nil, truth, false},
	} {
		b := new(builder)
		numbers := b.functions(test.names, test.lie)
		var files, tasks uint32
		found := numberByTags(b.types, b.names, []*want{
			{kind: kindFunc, name: "bpf_iter_task_file", number: &files},
			{kind: kindFunc, name: "bpf_iter_task", number: &tasks},
		})
		if found != test.found {
			t.Errorf("%s: found is %v", test.about, found)
		}
		if found && (files != numbers["bpf_iter_task_file"] || tasks != numbers["bpf_iter_task"]) || !found && files|tasks != 0 {
			t.Errorf("%s: numbers %d and %d", test.about, files, tasks)
		}
	}
}

// FuzzNumberByTags: no types make it panic.
func FuzzNumberByTags(f *testing.F) {
	b := kernel().tasks()
	f.Add(b.types, b.names)
	b = new(builder)
	b.functions([]string{"a", "b", "bpf_iter_task", "c"}, func(_ int, number uint32) uint32 { return number })
	f.Add(b.types[len(b.types)-100:], b.names)
	f.Fuzz(func(t *testing.T, part, names []byte) {
		var n uint32
		wanted := []*want{{kind: kindFunc, name: "bpf_iter_task", number: &n}}
		numberByTags(part, names, wanted)
		if len(part) > 0 {
			numberByTags(bytes.Repeat(part, 1<<14/len(part)+1), names, wanted)
		}
	})
}
