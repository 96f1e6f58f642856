//go:build unix

package userfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

const noTerminal = unix.O_NOCTTY

// place is where a file is or will be: a folder that is held open, so that nobody
// can put another in its place, and the name in it.
type place struct {
	folder *os.File
	base   string
	name   string      // as the user gave it
	found  unix.Stat_t // what is there; its Mode is 0 if nothing is
	magic  bool        // a link of the kernel's, such as /proc/self/fd/1, which has no path
}

// maxLinks is the number of symbolic links that are followed at most, as in Linux's
// path_resolution(7).
const maxLinks = 40

// find goes to where name leads, link by link.
func find(name string) (*place, error) {
	at := &place{name: name}
	if name == "" {
		return nil, unix.ENOENT
	}
	if err := at.start(name); err != nil {
		return nil, err
	}
	rest := parts(name)
	for links := 0; ; {
		if len(rest) == 0 {
			at.close()
			return nil, unix.EISDIR
		}
		at.base, rest = rest[0], rest[1:]
		target, err := at.stat(len(rest) == 0)
		switch {
		case err != nil:
		case target != "":
			if links++; links > maxLinks {
				err = unix.ELOOP
				break
			}
			rest = append(parts(target), rest...)
			if strings.HasPrefix(target, "/") {
				err = at.start(target)
			}
		case len(rest) == 0:
			return at, nil
		default:
			err = at.enter()
		}
		if err != nil {
			at.close()
			return nil, err
		}
	}
}

// parts splits a path. A slash at its end means a folder.
func parts(path string) (list []string) {
	for part := range strings.SplitSeq(path, "/") {
		if part != "" && part != "." {
			list = append(list, part)
		}
	}
	if len(list) > 0 && strings.HasSuffix(path, "/") {
		list = append(list, ".")
	}
	return list
}

// start opens the folder in which a path begins.
func (p *place) start(path string) error {
	folder := "."
	if strings.HasPrefix(path, "/") {
		folder = "/"
	}
	return p.change(unix.AT_FDCWD, folder, 0)
}

// change makes another folder the current one.
func (p *place) change(from int, name string, flag int) error {
	fd, err := openat(from, name, pathOnly|unix.O_DIRECTORY|flag, 0)
	if err != nil {
		return err
	}
	p.close()
	p.folder = os.NewFile(uintptr(fd), p.name)
	return nil
}

// enter goes into the folder that was found.
func (p *place) enter() error {
	flag := unix.O_NOFOLLOW
	if p.magic {
		flag, p.magic = 0, false
	}
	return p.change(p.fd(), p.base, flag)
}

// stat finds out what is there. It returns where a symbolic link leads, "" for
// anything else. What does not exist is no error if it is the last of a path.
func (p *place) stat(last bool) (target string, err error) {
	p.found = unix.Stat_t{}
	err = unix.Fstatat(p.fd(), p.base, &p.found, unix.AT_SYMLINK_NOFOLLOW)
	switch {
	case last && errors.Is(err, unix.ENOENT):
		return "", nil
	case err != nil:
		return "", err
	}
	isLink := p.kind() == unix.S_IFLNK
	if isLink || last {
		if err := p.trusted(); err != nil {
			return "", err
		}
	}
	if !isLink {
		return "", nil
	}
	if p.onProc() {
		p.magic = true
		return "", unix.Fstatat(p.fd(), p.base, &p.found, 0)
	}
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(p.fd(), p.base, buf)
	if err == nil && n == 0 {
		err = unix.ENOENT
	}
	return string(buf[:n]), err
}

// trusted fails if what is there was planted by somebody else.
func (p *place) trusted() error {
	var folder unix.Stat_t
	if err := unix.Fstat(p.fd(), &folder); err != nil {
		return err
	}
	open := folder.Mode&unix.S_ISVTX != 0 && folder.Mode&(unix.S_IWOTH|unix.S_IWGRP) != 0
	if open && p.found.Uid != uint32(os.Geteuid()) && p.found.Uid != folder.Uid {
		return fmt.Errorf("%w (user %d)", ErrPlanted, p.found.Uid)
	}
	return nil
}

func ownedByUser(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Uid == uint32(os.Geteuid())
}

func (p *place) fd() int      { return int(p.folder.Fd()) }
func (p *place) kind() uint32 { return uint32(p.found.Mode) & unix.S_IFMT }
func (p *place) exists() bool { return p.kind() != 0 }

// direct reports whether a file is written where it is.
func (p *place) direct() bool { return p.exists() && (p.magic || p.kind() != unix.S_IFREG) }

func (p *place) close() {
	if p.folder != nil {
		p.folder.Close()
		p.folder = nil
	}
}

// foreign reports whether the folder, or what is there, belongs to another user.
func (p *place) foreign() bool {
	user := uint32(os.Geteuid())
	var folder unix.Stat_t
	return unix.Fstat(p.fd(), &folder) != nil || folder.Uid != user || p.exists() && p.found.Uid != user
}

func (p *place) same(other *place) bool {
	a, err1 := p.folder.Stat()
	b, err2 := other.folder.Stat()
	return err1 == nil && err2 == nil && os.SameFile(a, b) && p.base == other.base
}

// openDirect opens what is not a regular file, or has no path. It waits for the
// reader of a pipe.
func (p *place) openDirect() (*os.File, error) {
	flag := unix.O_WRONLY | unix.O_NOCTTY
	switch {
	case p.magic:
		flag |= unix.O_APPEND // a file that a shell has opened and perhaps written to
	default:
		flag |= unix.O_NOFOLLOW
	}
	return p.open(flag)
}

// openRegular opens a regular file, and never waits.
func (p *place) openRegular(flag int) (*os.File, error) {
	switch {
	case !p.exists():
		return nil, fs.ErrNotExist
	case p.kind() != unix.S_IFREG:
		return nil, ErrNotRegular
	case !p.magic:
		flag |= unix.O_NOFOLLOW
	}
	return p.open(flag | unix.O_NONBLOCK | unix.O_NOCTTY)
}

// open opens what was found, and nothing that has taken its place meanwhile.
func (p *place) open(flag int) (*os.File, error) {
	fd, err := openat(p.fd(), p.base, flag, 0)
	if err != nil {
		return nil, err
	}
	var now unix.Stat_t
	if err := unix.Fstat(fd, &now); err != nil || now.Dev != p.found.Dev || now.Ino != p.found.Ino {
		unix.Close(fd)
		return nil, errors.Join(err, errSwapped)
	}
	return os.NewFile(uintptr(fd), p.name), nil
}

var errSwapped = errors.New("another file took its place while it was opened")

func (p *place) partName() string { return fmt.Sprintf(".%s.part-%d", p.base, os.Getpid()) }

// createNamed creates a file in the folder.
func (p *place) createNamed(base string, perm fs.FileMode) (*os.File, error) {
	fd, err := openat(p.fd(), base, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW, uint32(perm))
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), p.name), nil
}

// keep gives f what the file that is there has beside its contents.
func (p *place) keep(f *os.File) error {
	old, err := p.open(unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_NOCTTY)
	if err != nil {
		return notKept(p.name, "its attributes", err)
	}
	defer old.Close()
	var now unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &now); err != nil {
		return failed("create", p.name, err)
	}
	if p.found.Nlink > 1 {
		return failed("write", p.name, fmt.Errorf("it has %d names (hard links), and the others would keep the old text; remove it first, or give another file", p.found.Nlink))
	}
	if now.Uid != p.found.Uid || now.Gid != p.found.Gid {
		if err := f.Chown(int(p.found.Uid), int(p.found.Gid)); err != nil {
			return notKept(p.name, fmt.Sprintf("its owner, user %d and group %d", p.found.Uid, p.found.Gid), err)
		}
	}
	info, err := old.Stat()
	if err == nil {
		err = setMode(f, info.Mode())
	}
	if err != nil {
		return notKept(p.name, "its mode", err)
	}
	return keepAttributes(p.name, old, f)
}

// rename moves a file of the folder to its place.
func (p *place) rename(part string) error {
	if err := unix.Fstatat(p.fd(), p.base, &p.found, unix.AT_SYMLINK_NOFOLLOW); err == nil {
		if err := p.trusted(); err != nil {
			return err // somebody planted it meanwhile
		}
	}
	return unix.Renameat(p.fd(), part, p.fd(), p.base)
}

func (p *place) remove(base string) { unix.Unlinkat(p.fd(), base, 0) }

// sync makes a new name in the folder survive a crash.
func (p *place) sync() error {
	fd, err := openat(p.fd(), ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if errors.Is(err, unix.EACCES) {
		return nil // a folder may be written and not read
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.Fsync(fd); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOTSUP) {
		return err
	}
	return nil
}

func openat(folder int, name string, flag int, perm uint32) (fd int, err error) {
	for {
		fd, err = unix.Openat(folder, name, flag|unix.O_CLOEXEC, perm)
		if !errors.Is(err, unix.EINTR) {
			return fd, err
		}
	}
}
