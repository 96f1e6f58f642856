package sockets

import (
	"net/netip"
	"path/filepath"
	"strconv"

	"porthole/sockets/internal/procfs"
)

// container is one value for each container, nil for a path outside of any.
func (c *cgroups) container(path string) *Container {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.containers[path]; ok {
		return known
	}
	if c.containers == nil {
		c.containers, c.byID = make(map[string]*Container), make(map[string]*Container)
	}
	var shared *Container
	if in := procfs.ContainerOf(path); in.Runtime != "" {
		found := Container{Runtime: in.Runtime, ID: in.ID, Name: in.Name, Pod: in.Pod}
		key := found.Runtime + " " + found.ID
		if shared = c.byID[key]; shared == nil {
			shared = &found
			c.byID[key] = shared
		}
	}
	c.containers[path] = shared
	return shared
}

// container is that of a row: of the cgroup that made it, of a holder, of
// a process in its namespace.
func (l *labels) container(r *row) *Container {
	if c := l.cgroups.container(r.Cgroup); c != nil {
		return c
	}
	for i := range r.Processes {
		if c := r.Processes[i].Container; c != nil {
			return c
		}
	}
	if s := l.netns.of(r); s != nil {
		return l.containerOf(s.pid)
	}
	return nil
}

// containerOf is the container of the namespace in which a process lives.
func (l *labels) containerOf(leader int) *Container {
	if leader == 0 {
		return nil
	}
	if known, ok := l.inside[leader]; ok {
		return known
	}
	if l.inside == nil {
		l.inside = make(map[int]*Container)
	}
	text, _ := readSmall(filepath.Join(l.root, strconv.Itoa(leader), "cgroup"))
	l.inside[leader] = l.cgroups.container(procfs.ParseCgroup(text))
	return l.inside[leader]
}

// containerAt is the container whose namespace has an address.
func (l *labels) containerAt(a netip.Addr) *Container {
	if s := l.addressees()[a]; s != nil {
		return l.containerOf(s.pid)
	}
	return nil
}
