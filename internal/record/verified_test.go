package record

import "testing"

// TestVerifyCounts holds that each outcome is counted as what it is, in the parts of a
// scan and in their sum.
func TestVerifyCounts(t *testing.T) {
	var n, sum VerifyCounts
	n.Count(nil)
	for _, outcome := range []string{OutcomeIdentified, OutcomeUnidentified, OutcomeCloses, OutcomeNotAsked, OutcomeUnreachable} {
		n.Count(&Verified{Outcome: outcome})
	}
	sum.Add(n)
	sum.Add(n)
	if want := (VerifyCounts{Verified: 1, Unidentified: 2, NotAsked: 1, Unreachable: 1}); n != want {
		t.Errorf("%+v, want %+v", n, want)
	}
	if want := (VerifyCounts{Verified: 2, Unidentified: 4, NotAsked: 2, Unreachable: 2}); sum != want {
		t.Errorf("the sum is %+v, want %+v", sum, want)
	}
}
