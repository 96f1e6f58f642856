package sockets

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestBindRights binds port 80 of namespaces made for it, by each right.
func TestBindRights(t *testing.T) {
	needRoot(t)
	const port80 = "0.0.0.0:80"
	for _, test := range []struct {
		right      BindRight
		role       string
		with       func(*exec.Cmd)
		privileged bool
		flags      Flags
	}{
		{BindRightRoot, "listen " + port80, inNewNamespace, true, FlagNeedlessRoot},
		{BindRightCapability, "listen " + port80, func(cmd *exec.Cmd) {
			inNewNamespace(cmd)
			asNobody(cmd)
			cmd.SysProcAttr.AmbientCaps = []uintptr{capNetBindService}
		}, true, FlagNonRoot},
		{BindRightUnprivilegedPort, "lowered", inNewNamespace, false, FlagLoweredStart},
		{BindRightUserNamespace, "listen " + port80, func(cmd *exec.Cmd) {
			inNewNamespace(cmd)
			cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
			cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: nobody, Size: 1}}
			cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: nobody, Size: 1}}
			cmd.SysProcAttr.Credential = &syscall.Credential{}
		}, true, FlagNonRoot},
	} {
		t.Run(test.right.String(), func(t *testing.T) {
			pid, said := startRole(t, test.role, test.with)
			s := findIn(t, list(t, &Lister{}), netnsOf(pid), address(t, said))
			checkHolders(t, s, pid)
			if len(s.Processes) == 1 && s.Processes[0].BindRight != test.right {
				t.Errorf("right %q, want %q; %+v", s.Processes[0].BindRight, test.right, s.Processes[0])
			}
			if s.Privileged != test.privileged || s.Flags != test.flags {
				t.Errorf("privileged %v, flags %v; want %v, %v", s.Privileged, s.Flags.Words(), test.privileged, test.flags.Words())
			}
		})
	}
}

// TestSetuid: nobody runs a program of root's, which binds a low port as root.
func TestSetuid(t *testing.T) {
	needRoot(t)
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "porthole") // the test's own folder is closed to nobody
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	exe := filepath.Join(dir, "porthole-setuid")
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(exe, self, 0o755), os.Chmod(exe, 0o755|os.ModeSetuid)); err != nil {
		t.Fatal(err)
	}
	var at unix.Statfs_t
	if err := unix.Statfs(dir, &at); err != nil || at.Flags&unix.ST_NOSUID != 0 {
		t.Skipf("no setuid programs in %s: %v", dir, err)
	}
	pid, said := startRole(t, "listen 0.0.0.0:80", func(cmd *exec.Cmd) {
		inNewNamespace(cmd)
		asNobody(cmd)
		cmd.Path = exe
	})
	s := findIn(t, list(t, &Lister{}), netnsOf(pid), address(t, said))
	checkHolders(t, s, pid)
	if p := s.Processes[0]; s.UID != 0 || p.UID != 0 || p.User != "root" || p.Exe != exe || p.BindRight != BindRightRoot {
		t.Errorf("of user %d, held by %+v; want root's", s.UID, p)
	}
}

// TestHandedDown: one socket, held by who may bind its port and by who may not.
func TestHandedDown(t *testing.T) {
	needRoot(t)
	pid, said := startRole(t, "hand-down web.socket", inNewNamespace)
	if len(said) != 2 {
		t.Fatalf("the helper said %q", said)
	}
	child, err := strconv.Atoi(said[1])
	if err != nil {
		t.Fatal(err)
	}
	s := findIn(t, list(t, &Lister{}), netnsOf(pid), address(t, said))
	checkHolders(t, s, pid, child)
	rights := make(map[int]BindRight)
	for _, p := range s.Processes {
		rights[p.PID] = p.BindRight
	}
	if rights[pid] != BindRightRoot || rights[child] != BindRightInherited || s.Flags != FlagNonRoot|FlagNeedlessRoot {
		t.Errorf("rights %v, flags %q", rights, s.Flags.Words())
	}
	if name := handedDown(fmt.Sprintf("/proc/%d", child), s.Inode); name != "web.socket" {
		t.Errorf("handed down as %q", name)
	}
	if name := handedDown(fmt.Sprintf("/proc/%d", pid), s.Inode); name != "" {
		t.Errorf("the one who made it got it as %q", name)
	}
}

// TestHandedDownUnit: the name that systemd gave a socket on the way is that of
// the .socket unit unless somebody chose another.
func TestHandedDownUnit(t *testing.T) {
	needRoot(t)
	for name, want := range map[string]string{"web.socket": "web.socket", "http": "web.service"} {
		pid, said := startRole(t, "hand-down "+name, inNewNamespace)
		child, err := strconv.Atoi(said[1])
		if err != nil {
			t.Fatal(err)
		}
		s := findIn(t, list(t, &Lister{}), netnsOf(pid), address(t, said))
		s.Cgroup, s.Processes = "/init.scope", []Process{{PID: 1, Name: "systemd"}, {PID: child, Unit: "web.service"}}
		if got := (&labels{procFS: procFS{root: "/proc"}}).unit(&s); got != want {
			t.Errorf("handed down as %q: unit %q, want %q", name, got, want)
		}
	}
}
