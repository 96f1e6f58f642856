package firewall

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// loadBPF loads a program that lets everything pass: r0 = result; exit.
func loadBPF(kind, expected uint32, result int32) (int, error) {
	const load = 5 // BPF_PROG_LOAD
	program := []uint64{0xb7 | uint64(uint32(result))<<32, 0x95}
	license := []byte("GPL\x00")
	attr := struct {
		kind, count           uint32
		program, license      uint64
		logLevel, logSize     uint32
		log                   uint64
		version, flags        uint32
		name                  [16]byte
		ifindex, expectedType uint32
	}{kind: kind, count: uint32(len(program)), program: uint64(uintptr(unsafe.Pointer(&program[0]))), license: uint64(uintptr(unsafe.Pointer(&license[0]))), expectedType: expected}
	fd, _, errno := unix.Syscall(unix.SYS_BPF, load, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	runtime.KeepAlive(program)
	runtime.KeepAlive(license)
	if errno != 0 {
		return 0, errno
	}
	return int(fd), nil
}

// attachLink attaches a program until the descriptor is closed.
func attachLink(program, target int, attachType uint32) (int, error) {
	const linkCreate = 28 // BPF_LINK_CREATE
	attr := struct{ program, target, kind, flags uint32 }{uint32(program), uint32(target), attachType, 0}
	fd, _, errno := unix.Syscall(unix.SYS_BPF, linkCreate, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	if errno != 0 {
		return 0, errno
	}
	return int(fd), nil
}

// TestPrograms: BPF programs on the way in are noticed.
func TestPrograms(t *testing.T) {
	const (
		schedCls, xdp, cgroupSkb, skLookup = 3, 6, 8, 30 // enum bpf_prog_type
		attachXDP                          = 37
	)
	inLab(t, func(l *lab) {
		if err := l.enter(l.target); err != nil {
			t.Fatal(err)
		}
		index, err := linkIndex("ta")
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			kind, attachType uint32
			result           int32
			target           int
			want             string
		}{
			{xdp, attachXDP, 2, index, "[{ta an XDP program on ta may drop before}]"},
			{schedCls, attachTCX, 0, index, "[{ta a BPF program on ta may drop before (tcx)}]"},
			{skLookup, attachSocketLookup, 1, l.target, "[{ a BPF program may choose another socket (sk_lookup)}]"},
		} {
			program, err := loadBPF(test.kind, test.attachType, test.result)
			if err != nil {
				t.Logf("%s: %v", test.want, err)
				continue
			}
			link, err := attachLink(program, test.target, test.attachType)
			unix.Close(program)
			if err != nil {
				t.Logf("%s: %v", test.want, err)
				continue
			}
			h, err := ReadAll(context.Background())
			unix.Close(link)
			if err != nil || fmt.Sprint(h.Notes) != test.want {
				t.Errorf("noted %v, %v; want %s", h.Notes, err, test.want)
			}
		}
	})
}

// TestCgroupFilters attaches a program to a cgroup of its own.
func TestCgroupFilters(t *testing.T) {
	inLab(t, func(*lab) {
		if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
			t.Skip(err)
		}
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			t.Skip(err)
		}
		root := t.TempDir()
		if err := unix.Mount("none", root, "cgroup2", 0, ""); err != nil {
			t.Skip(err)
		}
		defer unix.Unmount(root, unix.MNT_DETACH)
		dir, err := os.MkdirTemp(root, "porthole-test")
		if err != nil {
			t.Skip(err)
		}
		defer os.Remove(dir)
		checkCgroup(t, dir)
	})
}

func checkCgroup(t *testing.T, dir string) {
	const cgroupSkb = 8 // BPF_PROG_TYPE_CGROUP_SKB
	program, err := loadBPF(cgroupSkb, attachCgroupIngress, 1)
	if err != nil {
		t.Skip(err)
	}
	defer unix.Close(program)
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if CgroupFilters(dir) {
		t.Error("a new cgroup has filters")
	}
	link, err := attachLink(program, fd, attachCgroupIngress)
	if err != nil {
		t.Skip(err)
	}
	defer unix.Close(link)
	if !CgroupFilters(dir) {
		t.Error("the program is not noticed")
	}
	if CgroupFilters(filepath.Join(dir, "none")) {
		t.Error("a cgroup that is not there has filters")
	}
}
