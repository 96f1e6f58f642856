package osthread

import (
	"errors"
	"runtime"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestDo checks that f never runs on the first thread, and that its thread ends.
func TestDo(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	want := errors.New("mine")
	for range 100 {
		thread := 0
		if err := Do(func() error { thread = unix.Gettid(); return want }); err != want {
			t.Fatal(err)
		}
		if thread == unix.Getpid() || thread == unix.Gettid() {
			t.Fatalf("it ran on thread %d of process %d, the caller's is %d", thread, unix.Getpid(), unix.Gettid())
		}
	}
	if err := Do(func() error { runtime.Goexit(); return nil }); err == nil {
		t.Error("a function that did not return has no error")
	}
}
