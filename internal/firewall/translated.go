package firewall

import (
	"slices"

	"porthole/internal/firewall/ruleset"
)

// WithoutTranslation is the host as if nothing were led elsewhere before the
// input chains: what the rules for its own ports would do.
func (h *Host) WithoutTranslation() *Host {
	clone := *h
	clone.Rules = &ruleset.Ruleset{IPSets: h.Rules.IPSets}
	for _, t := range h.Rules.Tables {
		if slices.ContainsFunc(t.Chains, redirects) {
			t = t.Without(redirects)
		}
		clone.Rules.Tables = append(clone.Rules.Tables, t)
	}
	return &clone
}

// redirects tells the base chains in which translation of destinations begins.
func redirects(c *ruleset.Chain) bool {
	return c.Base != nil && c.Base.Type == "nat" && c.Base.Hook == ruleset.HookPrerouting
}
