package report

// Add adds the verdicts of another part of the same scan, which has the same
// targets.
func (n *ScanCounts) Add(o ScanCounts) {
	n.Targets = max(n.Targets, o.Targets)
	n.Unresolved = max(n.Unresolved, o.Unresolved)
	n.Down += o.Down
	n.Probes += o.Probes
	n.Open += o.Open
	n.Closed += o.Closed
	n.Filtered += o.Filtered
	n.OpenFiltered += o.OpenFiltered
	n.Middlebox += o.Middlebox
	n.Unknown += o.Unknown
}

// Add adds what another part of the same scan cost.
func (l *Ledger) Add(o Ledger) {
	if total := l.Attempts + o.Attempts; total > 0 {
		l.Loss = (l.Loss*float64(l.Attempts) + o.Loss*float64(o.Attempts)) / float64(total)
	}
	l.Attempts += o.Attempts
	l.Retries += o.Retries
	l.Late += o.Late
	l.LocalErrors += o.LocalErrors
	l.Slowed += o.Slowed
	l.TimedOut += o.TimedOut
	if o.SlowestRate > 0 && (l.SlowestRate == 0 || o.SlowestRate < l.SlowestRate) {
		l.SlowestRate = o.SlowestRate
	}
}
