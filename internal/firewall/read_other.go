//go:build !linux

package firewall

import (
	"context"
	"errors"
)

// Read fails with [errors.ErrUnsupported]: only Linux is read.
func Read(context.Context) (*Host, error) { return nil, errors.ErrUnsupported }

// ReadAll fails with [errors.ErrUnsupported].
func ReadAll(context.Context) (*Host, error) { return nil, errors.ErrUnsupported }
