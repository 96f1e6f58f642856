package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"porthole/internal/record"
)

// identity is equal for findings that are the same: before and after a restart, and
// whichever version of porthole found them. A finding about a program is the same
// on all of its ports.
func identity(f record.Record) string {
	parts := []string{f.Rule, f.StableNetNS(), f.OwnerName()}
	if !isAboutProgram(f.Rule) {
		parts = append(parts, f.Endpoint())
	}
	if f.FirewallRule != "" {
		parts = append(parts, f.FirewallRule)
	}
	// JSON replaces what is not UTF-8. Do the same, so that a saved finding is equal.
	return string([]rune(strings.Join(parts, "\x00")))
}

func isAboutProgram(id string) bool {
	return slices.ContainsFunc(allRules(), func(r rule) bool { return r.ID == id && r.aboutProgram })
}

// fingerprint identifies a finding for other programs: the first half of the SHA-256
// of its identity. [WithoutKnown] compares the identities, since another version may
// have made the fingerprints of a baseline.
func fingerprint(identity string) string {
	sum := sha256.Sum256([]byte(identity))
	return hex.EncodeToString(sum[:16])
}

// WithoutKnown returns the findings that are not in the baseline, which is an
// earlier audit. One is not known if it has got worse: its severity is higher, or
// others get through the firewall to what nobody got through to.
func WithoutKnown(findings, baseline []record.Record) []record.Record {
	known := make(map[string]record.Record, len(baseline))
	for _, f := range baseline {
		if f.Finding == nil {
			continue
		}
		id := identity(f)
		if was, twice := known[id]; !twice || worse(was, f) {
			known[id] = f
		}
	}
	var left []record.Record
	for _, f := range findings {
		if was, ok := known[identity(f)]; !ok || worse(was, f) {
			left = append(left, f)
		}
	}
	return left
}

// worse reports whether a finding has got worse.
func worse(was, is record.Record) bool {
	opened := was.Reach.Nobody() && is.Reach.Known() && !is.Reach.Nobody()
	return opened || rank(is.Severity) > rank(was.Severity)
}
