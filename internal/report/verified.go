package report

import (
	"cmp"
	"fmt"
	"strings"

	"porthole/internal/record"
)

// provedText is the service of a record among others that were verified: what was
// proved, else what the number is registered for, marked with a ? as in nmap.
func provedText(r *record.Record) string {
	switch proved := r.Verified.Protocol(); {
	case proved != "":
		return proved
	case r.Service != "":
		return r.Service + "?"
	}
	return ""
}

// isVerified reports whether a record shows what --verify found.
func isVerified(r *record.Record) bool { return r.Verified != nil }

// programText is product and version, with the version of the protocol if the
// server told neither.
func programText(r *record.Record) string {
	v := r.Verified
	if text := v.Program(); text != "" || v == nil || v.ProtocolVersion == "" {
		return text
	}
	return "(protocol " + v.ProtocolVersion + ")"
}

// verifiedNote lists what a reader of a verified row should not overlook.
func verifiedNote(v *record.Verified) (marks []string) {
	if v == nil {
		return nil
	}
	switch v.Outcome {
	case record.OutcomeUnidentified:
		marks = append(marks, "unidentified"+begins(v))
	case record.OutcomeCloses:
		marks = append(marks, "closes at once")
	case record.OutcomeNotAsked:
		marks = append(marks, "not asked: "+v.Reason)
	case record.OutcomeUnreachable:
		marks = append(marks, "not verified: "+v.Error)
	}
	for _, m := range v.Remarks {
		marks = append(marks, m.Text)
	}
	return marks
}

// begins shows the first bytes of an answer that proved nothing.
func begins(v *record.Verified) string {
	if v.FirstBytes == "" {
		return ", silent"
	}
	return fmt.Sprintf(`, says "%s"`, v.FirstBytes)
}

// tlsText is the version of TLS and the protocol that was chosen in it, or that it
// is offered.
func tlsText(r *record.Record) string {
	v := r.Verified
	switch {
	case v == nil:
		return ""
	case v.TLS == nil && v.StartTLS:
		return "starttls"
	case v.TLS == nil:
		return ""
	case v.TLS.Version == "":
		return cmp.Or(v.TLS.Alert, "refused")
	}
	text := v.TLS.Version
	if v.Transport == "starttls" {
		text += " by starttls"
	}
	if v.TLS.ALPN != "" {
		text += " " + v.TLS.ALPN
	}
	return text
}

// ofTLS makes the text of a column about TLS.
func ofTLS(text func(*record.TLS) string) func(*record.Record) string {
	return func(r *record.Record) string {
		if r.Verified == nil || r.Verified.TLS == nil {
			return ""
		}
		return text(r.Verified.TLS)
	}
}

// ofVerified makes the text of a column about what was verified.
func ofVerified(text func(*record.Verified) string) func(*record.Record) string {
	return func(r *record.Record) string {
		if r.Verified == nil {
			return ""
		}
		return text(r.Verified)
	}
}

// namesText is whom a certificate is for: its names, else its subject.
func namesText(t *record.TLS) string { return cmp.Or(strings.Join(t.Names, ", "), t.Subject) }

func expiryText(t *record.TLS) string {
	if t.NotAfter == nil {
		return ""
	}
	return t.NotAfter.UTC().Format("2006-01-02")
}

func remarkRules(v *record.Verified) string {
	var rules []string
	for _, m := range v.Remarks {
		rules = append(rules, m.Rule)
	}
	return strings.Join(rules, " ")
}

// serviceStyle makes a service faint that was asked and not proved.
func serviceStyle(r *record.Record) style {
	if r.Verified != nil && !r.Verified.Identified() {
		return styleFaint
	}
	return stylePlain
}
