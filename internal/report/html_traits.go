package report

import (
	"strings"

	"porthole/internal/record"
)

// traits are what the rows of the page can be filtered by, besides their state,
// their port and their section.
type traits uint16

const (
	isVerifiedRow traits = 1 << iota
	isUnidentified
	isUnreachable
	isMismatched
	isPrivileged
	isHiddenHolder
	hasCertificate
	certificateEnds // within the days that verification warns of
	certificateEnded
)

// traitNames are their names in the page, by bit.
func traitNames() []string {
	return []string{"verified", "unidentified", "unreachable", "mismatched", "privileged", "hidden", "certificate", "ends", "ended"}
}

func traitsOf(r *record.Record) (t traits) {
	set := func(bit traits, on bool) {
		if on {
			t |= bit
		}
	}
	v := r.Verified
	set(isVerifiedRow, v.Identified())
	set(isUnidentified, v != nil && (v.Outcome == record.OutcomeUnidentified || v.Outcome == record.OutcomeCloses))
	set(isUnreachable, v != nil && v.Outcome == record.OutcomeUnreachable)
	set(isMismatched, v.HasRemark(record.RemarkNumberMismatch))
	set(isPrivileged, r.Privileged != nil && *r.Privileged)
	set(isHiddenHolder, r.HolderHidden())
	set(hasCertificate, certificateShown(r))
	set(certificateEnds, v.HasRemark("cert-expires"))
	set(certificateEnded, v.HasRemark("cert-expired"))
	return t
}

// words names the traits, with the state in front.
func (t traits) words(state string) string {
	if t == 0 {
		return state
	}
	words := []string{state}
	for i, name := range traitNames() {
		if t&(1<<i) != 0 {
			words = append(words, name)
		}
	}
	return strings.TrimPrefix(strings.Join(words, " "), " ")
}

// certificate is the class of the mark's certificate; "" if it showed none.
func (t traits) certificate() string {
	switch {
	case t&certificateEnded != 0:
		return "expired"
	case t&certificateEnds != 0:
		return "soon"
	case t&hasCertificate != 0:
		return "fine"
	}
	return ""
}
