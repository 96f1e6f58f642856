package sockets

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"porthole/sockets/internal/procfs"
)

// cgroups remembers what cgroups say. Its zero value works.
type cgroups struct {
	tasks string // containerdTasks, or "" to leave them out

	mu         sync.Mutex
	containers map[string]*Container // by path; nil values are no containers
	byID       map[string]*Container // by runtime and ID
	paths      map[uint64]string
	tree       map[uint64]string // every path; nil until it was needed
	sets       map[uint64]cgroupSet
}

// cgroupSet is the path of a set of cgroups (css_set of the kernel), as one process in
// that set gave it.
type cgroupSet struct {
	path string
	pid  int // of that process
}

// ofSet returns the path of the processes in a set. It calls read, which reads that of
// the process pid, unless the path of the set is known.
func (c *cgroups) ofSet(set uint64, pid int, read func() (string, error)) (path string, err error) {
	c.mu.Lock()
	known, ok := c.sets[set]
	c.mu.Unlock()
	if ok {
		return known.path, nil
	}
	text, err := read()
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.sets[set]; ok { // another reader was faster
		return known.path, nil
	}
	if c.sets == nil {
		c.sets = make(map[uint64]cgroupSet)
	}
	c.sets[set] = cgroupSet{procfs.ParseCgroup(text), pid}
	return c.sets[set].path, nil
}

// path is where the cgroup with that id is, below the mount of cgroup v2; ""
// if it is gone. The id is the inode of its folder.
func (c *cgroups) path(mount string, id uint64) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if path, ok := c.paths[id]; ok {
		return path
	}
	if c.paths == nil {
		c.paths = make(map[uint64]string)
	}
	path := ""
	if mount != "" {
		var ok bool
		if path, ok = openCgroup(mount, id); !ok {
			if c.tree == nil {
				c.tree = cgroupTree(mount)
			}
			path = c.tree[id]
		}
	}
	c.paths[id] = path
	return path
}

// openCgroup asks for the folder by a handle made of the id, which takes
// CAP_DAC_READ_SEARCH (open_by_handle_at(2)). ok is false where that fails.
func openCgroup(mount string, id uint64) (path string, ok bool) {
	const kernfs = 0xfe // FILEID_KERNFS of linux/exportfs.h
	at, err := openOn(mount, unix.CGROUP2_SUPER_MAGIC, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return "", false
	}
	defer unix.Close(at)
	handle := unix.NewFileHandle(kernfs, binary.NativeEndian.AppendUint64(nil, id))
	fd, err := unix.OpenByHandleAt(at, handle, unix.O_PATH|unix.O_CLOEXEC)
	if err != nil {
		return "", false
	}
	defer unix.Close(fd)
	whole, err := os.Readlink(filepath.Join("/proc/self/fd", strconv.Itoa(fd)))
	if err != nil {
		return "", false
	}
	path, ok = strings.CutPrefix(whole, strings.TrimSuffix(mount, "/"))
	if path == "" {
		path = "/"
	}
	return path, ok
}

// cgroupTree reads all folders below the mount.
func cgroupTree(mount string) map[uint64]string {
	const most = 20000 // beyond, the list would wait for it
	tree := make(map[uint64]string)
	filepath.WalkDir(mount, func(path string, entry os.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // gone, or not to be read
		case !entry.IsDir():
			return nil
		case len(tree) == most:
			return filepath.SkipAll
		}
		inside := strings.TrimPrefix(path, strings.TrimSuffix(mount, "/"))
		tree[inodeOf(path)] = "/" + strings.TrimPrefix(inside, "/")
		return nil
	})
	return tree
}
