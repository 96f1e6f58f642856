package osthread

import (
	"errors"
	"runtime"

	"golang.org/x/sys/unix"
)

// Do calls f on a thread that nothing else uses and that ends with f, so that no
// goroutine can ever meet it in the wrong namespace. The error is that of f, or says that
// f ended its goroutine, as a test's FailNow does.
func Do(f func() error) error {
	done := make(chan error, 1)
	go func() {
		err := errors.New("the function ended without returning") // stays if it did
		defer func() { done <- err }()
		runtime.LockOSThread() // for ever: the thread ends with the goroutine
		if unix.Gettid() == unix.Getpid() {
			// The first thread cannot end, and /proc/self shows its namespace.
			// While it is held here, the next goroutine gets another one.
			err = Do(f)
			runtime.UnlockOSThread()
			return
		}
		err = f()
	}()
	return <-done
}
