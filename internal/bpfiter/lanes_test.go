package bpfiter

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// many adds types of all kinds at random, in whose members are more of what looks
// like types with trap.
func (b *builder) many(random *rand.Rand, n int, trap bool) {
	all := lengths()
	for range n {
		kind := uint32(1 + random.IntN(19))
		members := uint32(random.IntN(6))
		if kind == kindFunc || all[kind].each == 0 {
			members = 0
		}
		if trap && random.IntN(50) == 0 {
			kind, members = kindStruct, 200
		}
		l := all[kind]
		rest := make([]uint32, (l.fixed+l.each*members-typeLen)/4)
		for i := range rest {
			rest[i] = random.Uint32()
		}
		if trap {
			for i := 0; i+2 < len(rest); i += 3 {
				rest[i], rest[i+1] = 0, kindFunc<<24
			}
		}
		b.add("bp", kind, members, 0, false, rest...)
	}
}

// count is how many types there are.
func (b *builder) count() (n uint32) {
	all, order := lengths(), binary.NativeEndian
	for at := uint32(0); at < uint32(len(b.types)); n++ {
		info := order.Uint32(b.types[at+4:])
		l := all[info>>24&0x1f]
		at += l.fixed + l.each*(info&0xffff)
	}
	return n
}

// TestNumber finds functions wherever they are, and says so where a guess misled
// it.
func TestNumber(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	numbered, misled := 0, 0
	for i := range 200 {
		trap := i%2 == 0
		b := new(builder)
		b.many(random, random.IntN(5000), trap)
		b.add("bpf_iter_task_file", kindFunc, 0, 1, false)
		files := b.count()
		b.many(random, random.IntN(5000), trap)
		b.add("bpf_iter_task", kindFunc, 0, 1, false)
		tasks := b.count()
		b.many(random, 2000+random.IntN(5000), trap)
		var gotFiles, gotTasks uint32
		wanted := []*want{
			{kind: kindFunc, name: "bpf_iter_task_file", number: &gotFiles},
			{kind: kindFunc, name: "bpf_iter_task", number: &gotTasks},
		}
		if number(b.types, b.names, 0, 1, wanted) {
			numbered++
		} else {
			misled++
			if _, err := scan(b.types, b.names, wanted); err != nil {
				t.Fatal(err)
			}
		}
		if gotFiles != files || gotTasks != tasks {
			t.Fatalf("run %d: functions %d and %d, want %d and %d", i, gotFiles, gotTasks, files, tasks)
		}
	}
	if numbered < 100 || misled == 0 {
		t.Errorf("%d times by lanes, %d times misled: this test should have both", numbered, misled)
	}
}

// TestNumberNothing: what is not there is not found, by whichever way.
func TestNumberNothing(t *testing.T) {
	b := new(builder)
	b.many(rand.New(rand.NewPCG(3, 4)), 20000, false)
	var n uint32
	wanted := []*want{{kind: kindFunc, name: "bpf_iter_task", number: &n}}
	if number(b.types, b.names, 0, 1, wanted) || n != 0 {
		t.Errorf("found %d where there is none", n)
	}
	b.add("of a later kernel", 31, 0, 0, false)
	b.many(rand.New(rand.NewPCG(3, 4)), 20000, false)
	b.add("bpf_iter_task", kindFunc, 0, 1, false)
	if number(b.types, b.names, 0, 1, wanted) {
		t.Errorf("found %d behind a type of unknown length", n)
	}
}

// plainNumber counts one type after the other; 0 if the function is not there.
func plainNumber(types, names []byte, name string) uint32 {
	all, order := lengths(), binary.NativeEndian
	for id := uint32(1); len(types) >= typeLen; id++ {
		info := order.Uint32(types[4:])
		l := all[info>>24&0x1f]
		length := int(l.fixed + l.each*(info&0xffff))
		if length == 0 || length > len(types) {
			return 0
		}
		if info>>24&0x1f == kindFunc && isName(names, order.Uint32(types), name) {
			return id
		}
		types = types[length:]
	}
	return 0
}

func FuzzNumber(f *testing.F) {
	b := kernel().tasks()
	f.Add(b.types, b.names)
	f.Add(b.types[4:], b.names)
	f.Fuzz(func(t *testing.T, part, names []byte) {
		if len(part) == 0 {
			return
		}
		types := bytes.Repeat(part, 1<<16/len(part)+1) // as long as is worth it
		var got uint32
		if number(types, names, 0, 1, []*want{{kind: kindFunc, name: "bpf_iter_task", number: &got}}) {
			if want := plainNumber(types, names, "bpf_iter_task"); got != want {
				t.Errorf("number %d, want %d", got, want)
			}
		}
	})
}
