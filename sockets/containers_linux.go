package sockets

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"porthole/sockets/internal/procfs"
)

// container is the container of a cgroup's path, the same value for each path in it; nil
// for a path outside of any.
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
	in := procfs.ContainerOf(path)
	if in.Runtime == "" {
		in = containerdTask(c.tasks, path)
	}
	if in.Runtime != "" {
		found := Container{Runtime: in.Runtime, ID: in.ID, Name: in.Name, PodUID: in.Pod}
		key := found.Runtime + " " + found.ID
		if shared = c.byID[key]; shared == nil {
			shared = &found
			c.byID[key] = shared
		}
	}
	c.containers[path] = shared
	return shared
}

// containerdTasks is where containerd has a folder NAMESPACE/ID for each container that
// runs. Everybody may look for one of a known name.
const containerdTasks = "/run/containerd/io.containerd.runtime.v2.task"

// containerdTask reads a cgroup "/NAMESPACE/ID", which containerd makes for clients that
// choose IDs of their own, such as ctr. Alone it could be anything: the folder of the
// container decides.
func containerdTask(tasks, path string) procfs.Container {
	namespace, id, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if tasks == "" || !ok || strings.HasPrefix(namespace, ".") || strings.HasPrefix(id, ".") || strings.ContainsRune(id, '/') {
		return procfs.Container{}
	}
	if st, err := os.Lstat(filepath.Join(tasks, namespace, id)); err != nil || !st.IsDir() {
		return procfs.Container{}
	}
	return procfs.Container{Runtime: "containerd", ID: id, Name: id}
}

// container is that of a row: of the cgroup where it was made, else of a holder, else of
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
