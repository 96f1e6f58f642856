package cli

import (
	"fmt"
	"os"

	"porthole/internal/record"
	"porthole/internal/report"
)

// readSaved reads what an earlier run wrote with -o json or -o jsonl.
func readSaved(name string) (record.Saved, error) {
	f, err := os.Open(name)
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
