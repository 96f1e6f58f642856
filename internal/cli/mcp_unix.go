//go:build unix

package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// replace runs another program as this process; it returns only if that fails.
func replace(_ context.Context, program string, args []string) error {
	err := syscall.Exec(program, append([]string{filepath.Base(program)}, args...), os.Environ())
	return fmt.Errorf("%s: %w", program, err)
}
