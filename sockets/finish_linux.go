package sockets

import (
	"cmp"
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// finish labels the rows with unit and container, with where a published port
// leads or comes from, and with the right to their ports.
func (l *linux) finish(ctx context.Context, want want, rows []row) {
	l.lookAgain(ctx, rows, time.Now())
	mounts, _ := l.mounts() // discover told of the error
	for i := range rows {
		r := &rows[i]
		s := &r.Socket
		if r.cgroup != 0 {
			s.Cgroup = l.cgroups.path(mounts.cgroup, r.cgroup)
		}
		s.Unit = l.unit(s)
		s.Container = l.home(r)
		s.Published = l.published(s)
		if r.judged() {
			r.place.judge(s)
		}
	}
	l.publish(rows)
	if l.live && want.holders { // rows alone are to be had at once: a runtime may take long
		l.cgroups.name(ctx, l.askRuntime)
	}
}

// judged tells whether the holders' right to the port is worth knowing.
func (r *row) judged() bool {
	return r.place != nil && r.State.Waits() && r.Local.Port() < lowPort
}

// initScope is where systemd itself lives, and makes the sockets that it hands
// down.
const initScope = "init.scope"

// unit prefers what says most: the .socket unit, the service that holds the
// socket if systemd made it, the unit where the socket was made.
func (l *linux) unit(s *Socket) string {
	made := unitOf(s.Cgroup)
	held := ""
	bySystemd := made == initScope
	for i := range s.Processes {
		h := &s.Processes[i]
		if h.isManager() {
			bySystemd = true
		} else if held == "" {
			held = h.Unit
		}
	}
	if !bySystemd {
		return cmp.Or(made, held)
	}
	for i := range s.Processes {
		if h := &s.Processes[i]; !h.isManager() {
			// FileDescriptorName= can give it any other name.
			if name := handedDown(filepath.Join(l.root, strconv.Itoa(h.PID)), s.Inode); strings.HasSuffix(name, ".socket") {
				return name
			}
		}
	}
	return cmp.Or(held, made)
}

// isManager tells systemd itself: the machine's, a container's or a user's.
func (p *Process) isManager() bool {
	return p.Name == "systemd" && (p.PID == 1 || p.Unit == initScope)
}

// handedDown is the name under which systemd gave a socket to the process in
// dir: by default that of the .socket unit (sd_listen_fds_with_names(3)).
func handedDown(dir string, inode uint64) string {
	text, err := os.ReadFile(filepath.Join(dir, "environ"))
	if err != nil {
		return ""
	}
	names := listenNames(string(text))
	for i, name := range names {
		const first = 3 // SD_LISTEN_FDS_START of systemd/sd-daemon.h
		var st unix.Stat_t
		path := filepath.Join(dir, "fd", strconv.Itoa(first+i))
		if unix.Stat(path, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFSOCK && st.Ino == inode {
			return name
		}
	}
	return ""
}

// home is the container of a row: of the cgroup that made it, of a holder, of
// a process in its namespace.
func (l *linux) home(r *row) *Container {
	if c := l.cgroups.container(r.Cgroup); c != nil {
		return c
	}
	for i := range r.Processes {
		if c := r.Processes[i].Container; c != nil {
			return c
		}
	}
	if s := l.spaceOf(r); s != nil {
		return l.tenant(s.pid)
	}
	return nil
}

// spaceOf is the namespace of a row; nil unknown.
func (l *linux) spaceOf(r *row) *space {
	if r.space == 0 {
		return nil
	}
	return l.spaces[r.space-1]
}

// tenant is the container of the namespace in which a process lives.
func (l *linux) tenant(leader int) *Container {
	if leader == 0 {
		return nil
	}
	if known, ok := l.tenants[leader]; ok {
		return known
	}
	if l.tenants == nil {
		l.tenants = make(map[int]*Container)
	}
	text, _ := readSmall(filepath.Join(l.root, strconv.Itoa(leader), "cgroup"))
	l.tenants[leader] = l.cgroups.container(parseCgroup(text))
	return l.tenants[leader]
}

// published finds where docker-proxy leads.
func (l *linux) published(s *Socket) *Published {
	for i := range s.Processes {
		to, ok := parseProxy(s.Processes[i].Cmdline, s.Local.Port())
		if !ok {
			continue
		}
		return &Published{To: to, Container: l.tenantAt(to.Addr())}
	}
	return nil
}

// tenantAt is the container whose namespace has an address.
func (l *linux) tenantAt(a netip.Addr) *Container {
	if s := l.homes()[a]; s != nil {
		return l.tenant(s.pid)
	}
	return nil
}

// listenNames reads LISTEN_FDNAMES from the text of /proc/pid/environ.
func listenNames(environ string) []string {
	for _, variable := range strings.Split(environ, "\x00") {
		if names, ok := strings.CutPrefix(variable, "LISTEN_FDNAMES="); ok {
			return strings.Split(names, ":")
		}
	}
	return nil
}
