package firewall

import (
	"errors"

	"porthole/internal/firewall/ruleset"
)

// maxRules is what is read of the rules of one network namespace at most, in bytes:
// whoever may make a namespace may fill it with rules.
const maxRules = 64 << 20

var errTooMany = errors.New("too many rules")

// bounded is a builder that takes no more than some bytes.
type bounded struct {
	builder
	left int
}

// take counts a message, and something for what becomes of a short one.
func (b *bounded) take(size int) error {
	const overhead = 64
	if b.left -= size + overhead; b.left < 0 {
		return errTooMany
	}
	return nil
}

func (b *bounded) Add(kind uint16, body []byte) error {
	if err := b.take(len(body)); err != nil {
		return err
	}
	return b.builder.Add(kind, body)
}

func (b *bounded) AddLegacy(family ruleset.Family, info ruleset.LegacyInfo, entries []byte) error {
	if err := b.take(len(entries)); err != nil {
		return err
	}
	return b.builder.AddLegacy(family, info, entries)
}

func (b *bounded) AddIPSet(body []byte) error {
	if err := b.take(len(body)); err != nil {
		return err
	}
	return b.builder.AddIPSet(body)
}
