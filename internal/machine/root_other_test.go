//go:build !linux

package machine

import "errors"

func changeRoot(string) error { return errors.ErrUnsupported }
