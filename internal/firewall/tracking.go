package firewall

import "porthole/internal/firewall/ruleset"

// tracks reports whether connections of a family are tracked. The kernel begins
// with it when a rule needs it, also one of a dormant table; without it chains
// of type nat see no packets.
func tracks(rules *ruleset.Ruleset, v6 bool) bool {
	for _, t := range rules.Tables {
		for key := range t.Objects {
			const helper, timeout, expectation, synproxy = 3, 7, 9, 10
			if key.Type == helper || key.Type == timeout || key.Type == expectation || key.Type == synproxy {
				return true
			}
		}
		for _, c := range t.Chains {
			for _, r := range c.Rules {
				if needsTracking(r.Exprs, t.Family, v6) {
					return true
				}
			}
		}
	}
	return false
}

func needsTracking(exprs []ruleset.Expr, of ruleset.Family, v6 bool) bool {
	for _, e := range exprs {
		family := of
		switch e := e.(type) {
		case *ruleset.Ct, *ruleset.Flow, *ruleset.Connlimit:
		case *ruleset.NAT:
			if e.Family != 0 {
				family = e.Family
			}
		case *ruleset.Unknown:
			if e.Name != "synproxy" {
				continue
			}
		case *ruleset.Match:
			if !needsTrackingByName(e.Name) {
				continue
			}
		case *ruleset.Target:
			if !needsTrackingByName(e.Name) {
				continue
			}
		case *ruleset.Dynset:
			if !needsTracking(e.Exprs, of, v6) {
				continue
			}
		default:
			continue
		}
		if family == ruleset.FamilyInet || family == ruleset.FamilyBridge || (family == ruleset.FamilyIPv6) == v6 {
			return true
		}
	}
	return false
}

// needsTrackingByName tells the matches and targets of iptables that need it.
func needsTrackingByName(name string) bool {
	switch name {
	case "conntrack", "state", "connmark", "connbytes", "connlabel", "connlimit", "helper", "cluster",
		"DNAT", "SNAT", "MASQUERADE", "REDIRECT", "NETMAP", "CONNMARK", "CONNSECMARK", "CT", "SYNPROXY", "CLUSTERIP":
		return true
	}
	return false
}
