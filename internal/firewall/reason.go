package firewall

import (
	"fmt"

	"porthole/internal/firewall/ruleset"
)

// Reason says why something cannot be told, or what it depends on.
type Reason struct {
	Rule *ruleset.Rule // nil if it is none
	Text string        // the expression that stopped the evaluation, or a fact
}

func (r *Reason) String() string {
	switch {
	case r == nil:
		return ""
	case r.Rule == nil:
		return r.Text
	default:
		return fmt.Sprintf("%s, in %s handle %d: %s", r.Text, r.Rule.Chain, r.Rule.Handle, r.Rule)
	}
}

// Decision is what decided over packets: a rule, the policy of a chain, or the
// kernel itself.
type Decision struct {
	Rule   *ruleset.Rule
	Chain  *ruleset.Chain // of a policy, if Rule is nil
	Kernel string         // if both are nil: such as "rp_filter"
}

// String gives what a person can look up: "inet filter input handle 7: tcp
// dport 22 accept", or "inet filter input: policy drop".
func (d *Decision) String() string {
	switch {
	case d == nil:
		return ""
	case d.Rule != nil:
		return fmt.Sprintf("%s handle %d: %s", d.Rule.Chain, d.Rule.Handle, d.Rule)
	case d.Chain != nil:
		policy := "accept"
		if d.Chain.Base != nil && d.Chain.Base.Drop {
			policy = "drop"
		}
		return fmt.Sprintf("%s: policy %s", d.Chain, policy)
	default:
		return d.Kernel
	}
}
