package cli

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// withFileLimit adds what helps to an error about too many open files.
func withFileLimit(err error) error {
	if errors.Is(err, syscall.EMFILE) {
		return fmt.Errorf("%w; %s", err, moreFiles(os.Geteuid()))
	}
	return err
}

// moreFiles says how a user's limit of open files is raised. Go's runtime has lifted it to
// the hard one, which root alone may raise.
func moreFiles(uid int) string {
	if uid <= 0 {
		return "ulimit -n 1024 in this shell allows more"
	}
	return "it is a hard limit, which root alone may raise (ulimit -Hn, LimitNOFILE=, limits.conf)"
}

// fewestFiles is a limit of open files that every command gets by with. Below, Go's
// runtime may fail to wait for a file at all, and ends the program with its stacks.
const fewestFiles = 16

// enoughFiles is an error where this process may open fewer files.
func enoughFiles() error {
	if limit, ok := openFiles(); ok && limit < fewestFiles {
		return fmt.Errorf("this process may open %d files, and porthole needs %d; %s", limit, fewestFiles, moreFiles(os.Geteuid()))
	}
	return nil
}
