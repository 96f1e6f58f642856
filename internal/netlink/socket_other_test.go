//go:build !linux

package netlink_test

import (
	"errors"
	"testing"

	"porthole/internal/netlink"
)

func TestElsewhere(t *testing.T) {
	if c, err := netlink.Dial(netlink.Route); c != nil || !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v, %v; want ErrUnsupported", c, err)
	}
}
