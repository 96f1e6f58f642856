//go:build !linux

package taskfile

import (
	"errors"
	"testing"
)

func TestElsewhere(t *testing.T) {
	if w, err := Open(); w != nil || !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v, %v; want ErrUnavailable", w, err)
	}
	err := new(Walker).Walk(t.Context(), func(Descriptor) { t.Error("a socket") })
	if !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
}
