package drift

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"porthole/internal/record"
)

// owners are those who hold an endpoint, sorted; none if they are not known.
type owners []string

func (o owners) String() string { return strings.Join(o, ", ") }

// same compares owners. What one of the two lists could not see is no change.
func (o owners) same(p owners) bool { return len(o) == 0 || len(p) == 0 || slices.Equal(o, p) }

// ownerSet gathers the owners of the sockets of an endpoint.
type ownerSet struct {
	names map[string]bool
	size  int // bytes
}

func (s *ownerSet) add(names []string) error {
	const most = 16 << 20
	for _, name := range names {
		if s.names[name] {
			continue
		}
		if s.size += len(name); s.size > most {
			return errors.New("the owners of one port have more than 16 MB of names")
		}
		if s.names == nil {
			s.names = make(map[string]bool)
		}
		s.names[name] = true
	}
	return nil
}

func (s *ownerSet) owners() owners { return slices.Sorted(maps.Keys(s.names)) }

// commonWords are the words for owners that both lists have. A list without a
// holder has no part in the choice.
func commonWords(old, new *side) record.OwnerWords {
	switch {
	case !old.holders:
		return new.words
	case !new.holders:
		return old.words
	}
	return record.OwnerWords{
		Units:       old.words.Units && new.words.Units,
		Containers:  old.words.Containers && new.words.Containers,
		Executables: old.words.Executables && new.words.Executables,
	}
}

// note notes the words that a list has for a socket that waits, and its holders.
func (s *side) note(r *record.Record) {
	w := &s.words
	w.Units = w.Units || r.Unit != ""
	w.Containers = w.Containers || r.Container != ""
	for _, p := range r.Holders() {
		s.holders = true
		w.Units = w.Units || p.Unit != ""
		w.Containers = w.Containers || p.Container != ""
		w.Executables = w.Executables || p.Exe != ""
	}
}
