package cli

import (
	"porthole/internal/audit"
	"porthole/internal/label"
	"porthole/internal/reach"
)

// readFirewall finds the rules of the firewall that deserve a look.
func (c console) readFirewall(m inspection) (f audit.Firewall, err error) {
	services, err := c.services()
	if err != nil {
		return f, err
	}
	labelled := func(rules []reach.Rule) (out []audit.FirewallRule) {
		for _, r := range rules {
			out = append(out, audit.FirewallRule{Label: label.Number(services, r.Proto, r.Port), Text: r.Text, Stable: r.Stable, Ports: r.Ports, By: r.By})
		}
		return out
	}
	f.Idle = labelled(m.judge.Idle(m.sockets))
	shadowed, complete := m.judge.Shadowed()
	if f.Shadowed = labelled(shadowed); !complete {
		c.info("the firewall has too many rules to look for those that have no effect")
	}
	return f, nil
}
