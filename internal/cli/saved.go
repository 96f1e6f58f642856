package cli

import (
	"context"
	"fmt"

	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/internal/userfile"
)

// readSaved reads what an earlier run wrote with -o json or -o jsonl.
func readSaved(ctx context.Context, name string) (record.Saved, error) {
	f, err := userfile.Open(ctx, name)
	if err != nil {
		return record.Saved{}, err
	}
	defer f.Close()
	saved, err := report.ReadSaved(f)
	if err != nil {
		return saved, fmt.Errorf("%s: %w", name, err)
	}
	return saved, nil
}
