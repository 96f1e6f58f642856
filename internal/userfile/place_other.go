//go:build !unix

package userfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const noTerminal = 0

// place is where a file is or will be. There are no sticky folders here: the
// folder's own access control says who may put files into it.
type place struct {
	path  string
	base  string
	found fs.FileInfo // nil if nothing is there
}

func find(name string) (*place, error) {
	path := name
	if real, err := filepath.EvalSymlinks(name); err == nil {
		path = real
	}
	at := &place{path: path, base: filepath.Base(path)}
	info, err := os.Stat(path)
	switch {
	case err == nil:
		at.found = info
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	return at, nil
}

func ownedByUser(fs.FileInfo) bool { return false }

func (p *place) exists() bool  { return p.found != nil }
func (p *place) direct() bool  { return p.exists() && !p.found.Mode().IsRegular() }
func (p *place) close()        {}
func (p *place) foreign() bool { return false }
func (p *place) sync() error   { return nil }

func (p *place) same(other *place) bool { return p.path == other.path }

func (p *place) openDirect() (*os.File, error) { return os.OpenFile(p.path, os.O_WRONLY, 0) }

func (p *place) openRegular(flag int) (*os.File, error) {
	switch {
	case !p.exists():
		return nil, fs.ErrNotExist
	case !p.found.Mode().IsRegular():
		return nil, ErrNotRegular
	}
	return os.OpenFile(p.path, flag, 0)
}

func (p *place) partName() string { return fmt.Sprintf(".%s.part-%d", p.base, os.Getpid()) }

func (p *place) createUnnamed(fs.FileMode) *os.File { return nil }

func (p *place) createNamed(base string, perm fs.FileMode) (*os.File, error) {
	return os.OpenFile(p.beside(base), os.O_RDWR|os.O_CREATE|os.O_EXCL, perm)
}

func (p *place) beside(base string) string { return filepath.Join(filepath.Dir(p.path), base) }

func (p *place) keep(f *os.File) error {
	if err := setMode(f, p.found.Mode()); err != nil {
		return notKept(p.path, "its mode", err)
	}
	return nil
}

func (p *place) link(*os.File, string) error { return errors.ErrUnsupported }

func (p *place) rename(part string) error { return os.Rename(p.beside(part), p.path) }
func (p *place) remove(base string)       { os.Remove(p.beside(base)) }
