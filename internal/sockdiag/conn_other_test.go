//go:build !linux

package sockdiag

import (
	"errors"
	"testing"
)

func TestElsewhere(t *testing.T) {
	if c, err := Open(); c != nil || !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v, %v; want ErrUnavailable", c, err)
	}
	kept := []Socket{{Inode: 1}}
	got, err := new(Conn).Dump(t.Context(), Request{}, kept)
	if len(got) != 1 || !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v, %v; want what was there and ErrUnavailable", got, err)
	}
	if err := new(Conn).Close(); err != nil {
		t.Error(err)
	}
}
