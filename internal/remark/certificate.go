package remark

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"porthole/internal/record"
)

// certificate remarks on a certificate.
func (o Options) certificate(t *record.TLS) (all []record.Remark) {
	if t == nil || t.NotAfter == nil {
		return nil
	}
	add := func(rule, format string, args ...any) {
		all = append(all, record.Remark{Rule: rule, Text: fmt.Sprintf(format, args...)})
	}
	switch left := t.NotAfter.Sub(o.Now); {
	case left < 0:
		add(CertExpired, "certificate expired on %s", day(*t.NotAfter))
	case left < o.Expiry:
		add(CertExpires, "certificate expires on %s, %s", day(*t.NotAfter), inDays(left))
	}
	if t.NotBefore != nil && o.Now.Before(*t.NotBefore) {
		add(CertNotYet, "certificate is valid from %s only", day(*t.NotBefore))
	}
	if t.WrongName {
		add(CertName, "certificate is for another name")
	}
	if bits, isRSA := strings.CutPrefix(t.Key, "rsa-"); isRSA {
		if n, err := strconv.Atoi(bits); err == nil && n < 2048 {
			add(CertWeak, "certificate has a key of %d bits", n)
		}
	}
	if weakSignature(t.Signature) && !t.SelfSigned { // nobody relies on a signature by itself
		add(CertWeak, "certificate is signed with %s", t.Signature)
	}
	if t.SelfSigned {
		add(CertSelfSigned, "certificate is self-signed")
	}
	return all
}

// weakSignature reports a hash for which collisions are known.
func weakSignature(name string) bool {
	return strings.HasPrefix(name, "SHA1-") || strings.HasPrefix(name, "MD5-") || strings.HasPrefix(name, "MD2-") || strings.HasSuffix(name, "-SHA1")
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// inDays says how long from now, in whole days.
func inDays(left time.Duration) string {
	switch n := int(left / (24 * time.Hour)); n {
	case 0:
		return "in less than a day"
	case 1:
		return "in 1 day"
	default:
		return fmt.Sprintf("in %d days", n)
	}
}
