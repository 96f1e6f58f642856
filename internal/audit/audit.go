// Package audit looks for problems with the sockets of this machine.
//
// [Machine.Audit] applies all rules:
//
//	findings := audit.Machine{Sockets: records}.Audit()
//
// Every finding has a rule, whose name never changes, a severity, the evidence and
// advice. The rules are pure functions of records, and never guess at what these
// do not say. [Rules] lists them. [WithoutAllowed] and [Baseline.Without]
// remove findings that are accepted or known.
package audit

import (
	"cmp"
	"slices"
	"sort"

	"porthole/internal/machine"
	"porthole/internal/record"
)

// Machine is what the rules look at.
type Machine struct {
	Sockets     []record.Record            // of all states
	Executables map[int]machine.Executable // by PID
	Ports       machine.Ports              // of the network namespace NetNS
	NetNS       uint64                     // that of this process; 0 if not known
	Scan        *Scan                      // a scan of this machine; nil if there was none
	Firewall    Firewall                   // of the network namespace NetNS
}

// rule is a rule with its check.
type rule struct {
	record.Rule
	check        func(*view) []match
	aboutProgram bool // not about a socket: one finding for each program, whatever ports it holds
}

// match is a socket that a rule applies to.
type match struct {
	record   record.Record
	severity string // "" means that of the rule
	evidence string

	firewallRule string // that it is about; "" none
}

// view is a machine with what several rules need of it.
type view struct {
	Machine
	waiting []record.Record             // see [record.Record.Waits]
	byPort  map[portKey][]record.Record // the same
	before  map[portKey][]record.Record // those before the scan
}

// Rules lists all rules, in the order of the documentation.
func Rules() []record.Rule {
	var out []record.Rule
	for _, r := range allRules() {
		out = append(out, r.Rule)
	}
	return out
}

// Audit applies all rules. The findings are sorted by severity, the highest first,
// then by port, rule and address.
func (m Machine) Audit() []record.Record {
	v := &view{Machine: m}
	for _, r := range m.Sockets {
		if r.Waits() {
			v.waiting = append(v.waiting, r)
		}
	}
	v.byPort = byPort(v.waiting)
	if m.Scan != nil {
		v.before = byPort(m.Scan.Before)
	}
	var findings []record.Record
	for _, rule := range allRules() {
		for _, m := range rule.check(v) {
			f := rule.finding(m)
			if !f.InNetNS(v.NetNS) {
				f.NetNSName = f.NetNSText()
			}
			findings = append(findings, f)
		}
	}
	sort.SliceStable(findings, func(i, j int) bool {
		a, b := &findings[i], &findings[j]
		return cmp.Or(
			cmp.Compare(rank(b.Severity), rank(a.Severity)),
			cmp.Compare(a.Port, b.Port),
			cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Addr, b.Addr)) < 0
	})
	return findings
}

func (r rule) finding(m match) record.Record {
	out := m.record
	out.Kind = record.KindFinding
	out.Finding = &record.Finding{
		Rule: r.ID, Severity: cmp.Or(m.severity, r.Severity), Title: r.Title, Evidence: m.evidence, Advice: r.Advice,
		Owner: m.record.OwnerName(), FirewallRule: m.firewallRule,
	}
	out.Fingerprint = fingerprint(identity(out))
	return out
}

// AtLeast reports whether a finding has this severity or a higher one.
func AtLeast(finding record.Record, severity string) bool {
	return rank(finding.Severity) >= rank(severity)
}

func rank(severity string) int { return slices.Index(record.Severities(), severity) }
