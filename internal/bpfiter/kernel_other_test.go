//go:build !linux

package bpfiter

import (
	"errors"
	"testing"
)

func TestElsewhere(t *testing.T) {
	k, err := OpenKernel()
	if k != nil || !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v, %v; want ErrUnavailable", k, err)
	}
	if _, err := new(Kernel).Files(); !errors.Is(err, ErrUnavailable) {
		t.Errorf("files: got %v, want ErrUnavailable", err)
	}
	if _, err := new(Kernel).Tasks(); !errors.Is(err, ErrUnavailable) {
		t.Errorf("tasks: got %v, want ErrUnavailable", err)
	}
	err = new(Files).Walk(t.Context(), func(Descriptor) { t.Error("a socket") })
	if !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	err = new(Tasks).Walk(t.Context(), func(Task) { t.Error("a process") })
	if !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
}
