package listing

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"porthole/internal/record"
	"porthole/registry"
	"porthole/sockets"
)

// Filter is a condition.
type Filter = func(sockets.Socket) bool

// Filters are the conditions of a list or watch; a socket must meet all of them.
type Filters []Filter

// Match reports whether a socket meets all conditions.
func (f Filters) Match(s sockets.Socket) bool {
	for _, keep := range f {
		if !keep(s) {
			return false
		}
	}
	return true
}

// MayMatch reports whether a socket with a hidden holder could meet all conditions: it
// does if somebody whom they fit holds it.
func (f Filters) MayMatch(s sockets.Socket) bool {
	s.Processes = []sockets.Process{{PID: somebody}}
	hidden := record.Record{Hidden: s.Hidden.String()}
	return hidden.HolderHidden() && f.Match(s)
}

// somebody is the PID of a process that every condition about processes fits.
const somebody = -1

// AnyQuery matches a socket that one of the queries names, by port or by process.
func AnyQuery(queries []string, services *registry.Registry) (Filter, error) {
	var wanted registry.Ports
	var names []Filter
	for _, q := range queries {
		ports, err := services.ParsePorts(q)
		switch {
		case err == nil:
			wanted = wanted.Union(ports)
		case MeansPorts(q):
			return nil, err
		}
		if !MeansPorts(q) {
			names = append(names, OfProcess(q))
		}
	}
	return func(s sockets.Socket) bool {
		return wanted.Contains(s.Proto, s.Local.Port()) ||
			slices.ContainsFunc(names, func(match Filter) bool { return match(s) })
	}, nil
}

// MeansPorts reports whether a query can only mean ports, not a process.
func MeansPorts(q string) bool {
	return q == "" || strings.ContainsRune("0123456789-", rune(q[0])) || strings.ContainsAny(q, ":,")
}

// AnyHolder matches a socket with such a holder.
func AnyHolder(match func(sockets.Process) bool) Filter {
	return func(s sockets.Socket) bool {
		return slices.ContainsFunc(s.Processes, func(p sockets.Process) bool { return p.PID == somebody || match(p) })
	}
}

// OfUser matches sockets that a user made or holds, by name or number.
func OfUser(user string) Filter {
	uid, err := strconv.Atoi(user)
	numeric := err == nil
	is := func(name string, number int) bool { return user != "" && name == user || numeric && number == uid }
	return func(s sockets.Socket) bool {
		return is(s.User, s.UID) || slices.ContainsFunc(s.Processes, func(p sockets.Process) bool { return is(p.User, p.UID) })
	}
}

// OfProcess matches sockets of processes named so, by part or glob, without regard
// to case.
func OfProcess(name string) Filter {
	name = strings.ToLower(name)
	return AnyHolder(func(p sockets.Process) bool {
		have := strings.ToLower(p.Name)
		matched, err := path.Match(name, have)
		return strings.Contains(have, name) || err == nil && matched
	})
}

// The exposures that one can ask for beside those of the bind address.
const (
	Reachable  = "reachable"  // others can reach it, as far as is known
	Firewalled = "firewalled" // they could by its address, and nobody gets through
)

// Exposures are those that are asked for; nil lets everything pass.
type Exposures []string

// Match asks by the bind address, and by who gets through to it.
func (e Exposures) Match(s *sockets.Socket, who *record.Reach) bool {
	if e == nil {
		return true
	}
	word := Reachable
	switch exposure := s.Exposure(); {
	case slices.Contains(e, exposure.String()):
		return true
	case exposure == sockets.ExposureLoopback, exposure == sockets.ExposureUnknown:
		return false
	case who.Nobody():
		word = Firewalled
	}
	return slices.Contains(e, word)
}
