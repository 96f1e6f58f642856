package record

import (
	"strings"
	"time"
)

// The values of [Verified.Outcome].
const (
	OutcomeIdentified   = "identified"   // the protocol was proved
	OutcomeUnidentified = "unidentified" // asked, and nothing could be proved
	OutcomeCloses       = "closes"       // every connection was closed at once, without a byte
	OutcomeNotAsked     = "not-asked"    // nothing was sent; Reason says why
	OutcomeUnreachable  = "unreachable"  // no connection could be opened; Error says why
)

// Verified is what the other end of a port proved when it was asked.
type Verified struct {
	Outcome string `json:"outcome"`

	Service         string   `json:"service,omitempty"` // the protocol; "tls" if no more than TLS could be told
	Product         string   `json:"product,omitempty"` // the server's own words, as is Version
	Version         string   `json:"version,omitempty"`
	ProtocolVersion string   `json:"protocol_version,omitempty"` // of the protocol, not of the program
	Info            []string `json:"info,omitempty"`             // what else the server said
	Transport       string   `json:"transport,omitempty"`        // "plain", "tls", or "starttls" for TLS after the server's consent
	StartTLS        bool     `json:"starttls,omitempty"`         // the server offers it

	Evidence        string `json:"evidence,omitempty"`         // what was asked; "greeting" if nothing was
	ProductEvidence string `json:"product_evidence,omitempty"` // where the product was read
	FirstBytes      string `json:"first_bytes,omitempty"`      // at most 32, in the form of a Go string without quotes

	WithoutCredentials bool `json:"without_credentials"`         // a stranger got what the server should keep for its users
	WantsCredentials   bool `json:"wants_credentials,omitempty"` // the server refused for want of them

	Reason string `json:"reason,omitempty"` // why nothing was sent
	Error  string `json:"error,omitempty"`  // why no connection could be opened

	Asked       string  `json:"asked,omitempty"` // of a socket: the address and port that were asked
	Connections int     `json:"connections"`
	Spent       float64 `json:"ms"` // milliseconds

	TLS     *TLS     `json:"tls,omitempty"`
	Remarks []Remark `json:"remarks,omitempty"`
}

// TLS is what a handshake showed.
type TLS struct {
	Version           string     `json:"version,omitempty"` // "1.0" to "1.3"
	ALPN              string     `json:"alpn,omitempty"`
	Alert             string     `json:"alert,omitempty"`   // what the server refused with (RFC 8446 section 6)
	Subject           string     `json:"subject,omitempty"` // of the certificate, as are the next fields
	Names             []string   `json:"names,omitempty"`
	Issuer            string     `json:"issuer,omitempty"`
	NotBefore         *time.Time `json:"not_before,omitempty"`
	NotAfter          *time.Time `json:"not_after,omitempty"`
	SelfSigned        bool       `json:"self_signed"`
	Key               string     `json:"key,omitempty"`
	Signature         string     `json:"signature,omitempty"`
	Fingerprint       string     `json:"fingerprint,omitempty"` // SHA-256, in hexadecimal digits
	Untrusted         string     `json:"untrusted,omitempty"`   // why this machine would not trust it
	WrongName         bool       `json:"wrong_name,omitempty"`  // it is not for the name that was typed
	ClientCertificate bool       `json:"client_certificate,omitempty"`
	Old               string     `json:"old,omitempty"` // a version below 1.2 that the server accepted when asked for it
}

// Remark is what deserves a look about the answer of a port.
type Remark struct {
	Rule string `json:"rule"` // as in audit, see [Rule]
	Text string `json:"text"`
}

// Identified reports whether the protocol was proved. A nil Verified was not asked.
func (v *Verified) Identified() bool { return v != nil && v.Outcome == OutcomeIdentified }

// Protocol is the service as it is shown: "tls/" comes before what is carried by
// TLS from the first byte. It is "" if none was proved.
func (v *Verified) Protocol() string {
	switch {
	case !v.Identified():
		return ""
	case v.Transport == "tls" && v.Service != "tls":
		return "tls/" + v.Service
	}
	return v.Service
}

// Program is product and version, "" if the server told neither.
func (v *Verified) Program() string {
	if v == nil {
		return ""
	}
	return strings.TrimSpace(v.Product + " " + v.Version)
}

// HasRemark reports whether a rule has a remark.
func (v *Verified) HasRemark(rule string) bool {
	if v == nil {
		return false
	}
	for _, r := range v.Remarks {
		if r.Rule == rule {
			return true
		}
	}
	return false
}

// RemarkNumberMismatch is the rule about a port that speaks something else than its
// number stands for. [VerifyCounts] counts it.
const RemarkNumberMismatch = "number-mismatch"

// VerifyCounts counts what verifying ports came to.
type VerifyCounts struct {
	Verified     uint64 `json:"verified_ports"` // ports whose protocol was proved
	Unidentified uint64 `json:"unidentified"`   // asked, and nothing could be proved
	NotAsked     uint64 `json:"not_asked"`      // nothing was sent to them
	Unreachable  uint64 `json:"unreachable"`    // no connection to them could be opened
	Mismatched   uint64 `json:"mismatched"`     // of those verified: they speak something else than their number stands for
}

// Count adds an answer.
func (n *VerifyCounts) Count(v *Verified) {
	switch {
	case v == nil:
		return
	case v.Identified():
		n.Verified++
	case v.Outcome == OutcomeNotAsked:
		n.NotAsked++
	case v.Outcome == OutcomeUnreachable:
		n.Unreachable++
	default:
		n.Unidentified++
	}
	if v.HasRemark(RemarkNumberMismatch) {
		n.Mismatched++
	}
}

// Add adds the counts of another part of the same scan.
func (n *VerifyCounts) Add(o VerifyCounts) {
	n.Verified += o.Verified
	n.Unidentified += o.Unidentified
	n.NotAsked += o.NotAsked
	n.Unreachable += o.Unreachable
	n.Mismatched += o.Mismatched
}
