package record

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// OwnerWords says by what the owner of a socket may be named, beside the name of
// its process. To compare two lists, only words that both have may be used: an
// older version, or another system, tells no units.
type OwnerWords struct{ Units, Containers, Executables bool }

// Owners names the owners of a socket so that the names survive a restart: a
// container, a unit, or an executable with its user. Holders that another holder
// started are left out, since workers and helpers come and go. The names are
// sorted, each once; there are none if the holders are not known.
func (r *Record) Owners(w OwnerWords) []string {
	if unit := stableUnit(r.Unit); w.Units && strings.HasSuffix(unit, ".socket") {
		return []string{unit}
	}
	var out []string
	for _, p := range r.Holders() {
		if name := p.owner(w); name != "" && !p.StartedByAny(r.Holders()) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// OwnerName is all owners in one text, by the best words for each; "" if none is
// known.
func (r *Record) OwnerName() string {
	return strings.Join(r.Owners(OwnerWords{Units: true, Containers: true, Executables: true}), ", ")
}

// Programs are the owners of a socket by their executables, each with its user.
func (r *Record) Programs() []string { return r.Owners(OwnerWords{Executables: true}) }

// owner is a container, a unit, or an executable with its user.
func (p Process) owner(w OwnerWords) string {
	if w.Containers && p.Container != "" {
		return p.Container
	}
	if unit := stableUnit(p.Unit); w.Units && unit != "" {
		return unit
	}
	name := p.Name
	if w.Executables && p.Exe != "" {
		name = strings.TrimSuffix(p.Exe, " (deleted)") // replaced on disk, as by an update
	}
	if user := p.UserText(); name != "" && user != "" {
		name += " as " + user
	}
	return name
}

// UserText is the name of the user, or the number of one without a name, as users
// of containers are; "" if not known.
func (p Process) UserText() string {
	if p.User == "" && p.UID != nil {
		return strconv.Itoa(*p.UID)
	}
	return p.User
}

// WindowsServices reports whether a unit is one or more services of Windows, with
// commas in between: their names do not end as systemd's units do.
func WindowsServices(unit string) bool {
	return unit != "" && !slices.Contains(strings.Fields("automount device mount path scope service slice socket swap target timer"), unit[strings.LastIndexByte(unit, '.')+1:])
}

// stableUnit is the unit if it has the same name after a restart, else "": scopes
// and slices hold whatever was started in a session.
func stableUnit(unit string) string {
	if WindowsServices(unit) {
		return unit
	}
	transient := strings.HasPrefix(unit, "user@") || strings.HasPrefix(unit, "run-")
	if transient || !strings.HasSuffix(unit, ".service") && !strings.HasSuffix(unit, ".socket") {
		return ""
	}
	return unit
}

// StableNetNS names the network namespace of a socket so that the name survives
// a restart: by its own name, else by the container that lives in it; "" if it
// has neither.
func (r *Record) StableNetNS() string {
	if r.NetNSName != "" && !strings.HasPrefix(r.NetNSName, "pid:") && !strings.HasPrefix(r.NetNSName, "net:") {
		return r.NetNSName
	}
	return r.Container
}

// NetNSText names the network namespace of a socket. One without a name is called
// after its inode, as "ls -l /proc/PID/ns/net" shows it; "" if nothing is known.
func (r *Record) NetNSText() string {
	if r.NetNSName == "" && r.NetNS != 0 {
		return fmt.Sprintf("net:%d", r.NetNS)
	}
	return r.NetNSName
}
