package label

import (
	"strconv"
	"strings"
	"time"

	"porthole/internal/record"
	"porthole/scanner/verify"
)

// Verified makes the part of a record that says what answered, without remarks.
func Verified(s verify.Service) *record.Verified {
	v := &record.Verified{
		Outcome:            s.Outcome.String(),
		Info:               s.Info,
		StartTLS:           s.StartTLS,
		Evidence:           s.Evidence.Request,
		ProductEvidence:    s.Evidence.Product,
		FirstBytes:         quoted(s.Evidence.FirstBytes),
		WithoutCredentials: s.AnswersWithoutCredentials,
		WantsCredentials:   s.WantsCredentials,
		Reason:             s.Reason,
		Connections:        s.Connections,
		Spent:              record.Milliseconds(s.Spent),
		TLS:                tlsOf(s.TLS),
	}
	if s.Err != nil {
		v.Error = s.Err.Error()
	}
	if s.Outcome == verify.OutcomeIdentified {
		v.Service, v.Product, v.Version, v.ProtocolVersion = s.Protocol, s.Product, s.Version, s.ProtocolVersion
		v.Transport = s.Transport.String()
	}
	return v
}

func tlsOf(t *verify.TLS) *record.TLS {
	if t == nil {
		return nil
	}
	out := &record.TLS{
		Version: t.Version, ALPN: t.ALPN, Alert: t.Alert, Subject: t.Subject, Names: t.Names, Issuer: t.Issuer,
		SelfSigned: t.SelfSigned, Key: t.Key, Signature: t.Signature, Fingerprint: t.Fingerprint,
		Untrusted: t.Trust, WrongName: t.WrongName, ClientCertificate: t.ClientCertificate, Old: t.Old,
	}
	if !t.NotAfter.IsZero() {
		out.NotBefore, out.NotAfter = utc(t.NotBefore), utc(t.NotAfter)
	}
	return out
}

func utc(t time.Time) *time.Time { return new(t.UTC()) }

// quoted writes bytes in the form of a Go string, without its quotes: what is no
// printable ASCII is escaped.
func quoted(b []byte) string {
	text := strconv.QuoteToASCII(string(b))
	return strings.ReplaceAll(text[1:len(text)-1], `\"`, `"`)
}
