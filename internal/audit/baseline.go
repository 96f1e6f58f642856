package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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
// of its identity. A [Baseline] compares the identities, since another version may
// have made the fingerprints in it.
func fingerprint(identity string) string {
	sum := sha256.Sum256([]byte(identity))
	return hex.EncodeToString(sum[:16])
}

// Baseline is an earlier audit, of which it keeps little. The zero Baseline has no
// finding.
type Baseline struct {
	known map[[sha256.Size]byte]standing // by the hash of the identity
}

// standing is how bad a finding was.
type standing struct {
	rank   int8
	nobody bool // nobody got through the firewall to it
}

// maxBaseline is the number of findings in a baseline at most.
const maxBaseline = 1 << 20

// Add adds a finding.
func (b *Baseline) Add(f *record.Record) error {
	if f.Finding == nil {
		return nil
	}
	if b.known == nil {
		b.known = make(map[[sha256.Size]byte]standing)
	}
	id := sha256.Sum256([]byte(identity(*f)))
	if was, twice := b.known[id]; !twice || was.worse(f) {
		if len(b.known) == maxBaseline && !twice {
			return fmt.Errorf("it has more than %d findings", maxBaseline)
		}
		b.known[id] = standing{int8(rank(f.Severity)), f.Reach.Nobody()}
	}
	return nil
}

// Without returns the findings that are not in the baseline. One is not known if it
// has got worse: its severity is higher, or others get through the firewall to what
// nobody got through to.
func (b *Baseline) Without(findings []record.Record) []record.Record {
	var left []record.Record
	for i := range findings {
		f := &findings[i]
		if was, ok := b.known[sha256.Sum256([]byte(identity(*f)))]; !ok || was.worse(f) {
			left = append(left, *f)
		}
	}
	return left
}

// worse reports whether a finding has got worse.
func (was standing) worse(is *record.Record) bool {
	opened := was.nobody && is.Reach.Known() && !is.Reach.Nobody()
	return opened || int8(rank(is.Severity)) > was.rank
}
