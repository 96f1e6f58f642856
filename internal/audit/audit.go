// Package audit finds what deserves a look about this machine's sockets.
//
// The one call to start with is [Machine.Audit]:
//
//	findings := audit.Machine{Sockets: records}.Audit()
//
// What it promises: every finding has a rule with a name that stays, a
// severity, the evidence, and what to do about it. The rules are pure
// functions over records; what a list does not tell, none of them guesses.
// [Rules] is the whole table. [WithoutAllowed] and [WithoutKnown] leave out what is known.
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
	Executables map[int]machine.Executable // by process number
	Ports       machine.Ports              // of the network namespace NetNS
	NetNS       uint64                     // the auditor's own; 0 not known
	Scan        Scan                       // what a scan saw of it; the zero value where there was none
}

// rule is one thing to look for.
type rule struct {
	record.Rule
	check     func(*view) []hit
	ofProgram bool // it is about a program, and the socket is one of those that it holds
}

// hit is a socket that a rule has something to say about.
type hit struct {
	record   record.Record
	severity string // "" is the rule's own
	evidence string
}

// view is the machine with what several rules want of it.
type view struct {
	Machine
	waiting []record.Record // the sockets that wait for strangers
}

// Rules lists every rule, in the order of the documentation.
func Rules() []record.Rule {
	var out []record.Rule
	for _, r := range rules() {
		out = append(out, r.Rule)
	}
	return out
}

// Audit applies every rule. The findings are ordered by severity, the highest
// first, then by port, rule and address.
func (m Machine) Audit() []record.Record {
	v := &view{Machine: m}
	for _, r := range m.Sockets {
		if r.Waits() {
			v.waiting = append(v.waiting, r)
		}
	}
	var findings []record.Record
	for _, rule := range rules() {
		for _, h := range rule.check(v) {
			findings = append(findings, rule.finding(h))
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

func (r rule) finding(h hit) record.Record {
	out := h.record
	out.Kind = record.KindFinding
	out.Finding = &record.Finding{
		Rule: r.ID, Severity: cmp.Or(h.severity, r.Severity), Title: r.Title, Evidence: h.evidence, Advice: r.Advice,
		Owner: h.record.OwnerName(),
	}
	out.Fingerprint = fingerprint(identity(out))
	return out
}

// AtLeast tells whether a finding is of this severity or a higher one.
func AtLeast(finding record.Record, severity string) bool {
	return rank(finding.Severity) >= rank(severity)
}

func rank(severity string) int { return slices.Index(record.Severities(), severity) }
