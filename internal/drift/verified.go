package drift

import (
	"fmt"
	"time"

	"porthole/internal/record"
)

// compareVerified compares what was proved on a port. What one of the two did not
// prove is no change.
func compareVerified(was, is *record.Record) (changes []record.Record) {
	old, now := was.Verified, is.Verified
	if !old.Identified() || !now.Identified() {
		return nil
	}
	add := func(what, before, after string) {
		if before != after {
			changes = append(changes, changed(*is, what, before, after))
		}
	}
	if old.Protocol() != now.Protocol() {
		add(record.ChangeService, old.Protocol(), now.Protocol())
		return changes // the rest is another program's
	}
	add(record.ChangeVersion, old.Program(), now.Program())
	if a, b := certificate(old), certificate(now); a != "" && b != "" {
		add(record.ChangeCertificate, a, b)
	}
	return changes
}

// certificate names a certificate: whom it is for, how long, and the beginning of its
// fingerprint; "" if none was seen.
func certificate(v *record.Verified) string {
	const digits = 16
	if v.TLS == nil || v.TLS.NotAfter == nil || len(v.TLS.Fingerprint) < digits {
		return ""
	}
	return fmt.Sprintf("%s until %s (%s)", v.TLS.Subject, v.TLS.NotAfter.UTC().Format(time.DateOnly), v.TLS.Fingerprint[:digits])
}

// proved is what compareVerified looks at.
func proved(r *record.Record) string {
	if !r.Verified.Identified() {
		return ""
	}
	return r.Verified.Protocol() + "\x00" + r.Verified.Program() + "\x00" + certificate(r.Verified)
}
