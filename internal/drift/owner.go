package drift

import (
	"slices"
	"strings"

	"porthole/internal/record"
)

// owners are those who hold an endpoint, sorted; nil is not known.
type owners []string

func (o owners) String() string { return strings.Join(o, ", ") }

// same: what one of the two lists could not see is no change.
func (o owners) same(p owners) bool { return len(o) == 0 || len(p) == 0 || slices.Equal(o, p) }

func (o owners) with(more owners) owners {
	all := append(slices.Clone(o), more...)
	slices.Sort(all)
	return slices.Compact(all)
}

// terms are the words for owners that both lists know: an older version, or
// another system, tells no units.
type terms struct{ holders, units, containers, executables bool }

func commonTerms(old, new []record.Record) terms {
	a, b := termsOf(old), termsOf(new)
	switch {
	case !a.holders:
		return b
	case !b.holders:
		return a
	}
	return terms{true, a.units && b.units, a.containers && b.containers, a.executables && b.executables}
}

func termsOf(records []record.Record) (t terms) {
	for _, r := range records {
		t.units = t.units || r.Unit != ""
		t.containers = t.containers || r.Container != ""
		for _, p := range r.Holders() {
			t.holders = true
			t.units = t.units || p.Unit != ""
			t.containers = t.containers || p.Container != ""
			t.executables = t.executables || p.Exe != ""
		}
	}
	return t
}

// ownersOf names the holders of a socket that were not started by another
// holder: workers and helpers come and go.
func ownersOf(r record.Record, t terms) owners {
	if unit := lasting(r.Unit); t.units && strings.HasSuffix(unit, ".socket") {
		return owners{unit}
	}
	var out owners
	for _, p := range r.Holders() {
		if name := ownerName(p, t); name != "" && !p.StartedByAny(r.Holders()) {
			out = append(out, name)
		}
	}
	return out.with(nil)
}

// ownerName is a container, a unit, or an executable with its user.
func ownerName(p record.Process, t terms) string {
	if t.containers && p.Container != "" {
		return p.Container
	}
	if unit := lasting(p.Unit); t.units && unit != "" {
		return unit
	}
	name := p.Name
	if t.executables && p.Exe != "" {
		name = strings.TrimSuffix(p.Exe, " (deleted)") // replaced on disk, as by an update
	}
	if name != "" && p.User != "" {
		name += " as " + p.User
	}
	return name
}

// lasting keeps the units that have the same name after a restart; scopes and
// slices hold whatever was started in a session.
func lasting(unit string) string {
	transient := strings.HasPrefix(unit, "user@") || strings.HasPrefix(unit, "run-")
	if transient || !strings.HasSuffix(unit, ".service") && !strings.HasSuffix(unit, ".socket") {
		return ""
	}
	return unit
}

// Owner names who holds a socket, by words that survive a restart; "" is not
// known.
func Owner(r record.Record) string { return ownersOf(r, terms{true, true, true, true}).String() }

// Programs are the executables that hold a socket, each with its user, but for
// those that another holder started.
func Programs(r record.Record) []string { return ownersOf(r, terms{holders: true, executables: true}) }
