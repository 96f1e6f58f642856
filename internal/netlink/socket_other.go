//go:build !linux

package netlink

import (
	"errors"
	"fmt"
)

// Dial answers errors.ErrUnsupported: netlink is Linux's.
func Dial(family int) (*Conn, error) {
	return nil, fmt.Errorf("opening a netlink socket of family %d: %w", family, errors.ErrUnsupported)
}
