package drift

import (
	"slices"
	"strings"

	"porthole/internal/record"
)

// owners are those who hold an endpoint, sorted; none if they are not known.
type owners []string

func (o owners) String() string { return strings.Join(o, ", ") }

// same compares owners. What one of the two lists could not see is no change.
func (o owners) same(p owners) bool { return len(o) == 0 || len(p) == 0 || slices.Equal(o, p) }

func (o owners) with(more []string) owners {
	all := append(slices.Clone(o), more...)
	slices.Sort(all)
	return slices.Compact(all)
}

// commonWords are the words for owners that both lists have. A list without a
// holder has no part in the choice.
func commonWords(old, new []record.Record) record.OwnerWords {
	a, aHolders := wordsOf(old)
	b, bHolders := wordsOf(new)
	switch {
	case !aHolders:
		return b
	case !bHolders:
		return a
	}
	return record.OwnerWords{
		Units:       a.Units && b.Units,
		Containers:  a.Containers && b.Containers,
		Executables: a.Executables && b.Executables,
	}
}

// wordsOf looks for the words that a list has for sockets that wait, and for holders.
func wordsOf(records []record.Record) (w record.OwnerWords, holders bool) {
	for _, r := range records {
		if !r.Waits() {
			continue
		}
		w.Units = w.Units || r.Unit != ""
		w.Containers = w.Containers || r.Container != ""
		for _, p := range r.Holders() {
			holders = true
			w.Units = w.Units || p.Unit != ""
			w.Containers = w.Containers || p.Container != ""
			w.Executables = w.Executables || p.Exe != ""
		}
	}
	return w, holders
}
