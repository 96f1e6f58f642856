package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"porthole/internal/drift"
	"porthole/internal/report"
)

// fingerprint is what makes two findings the same after a restart. A finding
// about a program is the same on whichever of its ports it was met.
func fingerprint(rule string, r report.Record, ofProgram bool) string {
	parts := []string{rule, drift.Namespace(r), drift.Owner(r)}
	if !ofProgram {
		parts = append(parts, Place(r))
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// Fresh returns the findings that an earlier audit did not have.
func Fresh(findings, baseline []report.Record) []report.Record {
	before := make(map[string]bool, len(baseline))
	for _, f := range baseline {
		if f.Finding != nil {
			before[f.Fingerprint] = true
		}
	}
	var fresh []report.Record
	for _, f := range findings {
		if !before[f.Fingerprint] {
			fresh = append(fresh, f)
		}
	}
	return fresh
}
