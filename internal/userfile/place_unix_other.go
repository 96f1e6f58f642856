//go:build unix && !linux

package userfile

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

const pathOnly = unix.O_RDONLY

// onProc is false: /dev/fd has devices here, and no links.
func (p *place) onProc() bool { return false }

func (p *place) createUnnamed(fs.FileMode) *os.File { return nil }

func (p *place) link(*os.File, string) error { return errors.ErrUnsupported }

// keepAttributes does nothing: what is beside the mode cannot be copied here.
func keepAttributes(string, *os.File, *os.File) error { return nil }
