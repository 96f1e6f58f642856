// Package remark finds what deserves a look about the answer of a port that was
// verified: whether it is what the number and the process suggest, its
// certificate and its versions of TLS, and whether it wants credentials.
//
// Everything here is a pure function of a record. Each remark names its rule; the
// audit makes findings of them.
package remark

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"porthole/internal/program"
	"porthole/internal/record"
)

// The rules.
const (
	NumberMismatch  = record.RemarkNumberMismatch // another protocol than the number stands for
	ProcessMismatch = "process-mismatch"          // another protocol than the program speaks
	TLSMissing      = "tls-missing"               // plain, where TLS is registered
	StartTLSMissing = "starttls-missing"          // no way to TLS is offered
	CertExpired     = "cert-expired"
	CertExpires     = "cert-expires" // soon
	CertNotYet      = "cert-not-yet" // not valid yet
	CertName        = "cert-name"    // it is not for the name that was typed
	CertWeak        = "cert-weak"    // a short key, or an old signature
	CertSelfSigned  = "cert-self-signed"
	TLSOld          = "tls-old"        // a version below 1.2
	NoCredentials   = "no-credentials" // it answers strangers
	Debugger        = "debugger"       // by the arguments of the process
)

// DefaultExpiry is how long before its end a certificate is remarked on.
const DefaultExpiry = 30 * 24 * time.Hour

// Options say what the remarks depend on beside the record.
type Options struct {
	Now    time.Time
	Expiry time.Duration // before the end of a certificate
}

// Add puts the remarks on r into its Verified, if it has one.
func (o Options) Add(r *record.Record) {
	if r.Verified != nil {
		r.Verified.Remarks = o.Of(r)
	}
}

// Of returns the remarks on r, the worst first.
func (o Options) Of(r *record.Record) (all []record.Remark) {
	v := r.Verified
	if v == nil {
		return nil
	}
	add := func(rule, text string) {
		if text != "" {
			all = append(all, record.Remark{Rule: rule, Text: text})
		}
	}
	add(ProcessMismatch, processMismatch(r))
	add(NumberMismatch, numberMismatch(r))
	if text := DebuggerOf(r); text != "" {
		add(Debugger, text)
	}
	if v.WithoutCredentials {
		add(NoCredentials, "answers without credentials"+fromWhere(v.Asked))
	}
	add(TLSMissing, tlsMissing(r))
	all = append(all, o.certificate(v.TLS)...)
	add(TLSOld, oldTLS(v.TLS))
	add(StartTLSMissing, startTLSMissing(r))
	return all
}

// fromWhere says that this machine asked itself, and at which address: a server may
// trust it more than others, and loopback more than the rest.
func fromWhere(asked string) string {
	addr, err := netip.ParseAddrPort(asked)
	if err != nil {
		return ""
	}
	return " from here, at " + addr.Addr().String()
}

// numberMismatch says that another protocol was proved than the number stands for.
func numberMismatch(r *record.Record) string {
	protocols, _, known := expected(r)
	if !r.Verified.Identified() || !known || r.Verified.Service == "tls" || slices.Contains(protocols, r.Verified.Service) {
		return ""
	}
	return fmt.Sprintf("%s answers on the number of %s", r.Verified.Service, numberName(r))
}

// tlsMissing says that a port is plain whose number stands for TLS.
func tlsMissing(r *record.Record) string {
	protocols, tls, known := expected(r)
	v := r.Verified
	if !v.Identified() || !known || !tls || v.Transport != "plain" || !slices.Contains(protocols, v.Service) {
		return ""
	}
	return "plaintext, where " + numberName(r) + " stands for TLS"
}

// startTLSMissing says that a protocol that can pass on to TLS does not offer it.
func startTLSMissing(r *record.Record) string {
	v := r.Verified
	if !v.Identified() || v.Transport != "plain" || v.StartTLS || !slices.Contains([]string{"smtp", "imap", "pop3", "ldap", "postgresql"}, v.Service) || keepsToItself(v) {
		return ""
	}
	if _, tls, _ := expected(r); tls {
		return "" // which is the greater lack
	}
	return "no STARTTLS"
}

// keepsToItself reports that a server did not say what it offers: one for mail that
// refused who came, or what was said early, and a directory that kept its root
// entry, which would tell a product.
func keepsToItself(v *record.Verified) bool {
	switch v.Service {
	case "smtp":
		consents := strings.HasPrefix(v.FirstBytes, "220") || strings.HasPrefix(v.FirstBytes, "250")
		return !consents || strings.Contains(v.FirstBytes, "\\n5")
	case "ldap":
		return v.WantsCredentials || v.Product == ""
	}
	return false
}

// processMismatch says that another protocol was proved than the program that
// holds the port speaks.
func processMismatch(r *record.Record) string {
	v := r.Verified
	if !v.Identified() || v.Service == "tls" {
		return ""
	}
	for _, p := range r.Holders() {
		if name, protocols := spoken(p); protocols != nil && !slices.Contains(protocols, v.Service) {
			return fmt.Sprintf("%s answers, but %s holds the port", v.Service, name)
		}
	}
	return ""
}

// spoken returns the name by which a process is known to speak some protocols and
// no others, and these; none for a program that holds ports for others.
func spoken(p record.Process) (name string, protocols []string) {
	runs := program.Identify(p)
	if runs.Forwards() {
		return "", nil
	}
	for _, name := range runs.Names {
		if protocols := spokenBy(name); protocols != nil {
			return name, protocols
		}
	}
	return "", nil
}

func oldTLS(t *record.TLS) string {
	switch {
	case t == nil:
		return ""
	case t.Old != "":
		return "TLS " + t.Old + " is accepted"
	case t.Version == "1.0" || t.Version == "1.1":
		return "TLS " + t.Version + " at most"
	}
	return ""
}
