package sockets

import "context"

// labels adds to rows what follows from their holders: unit and container, where a
// published port leads to or comes from, and the right to a low port.
type labels struct {
	procFS
	mounts  *mountTable
	cgroups *cgroups
	netns   *netnsSet
	inside  map[int]*Container // by a process of a network namespace
	owners  *addressOwners     // nil until needed
	ask     askRuntime         // nil: containerNames
}

func (l *labels) add(ctx context.Context, rows []row) {
	l.owners = nil
	mounts, _ := l.mounts.read() // the listing has said so
	for i := range rows {
		r := &rows[i]
		s := &r.Socket
		if r.cgroup != 0 {
			s.Cgroup = l.cgroups.path(mounts.Cgroup, r.cgroup)
		}
		s.Unit = l.unit(s)
		s.Container = l.container(r)
		s.Published = l.published(ctx, r)
		if r.judged() {
			r.binding.judge(s)
		}
	}
	l.publish(ctx, rows)
}

// judged reports whether the row waits on a low port, so that the holders' right to
// bind it is looked up.
func (r *row) judged() bool {
	return r.binding != nil && r.State.Waits() && r.Local.Port() < lowPort
}
