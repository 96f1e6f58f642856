package sockets

import (
	"cmp"
	"slices"
	"strings"
)

// service is a service of Windows that runs, and the process that it runs in.
type service struct {
	name string
	pid  int
}

// serviceNames joins the names of the services of each process: one process of
// svchost.exe may run several.
func serviceNames(running []service) map[int]string {
	slices.SortFunc(running, func(a, b service) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.name), strings.ToLower(b.name)), cmp.Compare(a.name, b.name))
	})
	names := make(map[int]string, len(running))
	for _, s := range running {
		switch have := names[s.pid]; {
		case s.pid == 0: // it runs nowhere
		case have == "":
			names[s.pid] = s.name
		default:
			names[s.pid] = have + ", " + s.name
		}
	}
	return names
}
