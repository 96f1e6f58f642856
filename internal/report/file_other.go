//go:build !linux

package report

import (
	"errors"
	"os"
)

func createUnnamed(string) (*os.File, bool) { return nil, false }

func link(*os.File, string) error { return errors.ErrUnsupported }
