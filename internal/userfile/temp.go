package userfile

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

// TempFile is a file for what is too much for memory. Nobody else can open it, and
// nothing is left of it if the program is killed, where a file may lose its name
// while it is open.
type TempFile struct {
	*os.File
	named bool // it has its name still
}

// Temp makes a temporary file in the folder for these, TMPDIR.
func Temp() (*TempFile, error) {
	f, err := os.CreateTemp("", "porthole-*")
	if err != nil {
		return nil, fmt.Errorf("%w; TMPDIR may name another folder for temporary files", err)
	}
	if runtime.GOOS == "windows" {
		return &TempFile{f, true}, nil
	}
	return &TempFile{f, os.Remove(f.Name()) != nil}, nil
}

// Write writes the whole of p.
func (f *TempFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	if err != nil {
		err = fmt.Errorf("%w; TMPDIR may name another folder for temporary files", err)
	}
	return n, err
}

// Close removes the file.
func (f *TempFile) Close() error {
	err := f.File.Close()
	if f.named {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
