package cli

import (
	"errors"
	"io"

	"golang.org/x/sys/windows"
)

// readerGone reports that a write failed because nobody reads any more.
func readerGone(err error) bool {
	return errors.Is(err, windows.ERROR_BROKEN_PIPE) || errors.Is(err, windows.ERROR_NO_DATA)
}

// readerLeft returns nil: only a write would fail here.
func readerLeft(io.Writer) error { return nil }
