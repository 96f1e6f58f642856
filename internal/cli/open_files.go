package cli

import (
	"errors"
	"fmt"
	"syscall"
)

// withFileLimit adds what helps to an error about too many open files.
func withFileLimit(err error) error {
	if errors.Is(err, syscall.EMFILE) {
		return fmt.Errorf("%w; ulimit -n 1024 in this shell allows more", err)
	}
	return err
}

// fewestFiles is a limit of open files that every command gets by with. Below, Go's
// runtime may fail to wait for a file at all, and ends the program with its stacks.
const fewestFiles = 16

// enoughFiles is an error where this process may open fewer files.
func enoughFiles() error {
	if limit, ok := openFiles(); ok && limit < fewestFiles {
		return fmt.Errorf("this process may open %d files, and porthole needs %d; ulimit -n 1024 in this shell allows more", limit, fewestFiles)
	}
	return nil
}
