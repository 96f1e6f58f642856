package cli

import (
	"bytes"
	"testing"

	"porthole/internal/record"
)

// TestSumUpVerify holds that what could not be asked is not said to be unidentified.
func TestSumUpVerify(t *testing.T) {
	var errs bytes.Buffer
	found := []record.Record{
		{Verified: &record.Verified{Outcome: record.OutcomeIdentified}},
		{Verified: &record.Verified{Outcome: record.OutcomeUnreachable, Error: "connection refused"}},
		{Verified: &record.Verified{Outcome: record.OutcomeNotAsked}},
	}
	console{err: &errs}.sumUpVerify(&record.Summary{VerifyCounts: countVerified(found)})
	if want := "1 verified, 1 unreachable, 1 not asked\n"; errs.String() != want {
		t.Errorf("%q, want %q", errs.String(), want)
	}
}
