package audit

import (
	"cmp"
	"fmt"
	"slices"

	"porthole/internal/record"
	"porthole/internal/remark"
)

// verifiedRules are about what answers on the listeners. They make findings of the
// remarks, and apply to nothing that was not verified.
func verifiedRules() []rule {
	return []rule{
		remarked(remark.ProcessMismatch, record.SeverityHigh,
			"a listener answers with another protocol than its program speaks",
			"find out what runs there (porthole explain): a program may hide behind another's name, or its files were replaced"),
		remarked(remark.Debugger, record.SeverityHigh,
			"a listener runs any code for whoever connects",
			"start the process without its debugger; to debug it, bind the debugger to 127.0.0.1"),
		remarked(remark.NoCredentials, record.SeverityHigh,
			"a service answers strangers",
			"switch on its authentication, or bind it to loopback; try it from another machine, too: porthole scan --verify"),
		remarked(remark.TLSMissing, record.SeverityHigh,
			"a listener is plaintext where its number stands for TLS",
			"switch TLS on in its configuration, or move it: clients that trust the number send their passwords in plain text"),
		remarked(remark.CertExpired, record.SeverityHigh,
			"a certificate has expired",
			"renew it, and make the service read it again; find out why it was not renewed in time"),
		remarked(remark.NumberMismatch, record.SeverityMedium,
			"a listener speaks another protocol than its number stands for",
			"if it belongs there, name the port in your services file, so that nobody is misled; if not, find out who started it"),
		remarked(remark.CertExpires, record.SeverityMedium,
			"a certificate expires soon",
			"renew it, and make the service read it again; what renews certificates may have failed"),
		remarked(remark.CertNotYet, record.SeverityMedium,
			"a certificate is not valid yet",
			"check the clock of this machine, and the one that made the certificate"),
		remarked(remark.CertWeak, record.SeverityMedium,
			"a certificate is weak",
			"make a new one with an ECDSA key, or one of RSA with 2048 bits or more, signed with SHA-256"),
		remarked(remark.TLSOld, record.SeverityMedium,
			"a listener accepts TLS below 1.2",
			"set the oldest version to TLS 1.2 (RFC 8996)"),
		remarked(remark.StartTLSMissing, record.SeverityMedium,
			"a listener offers no way from plaintext to TLS",
			"give it a certificate and switch STARTTLS on, or bind it to loopback"),
		remarked(remark.CertSelfSigned, record.SeverityLow,
			"a certificate is signed by itself",
			"clients cannot tell it from another one: have a CA sign it, if need be one of your own"),
	}
}

// remarked is the rule about the sockets that have a remark.
func remarked(id, severity, title, advice string) rule {
	return rule{Rule: record.Rule{ID: id, Severity: severity, Title: title, Advice: advice}, check: func(v *view) (matches []match) {
		for _, r := range v.waiting {
			if r.Verified == nil {
				continue
			}
			for _, m := range r.Verified.Remarks {
				if m.Rule == id {
					matches = append(matches, match{record: r, severity: v.remarkSeverity(r, id), evidence: remarkEvidence(r, m)})
				}
			}
		}
		return matches
	}}
}

// remarkSeverity is low for what only matters if others can reach the port; "" is
// that of the rule.
func (v *view) remarkSeverity(r record.Record, id string) string {
	aboutOthers := slices.Contains([]string{remark.NoCredentials, remark.TLSMissing, remark.TLSOld, remark.StartTLSMissing, remark.CertWeak}, id)
	if aboutOthers && v.reach(r) == "loopback" {
		return record.SeverityLow
	}
	return ""
}

// remarkEvidence is a remark, with what proves it and who holds the socket.
func remarkEvidence(r record.Record, m record.Remark) string {
	v := r.Verified
	evidence := m.Text
	if v.Identified() {
		evidence += fmt.Sprintf("; %s was proved at %s by its answer to: %s", cmp.Or(v.Protocol(), "it"), v.Asked, v.Evidence)
	}
	if t := v.TLS; t != nil && t.NotAfter != nil {
		evidence += fmt.Sprintf("; certificate of %s by %s", t.Subject, t.Issuer)
	}
	return evidence + "; held by " + holder(r)
}
