//go:build unix

package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// readerGone reports that a write failed because nobody reads any more.
func readerGone(err error) bool { return errors.Is(err, unix.EPIPE) }

// readerLeft returns EPIPE if the other end of a pipe or socket is closed. A file
// or terminal has no other end.
func readerLeft(w io.Writer) error {
	f, ok := w.(*os.File)
	if !ok {
		return nil
	}
	ends := []unix.PollFd{{Fd: int32(f.Fd())}} // errors are always polled for
	if n, err := unix.Poll(ends, 0); err != nil || n == 0 {
		return nil
	}
	if ends[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0 {
		return fmt.Errorf("writing standard output: %w", unix.EPIPE)
	}
	return nil
}
