package audit

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"porthole/internal/record"
)

// identity is what makes two findings the same after a restart, and on whichever
// version they were found. A finding about a program is the same on whichever of
// its ports it was met.
func identity(f record.Record) string {
	parts := []string{f.Rule, f.StableNetNS(), f.OwnerName()}
	if !aboutProgram(f.Rule) {
		parts = append(parts, f.Endpoint())
	}
	// What is not UTF-8 is the same before it was saved as JSON and after.
	return string([]rune(strings.Join(parts, "\x00")))
}

func aboutProgram(id string) bool {
	return slices.ContainsFunc(rules(), func(r rule) bool { return r.ID == id && r.ofProgram })
}

// fingerprint names an identity for other programs, by FNV-1a of 128 bits. It
// tells findings apart, but a forger can make two alike: [WithoutKnown] does not rely
// on it.
func fingerprint(identity string) string {
	h := fnv.New128a()
	h.Write([]byte(identity))
	return fmt.Sprintf("%x", h.Sum(nil))
}

// WithoutKnown returns the findings that an earlier audit did not have.
func WithoutKnown(findings, baseline []record.Record) []record.Record {
	before := make(map[string]bool, len(baseline))
	for _, f := range baseline {
		if f.Finding != nil {
			before[identity(f)] = true
		}
	}
	var fresh []record.Record
	for _, f := range findings {
		if !before[identity(f)] {
			fresh = append(fresh, f)
		}
	}
	return fresh
}
