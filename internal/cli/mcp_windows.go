package cli

import (
	"context"
	"os"
	"os/exec"
)

// replace runs another program until it ends: Windows cannot run one as this process.
func replace(ctx context.Context, program string, args []string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}
