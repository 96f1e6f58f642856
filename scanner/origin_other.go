//go:build !linux && !darwin && !windows

package scanner

import (
	"errors"
	"fmt"
)

// prepare fails for a device: this system has no option that makes a socket leave
// by one.
func (o origin) prepare(uintptr, bool) error {
	if o.device == nil {
		return nil
	}
	return fmt.Errorf("an interface cannot be chosen on this system; give the source address: %w", errors.ErrUnsupported)
}
